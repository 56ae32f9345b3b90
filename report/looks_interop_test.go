//go:build interop

package report

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"danescan/scanner/lab"
)

// phoneWidth is that of a common telephone, in CSS pixels.
const phoneWidth = 390

// look is a way in which people look at pages.
type look struct {
	name          string
	width, height int
	phone         bool
	media         string
	features      map[string]string
}

func allLooks() []look {
	return []look{
		{"light", 1280, 900, false, "screen", map[string]string{"prefers-color-scheme": "light"}},
		{"dark", 1280, 900, false, "screen", map[string]string{"prefers-color-scheme": "dark"}},
		{"phone", phoneWidth, 844, true, "screen", map[string]string{"prefers-color-scheme": "light", "prefers-contrast": "more"}},
		{"print", 794, 1123, false, "print", map[string]string{"prefers-color-scheme": "dark"}}, // paper is white all the same
	}
}

// put makes a page look so.
func (l look) put(ctx context.Context, p *tab) error {
	var features []map[string]string
	for name, value := range l.features {
		features = append(features, map[string]string{"name": name, "value": value})
	}
	if err := p.do(ctx, "Emulation.setEmulatedMedia", map[string]any{"media": l.media, "features": features}); err != nil {
		return err
	}
	return p.do(ctx, "Emulation.setDeviceMetricsOverride",
		map[string]any{"width": l.width, "height": l.height, "deviceScaleFactor": 1, "mobile": l.phone})
}

// runAxe runs the rules of WCAG 2 A and AA and the best practices, and tells each
// violation in a line.
const runAxe = `axe.run(document, {resultTypes: ['violations'], runOnly: {type: 'tag',
	values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}})
	.then(r => ({
		rules: r.passes.length + r.violations.length + r.incomplete.length,
		violations: r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target + ' ' + n.failureSummary).join(' | ')),
	}))`

// audit is what is wrong with a page in a look.
type audit struct {
	look
	rules  int // of axe-core that applied to something
	faults []string
}

// inspector looks at pages with a browser and with axe-core.
type inspector struct {
	*chromium
	axe   string
	shots string // directory that screenshots are kept in; empty: none are made
}

// newInspector needs Chromium and axe-core: DANESCAN_AXE names the file axe.min.js
// of the npm package. DANESCAN_SHOTS names a directory to keep screenshots in.
func newInspector(t *testing.T) *inspector {
	t.Helper()
	file := os.Getenv("DANESCAN_AXE")
	if file == "" {
		missing(t, "DANESCAN_AXE does not name axe.min.js of the npm package axe-core")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		missing(t, err.Error())
	}
	return &inspector{newChromium(t), string(text), os.Getenv("DANESCAN_SHOTS")}
}

// inspect opens a page in a profile of its own and tells all that is wrong with it
// in each look.
func (x *inspector) inspect(ctx context.Context, file string, looks []look) ([]audit, error) {
	p, err := x.open(ctx)
	if err != nil {
		return nil, err
	}
	url := "file://" + file
	if err := p.visit(ctx, url); err != nil {
		return nil, err
	}
	if err := p.eval(ctx, x.axe, nil); err != nil {
		return nil, err
	}
	var all []audit
	for _, l := range looks {
		if err := l.put(ctx, p); err != nil {
			return nil, err
		}
		if err := x.keep(ctx, p, file, l); err != nil {
			return nil, err
		}
		var found struct {
			Rules      int
			Violations []string
		}
		if err := p.eval(ctx, runAxe, &found); err != nil {
			return nil, err
		}
		faults, err := p.behaviour(ctx, url, l)
		if err != nil {
			return nil, err
		}
		all = append(all, audit{l, found.Rules, append(found.Violations, faults...)})
	}
	return all, p.leave(ctx)
}

