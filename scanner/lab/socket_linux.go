package lab

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// udpSockets is how many sockets share the port, at most.
const udpSockets = 8

// onLoopback lets sockets share a port, and ties them to the loopback interface
// where the system allows it: nobody outside shall reach the lab.
func onLoopback(network, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		if network == "udp4" {
			failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		}
		// Older kernels keep this to root. What comes from elsewhere is dropped by
		// its address, then.
		_ = unix.SetsockoptString(int(fd), unix.SOL_SOCKET, unix.SO_BINDTODEVICE, "lo")
	})
	if err != nil {
		return err
	}
	return failed
}
