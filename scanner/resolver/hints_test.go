package resolver

import (
	"testing"
	"time"
)

func TestRootHints(t *testing.T) {
	root, changed, err := RootHints()
	if err != nil {
		t.Fatal(err)
	}
	if root.Name != "." || len(root.Servers) != 13 {
		t.Errorf("%q with %d servers", root.Name, len(root.Servers))
	}
	for _, s := range root.Servers {
		if len(s.Addrs) != 2 || !s.Addrs[0].Is4() || !s.Addrs[1].Is6() || PrivateAddr(s.Addrs[0]) || PrivateAddr(s.Addrs[1]) {
			t.Errorf("%s: %v", s.Name, s.Addrs)
		}
	}
	if changed.Year() < 2024 {
		t.Errorf("last changed %v", changed)
	}
	// The list changes about once in two years: age alone is no error.
	if age := time.Since(changed); age > 400*24*time.Hour {
		t.Logf("root hints were last changed %d days before now: compare them with https://www.internic.net/domain/named.root", int(age.Hours()/24))
	}
}

func TestParseHintsRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "no address": ". NS a.\n", "not the root": "x. NS a.\na. A 192.0.2.1\n",
		"broken": ". NS\n", "other class": ". CH NS a.\na. A 192.0.2.1\n",
	} {
		if z, err := ParseHints(text); err == nil {
			t.Errorf("%s: %v", name, z)
		}
	}
}
