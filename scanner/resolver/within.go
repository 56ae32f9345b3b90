package resolver

import "github.com/miekg/dns"

// within reports whether name is zone or below it, by whole labels. Both are
// canonical: lower case, with the final dot. It allocates nothing, and is asked of
// every record of a reply.
func within(zone, name string) bool {
	cut := len(name) - len(zone)
	switch {
	case zone == ".":
		return true
	case cut <= 0:
		return name == zone
	case name[cut:] != zone || name[cut-1] != '.':
		return false
	}
	escapes := 0 // a dot behind an odd number of backslashes is part of a label
	for i := cut - 2; i >= 0 && name[i] == '\\'; i-- {
		escapes++
	}
	return escapes%2 == 0
}

// canonical returns a name in lower case with the final dot, as dns.CanonicalName
// does; most are so already.
func canonical(name string) string {
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' || c >= 0x80 {
			return dns.CanonicalName(name)
		}
	}
	if n := len(name); name == "." || n > 1 && name[n-1] == '.' && name[n-2] != '\\' {
		return name
	}
	return dns.CanonicalName(name)
}