// behaviour tells of requests, scripts, complaints and what does not fit the width.
func (p *tab) behaviour(ctx context.Context, url string, l look) ([]string, error) {
	var page struct {
		Width  int
		Hacked bool
		Links  []string
	}
	err := p.eval(ctx, `({width: document.scrollingElement.scrollWidth, hacked: 'hacked' in window,
		links: [...document.querySelectorAll('[href], [src]')].map(a => a.href?.baseVal ?? a.href ?? a.src).filter(u => !u.startsWith('file:'))})`, &page)
	if err != nil {
		return nil, err
	}
	var faults []string
	asked, complaints := p.told()
	for _, u := range asked {
		if u != url {
			faults = append(faults, "request: "+u)
		}
	}
	faults = append(faults, complaints...)
	if page.Hacked {
		faults = append(faults, "script: a script of the page ran")
	}
	for _, u := range page.Links {
		faults = append(faults, "link out: "+u)
	}
	if page.Width > l.width {
		faults = append(faults, fmt.Sprintf("width: %d pixels wide, of %d", page.Width, l.width))
	}
	return faults, nil
}

// keep writes a screenshot of the page from top to bottom, and what is printed.
func (x *inspector) keep(ctx context.Context, p *tab, file string, l look) error {
	if x.shots == "" {
		return nil
	}
	name := filepath.Join(x.shots, filepath.Base(filepath.Dir(file))+"-"+strings.TrimSuffix(filepath.Base(file), ".html")+"-"+l.name)
	data, err := p.picture(ctx, "Page.captureScreenshot", map[string]any{"captureBeyondViewport": true})
	if err == nil {
		err = os.WriteFile(name+".png", data, 0o644)
	}
	if err != nil || l.media != "print" {
		return err
	}
	data, err = p.picture(ctx, "Page.printToPDF", map[string]any{"preferCSSPageSize": true, "printBackground": false})
	if err != nil {
		return err
	}
	return os.WriteFile(name+".pdf", data, 0o644)
}

