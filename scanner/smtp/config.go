package smtp

import (
	"net"
	"time"
)

// Limits of what a peer may say, and of how much of it is kept.
const (
	maxLine       = 2048      // kept of one line; the rest is read and dropped
	maxReplyLines = 256       // of one reply, garbage included
	maxReplyBytes = 64 << 10  // of one reply
	maxRaw        = 1024      // kept of a reply as it came
	maxExtensions = 64        // kept of the EHLO reply
	maxExtension  = 256       // kept of one of them
	maxError      = 512       // kept of what an error says
	maxInjected   = 1024      // kept of what came behind the 220 to STARTTLS
	maxHandshake  = 1 << 20   // bytes of a handshake, either stack
	maxMessage    = 256 << 10 // of one handshake message, as crypto/tls has it
	maxChain      = 128       // certificates of one chain
)

func (cfg Config) withDefaults() Config {
	if cfg.EHLO == "" {
		cfg.EHLO = "localhost"
	}
	for _, d := range []struct {
		value *time.Duration
		unset time.Duration
	}{
		{&cfg.ConnectTimeout, 10 * time.Second},
		{&cfg.GreetingTimeout, 60 * time.Second},
		{&cfg.CommandTimeout, 60 * time.Second},
		{&cfg.HandshakeTimeout, 30 * time.Second},
		{&cfg.QuitTimeout, 2 * time.Second},
		{&cfg.SessionTimeout, 240 * time.Second},
		{&cfg.afterTLSTimeout, 10 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.unset
		}
	}
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{}).DialContext
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return cfg
}
