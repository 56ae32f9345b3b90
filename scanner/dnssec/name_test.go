package dnssec

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// inOrder is the example of RFC 4034, Section 6.1, with the root before it.
var inOrder = []string{
	".", "example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.",
	"z.example.", `\001.z.example.`, "*.z.example.", `\200.z.example.`,
}

func TestCanonicalOrder(t *testing.T) {
	for i, a := range inOrder {
		for j, b := range inOrder {
			if got := Compare(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("Compare(%s, %s) = %d", a, b, got)
			}
		}
	}
	shuffled := slices.Clone(inOrder)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	slices.SortFunc(shuffled, Compare)
	if !slices.Equal(shuffled, inOrder) {
		t.Errorf("sorted: %q", shuffled)
	}
}

func TestCanonical(t *testing.T) {
	label := strings.Repeat("a", 63)
	for _, c := range []struct {
		in, want string
		labels   int
		parent   string
	}{
		{".", ".", 0, "."},
		{"COM", "com.", 1, "."},
		{"Example.COM.", "example.com.", 2, "com."},
		{`ex\097mple.com.`, "example.com.", 2, "com."},
		{`a\.b.com.`, `a\.b.com.`, 2, "com."},
		{`\065\000.com.`, `a\000.com.`, 2, "com."},
		{"_25._tcp.mx.example.", "_25._tcp.mx.example.", 4, "_tcp.mx.example."},
		{"*.Example.", "*.example.", 2, "example."},
		{label + ".com.", label + ".com.", 2, "com."},
		{strings.Repeat(label+".", 3) + strings.Repeat("b", 61) + ".", strings.Repeat(label+".", 3) + strings.Repeat("b", 61) + ".", 4, strings.Repeat(label+".", 2) + strings.Repeat("b", 61) + "."},
	} {
		got, err := Canonical(c.in)
		if err != nil || got != c.want {
			t.Errorf("Canonical(%q) = %q, %v, want %q", c.in, got, err, c.want)
		}
		if n := CountLabels(c.in); n != c.labels {
			t.Errorf("CountLabels(%q) = %d, want %d", c.in, n, c.labels)
		}
		if p := Parent(c.in); p != c.parent {
			t.Errorf("Parent(%q) = %q, want %q", c.in, p, c.parent)
		}
	}
}

func TestNotNames(t *testing.T) {
	label := strings.Repeat("a", 63)
	for _, s := range []string{"", "..", "a..b.", ".a.", label + "a.", label + "a", strings.Repeat(label+".", 4), strings.Repeat(label+".", 3) + strings.Repeat("b", 62), `a\`, `a\25`, `a\25x.`, `a\256.`} {
		if got, err := Canonical(s); err == nil {
			t.Errorf("Canonical(%q) = %q", s, got)
		}
		if CountLabels(s) != -1 || Parent(s) != "" || IsSubdomain(s, ".") {
			t.Errorf("%q passes for a name", s)
		}
	}
}

func TestIsSubdomain(t *testing.T) {
	for _, c := range []struct {
		child, parent string
		want          bool
	}{
		{"example.com.", "example.com.", true},
		{"a.Example.com.", "eXample.com.", true},
		{"notexample.com.", "example.com.", false},
		{"com.", "example.com.", false},
		{"example.com.", ".", true},
		{".", ".", true},
		{`a\.example.com.`, "example.com.", false},
		{`\007example.com.`, "example.com.", false},
	} {
		if got := IsSubdomain(c.child, c.parent); got != c.want {
			t.Errorf("IsSubdomain(%q, %q) = %t", c.child, c.parent, got)
		}
	}
}

func TestCommon(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"a.b.example.", "c.b.example.", "b.example."},
		{"a.example.", "example.", "example."},
		{"a.", "b.", "."},
		{"xb.example.", "b.example.", "example."},
		{"a.bb.example.", "a.cc.example.", "example."},
	} {
		if got := common(mustName(t, c.a), mustName(t, c.b)); got != mustName(t, c.want) {
			t.Errorf("common(%s, %s) = %v, want %s", c.a, c.b, got, c.want)
		}
	}
}

// TestSpelled reads the text of a name and of those above it.
func TestSpelled(t *testing.T) {
	for _, c := range []struct{ text, of, want string }{
		{"a.b.example.", "a.b.example.", "a.b.example."}, {"a.b.example.", "example.", "example."}, {"a.b.example.", ".", "."},
		{"A.b.Example", "b.example.", "b.example."}, {"a.b.example.", "c.example.", "c.example."}, {".", ".", "."}, {".", "a.", "a."},
		{`a\.b.example.`, "example.", "example."}, {`a\.b.example.`, `a\.b.example.`, `a\.b.example.`}, {`\097.example.`, "a.example.", "a.example."},
		{"ab.example.", "b.example.", "b.example."}, {"_25._tcp.mx.example.", "mx.example.", "mx.example."},
	} {
		s, err := Spell(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Of(mustName(t, c.of)); got != c.want {
			t.Errorf("%s of %s: %q, want %q", c.of, c.text, got, c.want)
		}
		if canonical, err := Canonical(c.text); err != nil || s.Text != canonical || s.Name != mustName(t, c.text) {
			t.Errorf("%s: %+v", c.text, s)
		}
	}
	if _, err := Spell("a..b."); err == nil {
		t.Error("an empty label is read")
	}
}
