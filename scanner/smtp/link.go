package smtp

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// link is a connection that ends with its context and has a time limit per stage.
type link struct {
	net.Conn
	ctx  context.Context
	free func() bool
}

// connect makes a connection within the limit.
func connect(ctx context.Context, to netip.AddrPort, cfg Config) (*link, error) {
	dialCtx, cancel := context.WithTimeout(ctx, cfg.ConnectTimeout)
	defer cancel()
	conn, err := cfg.Dial(dialCtx, "tcp", to.String())
	if err != nil {
		return nil, err
	}
	// Closing is the one thing that no later deadline undoes.
	free := context.AfterFunc(ctx, func() { conn.Close() })
	return &link{Conn: conn, ctx: ctx, free: free}, nil
}

// within limits all that is done from now on to d, until it is called again.
func (l *link) within(d time.Duration) {
	// An error here means a closed connection, which the next read reports.
	_ = l.SetDeadline(time.Now().Add(d))
}

// Close closes the connection and lets go of the context.
func (l *link) Close() error {
	l.free()
	return l.Conn.Close()
}
