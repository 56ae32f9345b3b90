//go:build interop

package report

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// chromium is Debian's Chromium without a window, driven over a pair of pipes: one
// JSON object after another in each direction, each ended by a zero octet. Requests
// have a number, which their answer repeats; what happens in a page is told by
// events under the page's session.
type chromium struct {
	cmd    *exec.Cmd
	in     io.ReadCloser
	out    io.WriteCloser
	stderr bytes.Buffer

	mu      sync.Mutex
	last    int
	waiting map[int]chan message
	tabs    map[string]*tab
	ended   error
}

// message is an answer (ID is set) or an event (Method is set).
type message struct {
	ID        int                       `json:"id,omitempty"`
	Method    string                    `json:"method,omitempty"`
	SessionID string                    `json:"sessionId,omitempty"`
	Params    json.RawMessage           `json:"params,omitempty"`
	Result    json.RawMessage           `json:"result,omitempty"`
	Error     *struct{ Message string } `json:"error,omitempty"`
}

// newChromium starts the browser with a new, empty profile. It asks no name server
// for anything and is ended with the test.
func newChromium(t *testing.T) *chromium {
	t.Helper()
	program := os.Getenv("DANESCAN_CHROMIUM")
	if program == "" {
		program = "chromium"
	}
	program, err := exec.LookPath(program)
	if err != nil {
		missing(t, "Chromium: "+err.Error())
	}
	fromUs, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, toUs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	b := &chromium{in: in, out: out, waiting: map[int]chan message{}, tabs: map[string]*tab{}}
	b.cmd = exec.Command(program, chromiumFlags(t.TempDir())...)
	b.cmd.ExtraFiles = []*os.File{fromUs, toUs}
	b.cmd.Stderr = &b.stderr                                // all of its processes hold it open: Wait waits for each
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // to end them all
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() { defer close(read); b.read() }()
	t.Cleanup(func() { b.quit(t, read) })
	if err := errors.Join(fromUs.Close(), toUs.Close()); err != nil {
		t.Fatal(err)
	}
	return b
}

// chromiumFlags keep the browser to itself: no name is resolved, nothing is updated
// or reported, and its profile is new. Without --no-sandbox it does not run as root.
func chromiumFlags(profile string) []string {
	return []string{
		"--headless", "--remote-debugging-pipe", "--user-data-dir=" + profile, "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--disable-quic", "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--log-level=3", "--disable-extensions", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "about:blank",
	}
}

// quit ends the browser, and all of its processes where it does not end by itself.
func (b *chromium) quit(t *testing.T, read <-chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, _ = b.ask(ctx, "", "Browser.close", nil)
	select {
	case <-read:
	case <-ctx.Done():
	}
	_ = syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL)
	_ = b.cmd.Wait()
	<-read
	_ = errors.Join(b.out.Close(), b.in.Close())
	if t.Failed() {
		t.Logf("Chromium said:\n%s", b.stderr.String())
	}
}

// missing ends a test for which a tool is not there: in the gate it fails, elsewhere
// it is skipped.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("DANESCAN_STRICT") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// read hands messages to whom they are for, until the browser ends.
func (b *chromium) read() {
	lines := bufio.NewReader(b.in)
	for {
		text, err := lines.ReadBytes(0)
		var m message
		if err == nil {
			err = json.Unmarshal(text[:len(text)-1], &m)
		}
		if err != nil {
			b.end(err)
			return
		}
		b.mu.Lock()
		answer, page := b.waiting[m.ID], b.tabs[m.SessionID]
		delete(b.waiting, m.ID)
		b.mu.Unlock()
		switch {
		case m.ID != 0 && answer != nil:
			answer <- m
		case page != nil:
			page.event(m)
		}
	}
}

func (b *chromium) end(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = fmt.Errorf("chromium is gone: %w", err)
	for id, answer := range b.waiting {
		delete(b.waiting, id)
		close(answer)
	}
	for _, page := range b.tabs {
		page.close()
	}
}

