package resolver

import (
	"net/netip"
	"testing"
)

func TestPrivateAddr(t *testing.T) {
	for text, want := range map[string]bool{
		"127.0.0.1": true, "10.1.2.3": true, "172.16.0.1": true, "172.31.255.255": true, "172.32.0.1": false,
		"192.168.1.1": true, "100.64.0.1": true, "100.128.0.1": false, "169.254.169.254": true, "0.0.0.0": true,
		"224.0.0.1": true, "255.255.255.255": true, "192.0.2.1": true, "8.8.8.8": false, "11.0.0.1": false,
		"::1": true, "::": true, "fe80::1": true, "fd00::1": true, "ff02::1": true, "::ffff:10.0.0.1": true,
		"::ffff:8.8.8.8": false, "64:ff9b::a00:1": true, "2001:db8::1": true, "2002:a00:1::": true, "2001::1": true,
		"2600::1": false, "2001:500:2::c": false, "198.18.0.1": true, "198.51.100.1": true, "203.0.113.1": true, "fc00::1": true, "2002:7f00:1::": true, "0.1.2.3": true,
		"2a00:1450::1": false, "2001:4860:4860::8888": false,
	} {
		if got := PrivateAddr(netip.MustParseAddr(text)); got != want {
			t.Errorf("PrivateAddr(%s) = %v", text, got)
		}
	}
	if !PrivateAddr(netip.Addr{}) {
		t.Error("the zero address is nobody's")
	}
}
