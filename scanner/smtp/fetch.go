package smtp

import "net"

func fetchStack(l *link, t Target, s *Session) net.Conn { return nil }
