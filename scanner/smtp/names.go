package smtp

import "fmt"

// versionName names a protocol version as Session.TLSVersion does.
func versionName(version uint16) string {
	if version>>8 != 3 || version&0xff == 0 {
		return ""
	}
	return fmt.Sprintf("1.%d", version&0xff-1)
}

// groupNames are the names in the IANA registry "TLS Supported Groups".
var groupNames = map[uint16]string{
	19: "secp192r1", 21: "secp224r1", 22: "secp256k1", 23: "secp256r1", 24: "secp384r1", 25: "secp521r1",
	26: "brainpoolP256r1", 27: "brainpoolP384r1", 28: "brainpoolP512r1",
	29: "x25519", 30: "x448",
	31: "brainpoolP256r1tls13", 32: "brainpoolP384r1tls13", 33: "brainpoolP512r1tls13",
	256: "ffdhe2048", 257: "ffdhe3072", 258: "ffdhe4096", 259: "ffdhe6144", 260: "ffdhe8192",
	4588: "X25519MLKEM768",
}

// groupName names a group; empty for none.
func groupName(id uint16) string {
	if id == 0 {
		return ""
	}
	if name, ok := groupNames[id]; ok {
		return name
	}
	return fmt.Sprintf("0x%04x", id)
}