// someOfEach are the pages of a site: all at its top, and two of each directory.
func someOfEach(t *testing.T, site string) []string {
	t.Helper()
	var all []string
	seen := map[string]int{}
	err := filepath.WalkDir(site, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".html" {
			return err
		}
		dir := filepath.Dir(path)
		if seen[dir]++; dir == site || seen[dir] <= 2 {
			all = append(all, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestInteropPagesInChromium opens every kind of page, of a run, of a series and of a run
// in which every string is hostile, in every look: nothing is fetched, nothing runs,
// nothing is wider than the screen, and axe-core finds nothing wrong.
func TestInteropPagesInChromium(t *testing.T) {
	x := newInspector(t)
	now := withGroups(t, labRun(t, lab.Config{Seed: 4, Domains: 600}))
	pages := 0
	for _, tc := range []struct {
		name  string
		runs  []string
		least int
	}{
		{"run", []string{now}, 17}, {"series", []string{earlier(t, now), now}, 5}, {"hostile", []string{store(t, hostile())}, 17},
	} {
		site := filepath.Join(t.TempDir(), tc.name)
		if _, err := Write(t.Context(), Config{Runs: tc.runs, Out: site}); err != nil {
			t.Fatal(err)
		}
		files := someOfEach(t, site)
		if len(files) < tc.least {
			t.Errorf("%s: only %d pages", tc.name, len(files))
		}
		for _, file := range files {
			rel, _ := filepath.Rel(site, file)
			x.holds(t, file, tc.name+" "+rel)
			x.scriptsOff(t, file)
			pages++
		}
	}
	t.Logf("%d pages looked at, each in %d looks", pages, len(allLooks()))
}

// leastRules is how many rules of axe-core apply to the plainest page.
const leastRules = 20

func (x *inspector) holds(t *testing.T, file, name string) {
	t.Helper()
	all, err := x.inspect(t.Context(), file, allLooks())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, got := range all {
		for _, fault := range got.faults {
			t.Errorf("%s, %s: %s", name, got.name, fault)
		}
		if got.rules < leastRules {
			t.Errorf("%s, %s: axe-core applied only %d rules", name, got.name, got.rules)
		}
	}
}

// scriptsOff holds the text of a page without JavaScript against its text with it,
// and with the page's own policy lifted: strings are inert by themselves.
func (x *inspector) scriptsOff(t *testing.T, file string) {
	t.Helper()
	var texts []string
	for _, setting := range []struct {
		method string
		params map[string]any
	}{
		{"Page.setBypassCSP", map[string]any{"enabled": true}},
		{"Emulation.setScriptExecutionDisabled", map[string]any{"value": true}},
	} {
		p, err := x.open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		url := "file://" + file
		if err := p.do(t.Context(), setting.method, setting.params); err != nil {
			t.Fatal(err)
		}
		if err := p.visit(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		faults, err := p.behaviour(t.Context(), url, look{width: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range faults {
			t.Errorf("%s, after %s: %s", file, setting.method, fault)
		}
		var text string
		if err := p.eval(t.Context(), "document.body.innerText", &text); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
		if err := p.leave(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if texts[0] != texts[1] || len(texts[0]) < 300 {
		t.Errorf("%s: %d characters to read with scripts, %d without", file, len(texts[0]), len(texts[1]))
	}
}

// plantedPage has one of each fault that the inspector must find.
const plantedPage = `<!DOCTYPE html><html><head><meta charset="utf-8"><title>Planted</title></head><body><main>
<h1>Planted</h1><h3>Out of order</h3><img src="http://127.0.0.1:1/x.png"><p style="color: #bbb; background: #fff">faint</p>
<div style="width: 900px">wide</div><a href="javascript:hacked = 2">out</a><script>hacked = 1; console.log("said"); alert("dialog")</script></main></body></html>`

// TestInteropInspectorFindsFaults shows that the looks can fail.
func TestInteropInspectorFindsFaults(t *testing.T) {
	x := newInspector(t)
	file := filepath.Join(t.TempDir(), "planted.html")
	if err := os.WriteFile(file, []byte(plantedPage), 0o644); err != nil {
		t.Fatal(err)
	}
	all, err := x.inspect(t.Context(), file, allLooks())
	if err != nil || len(all) != 4 {
		t.Fatalf("%d looks, error %v", len(all), err)
	}
	for _, got := range all {
		wants := []string{"image-alt: ", "color-contrast: ", "heading-order: ", "html-has-lang: ", "request: http://127.0.0.1:1/x.png",
			"script: ", "console: ", "dialog: ", "log: ", "link out: javascript:"}
		if got.phone || got.media == "print" {
			wants = append(wants, "width: ")
		}
		for _, want := range wants {
			if !slices.ContainsFunc(got.faults, func(f string) bool { return strings.HasPrefix(f, want) }) {
				text, _ := json.MarshalIndent(got.faults, "", " ")
				t.Errorf("%s: no fault %q in %s", got.name, want, text)
			}
		}
	}
}

// TestInteropKeyboard goes to a page by keyboard: the first stop is the way past the
// navigation, it is seen, and so is where the keyboard stands after it.
func TestInteropKeyboard(t *testing.T) {
	x := newInspector(t)
	site := t.TempDir()
	if _, err := Write(t.Context(), Config{Runs: []string{store(t, small())}, Out: site}); err != nil {
		t.Fatal(err)
	}
	p, err := x.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.visit(t.Context(), "file://"+filepath.Join(site, "index.html")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"skip", "", ""} {
		for _, kind := range []string{"rawKeyDown", "keyUp"} {
			if err := p.do(t.Context(), "Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}); err != nil {
				t.Fatal(err)
			}
		}
		var at struct {
			Class, Outline string
			Left, Top      float64
		}
		err := p.eval(t.Context(), `(e => ({class: e.className, outline: getComputedStyle(e).outlineStyle,
			left: e.getBoundingClientRect().left, top: e.getBoundingClientRect().top}))(document.activeElement)`, &at)
		if err != nil {
			t.Fatal(err)
		}
		if at.Class != want || at.Left < 0 || at.Top < 0 || at.Outline != "solid" {
			t.Errorf("the keyboard stands at %+v, want class %q", at, want)
		}
	}
}