// ask sends a request and waits for its answer.
func (b *chromium) ask(ctx context.Context, session, method string, params any) (json.RawMessage, error) {
	var given json.RawMessage
	if params != nil {
		text, err := json.Marshal(params)
		if err != nil {
			return nil, err
		}
		given = text
	}
	answer := make(chan message, 1)
	b.mu.Lock()
	err := b.ended
	if err == nil {
		b.last++
		b.waiting[b.last] = answer
		var text []byte
		text, err = json.Marshal(message{ID: b.last, Method: method, SessionID: session, Params: given})
		if err == nil {
			_, err = b.out.Write(append(text, 0))
		}
	}
	b.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case m, ok := <-answer:
		switch {
		case !ok:
			return nil, fmt.Errorf("%s: %w", method, b.ended)
		case m.Error != nil:
			return nil, fmt.Errorf("%s: %s", method, m.Error.Message)
		}
		return m.Result, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

// tab is one page, in a profile of its own, with all that it asked for and all that
// it complained of.
type tab struct {
	browser *chromium
	session string
	context string
	target  string

	mu         sync.Mutex
	asked      []string // addresses that were requested
	complaints []string // errors, dialogs, output on the console
	loaded     chan struct{}
	gone       bool
}

// open makes an empty page.
func (b *chromium) open(ctx context.Context) (*tab, error) {
	p := &tab{browser: b, loaded: make(chan struct{}, 1)}
	var made struct{ BrowserContextID, TargetID, SessionID string }
	for _, step := range []struct {
		method string
		params func() any
	}{
		{"Target.createBrowserContext", func() any { return nil }},
		{"Target.createTarget", func() any {
			return map[string]any{"url": "about:blank", "browserContextId": made.BrowserContextID}
		}},
		{"Target.attachToTarget", func() any { return map[string]any{"targetId": made.TargetID, "flatten": true} }},
	} {
		result, err := b.ask(ctx, "", step.method, step.params())
		if err == nil {
			err = json.Unmarshal(result, &made)
		}
		if err != nil {
			return nil, err
		}
	}
	p.session, p.context, p.target = made.SessionID, made.BrowserContextID, made.TargetID
	b.mu.Lock()
	b.tabs[p.session] = p
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Network", "Runtime", "Log"} {
		if err := p.do(ctx, domain+".enable", nil); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// leave closes the page and forgets its profile.
func (p *tab) leave(ctx context.Context) error {
	_, err := p.browser.ask(ctx, "", "Target.disposeBrowserContext", map[string]any{"browserContextId": p.context})
	p.browser.mu.Lock()
	delete(p.browser.tabs, p.session)
	p.browser.mu.Unlock()
	return err
}

func (p *tab) do(ctx context.Context, method string, params any) error {
	_, err := p.browser.ask(ctx, p.session, method, params)
	return err
}

// event notes what happened in the page.
func (p *tab) event(m message) {
	var e struct {
		Request          struct{ URL string }
		Message          string
		Type             string
		Args             []struct{ Value any }
		Entry            struct{ Text, URL string }
		ExceptionDetails struct{ Text string }
	}
	if err := json.Unmarshal(m.Params, &e); err != nil {
		p.complain(err.Error())
		return
	}
	switch m.Method {
	case "Network.requestWillBeSent":
		p.mu.Lock()
		p.asked = append(p.asked, e.Request.URL)
		p.mu.Unlock()
	case "Log.entryAdded":
		p.complain("log: " + e.Entry.Text + " " + e.Entry.URL)
	case "Runtime.consoleAPICalled":
		p.complain(fmt.Sprint("console: ", e.Args))
	case "Runtime.exceptionThrown":
		p.complain("exception: " + e.ExceptionDetails.Text)
	case "Page.javascriptDialogOpening":
		p.complain("dialog: " + e.Message)
		go func() { // the page waits for it; whoever reads events must not
			_ = p.do(context.Background(), "Page.handleJavaScriptDialog", map[string]any{"accept": true})
		}()
	case "Page.loadEventFired":
		select {
		case p.loaded <- struct{}{}:
		default:
		}
	}
}

func (p *tab) complain(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = append(p.complaints, text)
}

func (p *tab) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.gone {
		p.gone = true
		close(p.loaded)
	}
}

// told gives what the page asked for and complained of until now.
func (p *tab) told() (asked, complaints []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked, p.complaints
}

// visit loads an address and waits until all of it is there.
func (p *tab) visit(ctx context.Context, url string) error {
	select { // the empty page has loaded before
	case <-p.loaded:
	default:
	}
	result, err := p.browser.ask(ctx, p.session, "Page.navigate", map[string]any{"url": url})
	if err != nil {
		return err
	}
	var sent struct{ ErrorText string }
	if err := json.Unmarshal(result, &sent); err != nil || sent.ErrorText != "" {
		return errors.Join(err, fmt.Errorf("%s: %s", url, sent.ErrorText))
	}
	select {
	case _, ok := <-p.loaded:
		if !ok {
			return errors.New("chromium is gone")
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", url, ctx.Err())
	}
}

// eval evaluates an expression in the page, waits for its promise, and reads its
// value. No policy of the page stands in the way of it.
func (p *tab) eval(ctx context.Context, expression string, into any) error {
	result, err := p.browser.ask(ctx, p.session, "Runtime.evaluate",
		map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true})
	if err != nil {
		return err
	}
	var out struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	if err := json.Unmarshal(result, &out); err != nil {
		return err
	}
	if x := out.ExceptionDetails; x != nil {
		return errors.New(strings.TrimSpace(x.Text + " " + x.Exception.Description))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(out.Result.Value, into)
}

// picture is what the page gives under the name "data": a screenshot or a PDF.
func (p *tab) picture(ctx context.Context, method string, params any) ([]byte, error) {
	result, err := p.browser.ask(ctx, p.session, method, params)
	if err != nil {
		return nil, err
	}
	var made struct{ Data []byte }
	err = json.Unmarshal(result, &made)
	return made.Data, err
}
