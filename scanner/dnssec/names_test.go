package dnssec

import "strings"

// What follows asks names as texts what the package asks them in wire form, so that
// tests can say it with literals.

// CountLabels returns how many labels a name has, the root not included; -1 for
// what is not a name.
func CountLabels(s string) int {
	n, err := ParseName(s)
	if err != nil {
		return -1
	}
	return n.Labels()
}

// Parent returns the name without its first label, in canonical form. The root
// is its own parent, and "" that of what is not a name.
func Parent(s string) string {
	n, err := ParseName(s)
	if err != nil {
		return ""
	}
	return n.parent().String()
}

// IsSubdomain reports whether child is parent or below it, by whole labels.
func IsSubdomain(child, parent string) bool {
	c, err := ParseName(child)
	p, err2 := ParseName(parent)
	return err == nil && err2 == nil && c.Within(p)
}

// Compare orders names canonically (RFC 4034, Section 6.1). What is not a name
// comes before what is one.
func Compare(a, b string) int {
	x, errX := ParseName(a)
	y, errY := ParseName(b)
	switch {
	case errX != nil && errY != nil:
		return strings.Compare(a, b)
	case errX != nil:
		return -1
	case errY != nil:
		return 1
	}
	return x.compare(y)
}
