package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"danescan/scanner"
	"danescan/scanner/lab"
)

func TestMetricsAddress(t *testing.T) {
	for text, want := range map[string]string{
		"9100": "127.0.0.1:9100", ":9100": "127.0.0.1:9100", "0": "127.0.0.1:0", "127.0.0.2:9100": "127.0.0.2:9100",
		"0.0.0.0:9100": "0.0.0.0:9100", "[::]:9100": "[::]:9100", "192.0.2.1:80": "192.0.2.1:80",
	} {
		if at, err := metricsAddress(text); err != nil || at.String() != want {
			t.Errorf("%s: %v, error %v, want %s", text, at, err, want)
		}
	}
	for _, text := range []string{"x", "65536", "127.0.0.1", "example.org:9100", "127.0.0.1:", "-1", ":"} {
		var usage *usageError
		if at, err := metricsAddress(text); !errors.As(err, &usage) {
			t.Errorf("%s: %v, error %v", text, at, err)
		}
	}
}

// get asks for a page of a server.
func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// served are the metrics of ours in a page, as "name kind help".
func served(page string) []string {
	var all []string
	help := map[string]string{}
	for line := range strings.Lines(page) {
		words := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 4)
		switch {
		case len(words) == 4 && words[1] == "HELP":
			help[words[2]] = words[3]
		case len(words) == 4 && words[1] == "TYPE" && strings.HasPrefix(words[2], "danescan_"):
			all = append(all, words[2]+" "+words[3]+" "+help[words[2]])
		}
	}
	slices.Sort(all)
	return all
}

// documented are the metrics in the table that people read.
func documented(t *testing.T) []string {
	var text strings.Builder
	if err := scanner.WriteMetrics(&text); err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(text.String()) {
		cells := strings.Split(line, " | ")
		if name, ok := strings.CutPrefix(cells[0], "| `"); ok {
			all = append(all, "danescan_"+strings.TrimSuffix(name, "`")+" "+cells[1]+" "+strings.TrimSuffix(cells[3], " |\n"))
		}
	}
	slices.Sort(all)
	return all
}

// What is served is what is documented, neither more nor less; and it ends.
func TestMetricsServedAreThoseDocumented(t *testing.T) {
	p := new(scanner.Progress)
	p.Names.Store(7)
	p.Hosts.Store(5)
	p.HostsBegun.Store(2)
	var said bytes.Buffer
	stop, err := serveMetrics(&env{stderr: &said}, "0", p)
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(strings.TrimPrefix(said.String(), "Metrics are at "))
	status, page := get(t, url)
	want := documented(t)
	if got := served(page); status != 200 || len(want) < 20 || !slices.Equal(got, want) {
		t.Errorf("status %d\n got %q\nwant %q", status, got, want)
	}
	for _, line := range []string{
		"danescan_names_total 7\n", "danescan_hosts_waiting 3\n", `danescan_domains_done_total{mx="null"} 0` + "\n",
		`danescan_sessions_total{outcome="deferred"} 0` + "\n", `danescan_domain_seconds_bucket{le="0.01"} 0` + "\n",
		"# TYPE go_goroutines gauge\n", "# TYPE process_resident_memory_bytes gauge\n",
	} {
		if !strings.Contains(page, line) {
			t.Errorf("no line %q", line)
		}
	}
	if status, _ := get(t, strings.TrimSuffix(url, "metrics")); status != 404 {
		t.Errorf("another page: status %d", status)
	}
	request, _ := http.NewRequest("GET", url, nil)
	request.Header.Set("X", strings.Repeat("x", 2*metricsHeader))
	if response, err := http.DefaultClient.Do(request); err == nil {
		response.Body.Close()
		if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a long header: status %d", response.StatusCode)
		}
	}
	at := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/metrics")
	if _, err := serveMetrics(&env{stderr: io.Discard}, at, p); err == nil || !strings.HasSuffix(err.Error(), "address already in use: choose another address") {
		t.Errorf("the same address again: error %v", err)
	}
	stop()
	if response, err := http.Get(url); err == nil {
		response.Body.Close()
		t.Error("it is still served")
	}
}

// A scan under way is scraped. Interrupted, it takes its metrics with it.
func TestMetricsOfAScan(t *testing.T) {
	args := labScan(t, 600)
	said, stderr := io.Pipe()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() {
		ended <- dispatch(ctx, &env{stdout: io.Discard, stderr: stderr}, append(args, "--metrics", "0", "--dns-rate", "100"))
		stderr.Close()
	}()
	lines := bufio.NewScanner(said)
	url := ""
	for url == "" && lines.Scan() {
		url, _ = strings.CutPrefix(lines.Text(), "Metrics are at ")
	}
	go io.Copy(io.Discard, said)
	want := documented(t)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for scraped := ""; !strings.Contains(scraped, "danescan_domain_seconds_count") || strings.Contains(scraped, "danescan_domain_seconds_count 0\n"); {
		_, scraped = get(t, url)
		if got := served(scraped); !slices.Equal(got, want) {
			t.Fatalf(" got %q\nwant %q", got, want)
		}
		<-again.C
	}
	cancel(errInterrupted)
	if err := <-ended; !errors.Is(err, errInterrupted) {
		t.Errorf("error %v", err)
	}
	if response, err := http.Get(url); err == nil {
		response.Body.Close()
		t.Error("it is still served")
	}
}

// labScan serves a lab and returns a command line that scans it.
func labScan(t *testing.T, domains int) []string {
	t.Helper()
	l, err := lab.New(lab.Config{Seed: 1, Domains: domains})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	dir := t.TempDir()
	list, err := os.Create(filepath.Join(dir, "list.csv"))
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(l.WriteList(list), list.Close(),
		os.WriteFile(filepath.Join(dir, "hints"), []byte(l.RootHints()), 0o600), os.WriteFile(filepath.Join(dir, "anchor"), []byte(l.TrustAnchor()), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return []string{
		"scan", "-o", filepath.Join(dir, "run"), "-n", "1000", "--root-hints", filepath.Join(dir, "hints"), "--trust-anchor", filepath.Join(dir, "anchor"),
		"--dns-port", fmt.Sprint(l.DNSPort()), "--smtp-port", fmt.Sprint(l.SMTPPort()), "--allow-private", "--dns-rate-per-server", "0",
		"--smtp-gap", "0", "--confirm", "0", "--progress", "none", list.Name(),
	}
}
