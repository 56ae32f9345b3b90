package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// sightOf are the ways of seeing colours: matrices on linear RGB, after Machado,
// Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color
// Vision Deficiency" (2009), at full severity.
func sightOf() map[string][3][3]float64 {
	return map[string][3][3]float64{
		"common":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
		"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
		"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
		"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
	}
}

// linear is a colour such as #0a5c82 as linear RGB.
func linear(t *testing.T, hex string) [3]float64 {
	t.Helper()
	var out [3]float64
	for i := range out {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if out[i] = c / 12.92; c > 0.04045 {
			out[i] = math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return out
}

func luminance(c [3]float64) float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }

// contrast is the ratio of WCAG 2, from 1 to 21.
func contrast(a, b [3]float64) float64 {
	x, y := luminance(a)+0.05, luminance(b)+0.05
	return max(x, y) / min(x, y)
}

// seen is a colour in CIELAB, under D65, by an eye of the given sight.
func seen(c [3]float64, sight [3][3]float64) [3]float64 {
	var s [3]float64
	for i := range s {
		for j := range c {
			s[i] += sight[i][j] * c[j]
		}
		s[i] = min(1, max(0, s[i]))
	}
	f := func(x float64) float64 {
		if x > 0.008856 {
			return math.Cbrt(x)
		}
		return 7.787*x + 16.0/116
	}
	x := f((0.4124*s[0] + 0.3576*s[1] + 0.1805*s[2]) / 0.95047)
	y := f(luminance(s))
	z := f((0.0193*s[0] + 0.1192*s[1] + 0.9505*s[2]) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

func distance(a, b [3]float64) float64 {
	return math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2])
}

// palettes are the colours of each :root block of the style sheet that has tones.
func palettes() []map[string]string {
	var all []map[string]string
	for _, block := range regexp.MustCompile(`:root \{[^}]*\}`).FindAllString(styleText, -1) {
		p := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z]+): (#[0-9a-f]+);`).FindAllStringSubmatch(block, -1) {
			p[m[1]] = m[2]
			if len(m[2]) == 4 { // #rgb
				p[m[1]] = "#" + strings.Repeat(m[2][1:2], 2) + strings.Repeat(m[2][2:3], 2) + strings.Repeat(m[2][3:4], 2)
			}
		}
		if p["good"] != "" {
			all = append(all, p)
		}
	}
	return all
}

// The tones can be told from each other by every kind of sight, the most where
// they stand side by side, and from the paper; text can be read.
func TestPaletteIsTold(t *testing.T) {
	const sideBySide, anywhere, drawing, text = 25, 18, 3, 4.5
	tones := []string{"good", "half", "bad", "unknown", "plain"} // in the order of the bar
	all := palettes()
	if len(all) != 3 {
		t.Fatalf("%d palettes, want those of light, dark and paper", len(all))
	}
	for _, p := range all {
		paper := linear(t, p["paper"])
		for _, name := range []string{"ink", "soft", "link"} {
			if c := contrast(linear(t, p[name]), paper); c < text {
				t.Errorf("%s %s on %s: contrast %.2f", name, p[name], p["paper"], c)
			}
		}
		for i, a := range tones {
			if c := contrast(linear(t, p[a]), paper); c < drawing {
				t.Errorf("%s %s on %s: contrast %.2f", a, p[a], p["paper"], c)
			}
			for j, b := range tones[i+1:] {
				least := float64(anywhere)
				if j == 0 {
					least = sideBySide
				}
				for sight, matrix := range sightOf() {
					if d := distance(seen(linear(t, p[a]), matrix), seen(linear(t, p[b]), matrix)); d < least {
						t.Errorf("%s %s and %s %s by %s: %.1f apart, want %.0f", a, p[a], b, p[b], sight, d, least)
					}
				}
			}
		}
	}
}

// The two tones that the first style sheet had for failed and undecided were one
// to deuteranopes: the measure tells.
func TestPaletteMeasureTells(t *testing.T) {
	sight := sightOf()["deuteranopia"]
	if d := distance(seen(linear(t, "#b3440e"), sight), seen(linear(t, "#8a7a12"), sight)); d < 3 || d > 7 {
		t.Errorf("%.1f apart, want about 5", d)
	}
	if c := contrast(linear(t, "#000000"), linear(t, "#ffffff")); math.Abs(c-21) > 0.01 {
		t.Errorf("contrast of black and white %.2f, want 21", c)
	}
}
