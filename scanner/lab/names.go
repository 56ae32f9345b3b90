package lab

import (
	"strings"

	"github.com/miekg/dns"
)

// Names in this package are canonical: lower case, with the final dot, unusual
// bytes as \DDD.

// under reports whether name is apex or lies below it.
func under(name, apex string) bool {
	if apex == "." || name == apex {
		return true
	}
	return len(name) > len(apex) && strings.HasSuffix(name, apex) && name[len(name)-len(apex)-1] == '.'
}

// parentOf returns the name without its first label; the root's is the root.
func parentOf(name string) string {
	i, end := dns.NextLabel(name, 0)
	if end || name == "." {
		return "."
	}
	return name[i:]
}

// child returns the name under apex that is one label longer and lies on the way
// to name.
func child(name, apex string) string {
	if apex == "." {
		apex = ""
	}
	rest := strings.TrimSuffix(name[:len(name)-len(apex)], ".")
	for i := len(rest) - 1; i >= 0; i-- {
		if rest[i] == '.' && !escaped(rest, i) {
			return name[i+1:]
		}
	}
	return name
}

// escaped reports whether the byte at i follows an odd number of backslashes.
func escaped(s string, i int) bool {
	n := 0
	for i--; i >= 0 && s[i] == '\\'; i-- {
		n++
	}
	return n%2 == 1
}

// join returns label.apex.
func join(label, apex string) string {
	if apex == "." {
		return label + "."
	}
	return label + "." + apex
}

// absolute completes a name of the cases' table: "@" is the origin, a final dot
// ends a complete name.
func absolute(name, origin string) string {
	switch {
	case name == "@":
		return origin
	case strings.HasSuffix(name, "."):
		return strings.ToLower(name)
	}
	return join(strings.ToLower(name), origin)
}

// sortKey turns a name into bytes that sort in canonical order (RFC 4034, Section
// 6.1): the labels from the right, each ended by a zero that sorts below
// everything that a label can hold.
func sortKey(name string) string {
	var wire [256]byte
	n, err := dns.PackDomainName(name, wire[:], 0, nil, false)
	if err != nil {
		return ""
	}
	var starts [128]int
	count := 0
	for i := 0; i < n && wire[i] != 0 && count < len(starts); i += int(wire[i]) + 1 {
		starts[count] = i
		count++
	}
	key := make([]byte, 0, n+8)
	for count--; count >= 0; count-- {
		label := wire[starts[count]+1:][:wire[starts[count]]]
		for _, b := range label {
			if b <= 1 {
				key = append(key, 1)
				b++
			}
			key = append(key, b)
		}
		key = append(key, 0)
	}
	return string(key)
}
