package list

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

const listText = "1,a.example\r\n2,b.example\r\n"

// listServer serves lists as well as servers that go wrong.
func listServer(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/top-1m-2026-11-20.csv", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", "Sat, 21 Nov 2026 23:59:00 GMT")
		io.WriteString(w, listText)
	})
	mux.HandleFunc("/list.csv", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", "Sat, 21 Nov 2026 23:59:00 GMT")
		w.Header().Set("Content-Encoding", "gzip") // as some servers do for a file that ends in .gz
		z := gzip.NewWriter(w)
		io.WriteString(z, listText)
		z.Close()
	})
	mux.HandleFunc("/latest", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/files/8?key=secret", http.StatusFound)
	})
	mux.HandleFunc("/files/8", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="tranco_K25GW-1m.csv"`)
		io.WriteString(w, listText)
	})
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.RawQuery)
		http.Redirect(w, r, "/round?"+strconv.Itoa(n+1), http.StatusFound)
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, listText)
	})
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "<!DOCTYPE html>\n<p>Please log in</p>\n")
	})
	mux.HandleFunc("/stall", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, listText)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := w.Write(bytes.Repeat([]byte("a.example\n"), 1000)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/huge", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.FormatInt(maxDownload+1, 10))
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestOpenURL(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	server := listServer(t)
	for _, tc := range []struct {
		path string
		want Provenance
	}{
		{"/top-1m-2026-11-20.csv", Provenance{URL: server.URL + "/top-1m-2026-11-20.csv", Date: "2026-11-20"}},
		{"/list.csv", Provenance{URL: server.URL + "/list.csv", Date: "2026-11-21"}},
		{"/latest", Provenance{Publisher: "tranco", ID: "K25GW", URL: server.URL + "/files/8"}},
	} {
		f, err := Open(t.Context(), server.URL+tc.path, Config{})
		if err != nil {
			t.Errorf("%s: %v", tc.path, err)
			continue
		}
		want := []Name{{Line: 1, Rank: 1, Domain: "a.example"}, {Line: 2, Rank: 2, Domain: "b.example"}}
		if got := names(t, f.Reader); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: names %v", tc.path, got)
		}
		if f.Provenance != tc.want {
			t.Errorf("%s: provenance %+v, want %+v", tc.path, f.Provenance, tc.want)
		}
		if sum, err := f.SHA256(); tc.path != "/list.csv" && (err != nil || sum != digest([]byte(listText))) {
			t.Errorf("%s: SHA-256 %s, %v", tc.path, sum, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("temporary files left behind: %v, %v", left, err)
	}
}

func TestOpenURLRefuses(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	server := listServer(t)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for path, want := range map[string]string{
		"/absent": `the server answered "404 Not Found"`,
		"/cut":    "the download ended early, after 26 octets: unexpected EOF",
		"/round":  "more than 5 redirects",
		"/huge":   "17179869185 octets, more than the 17179869184 that are taken",
		"/page":   `2 of the first 2 lines hold no domain name (read as plain; line 1: bytes: "<!DOCTYPE html>")`,
	} {
		_, err := Open(t.Context(), server.URL+path, Config{})
		if err == nil || !strings.HasSuffix(err.Error(), want) || !strings.Contains(err.Error(), server.URL+path) {
			t.Errorf("%s: error %v, want one that ends in %q", path, err, want)
		}
	}
	if _, err := Open(t.Context(), closed.URL, Config{}); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("no server: %v", err)
	}
	if _, err := Open(t.Context(), "http://me:secret@127.0.0.1/", Config{}); err == nil || strings.Contains(err.Error(), "manifest") == false {
		t.Errorf("a password: %v", err)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("temporary files left behind: %v, %v", left, err)
	}
}

func TestFetchIsBounded(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	server := listServer(t)
	for _, tc := range []struct {
		path, want string
		change     func(*fetcher)
	}{
		{"/stall", "nothing came for 50ms", func(f *fetcher) { f.stall = 50 * time.Millisecond }},
		{"/stall", "not done within 50ms", func(f *fetcher) { f.total = 50 * time.Millisecond }},
		{"/endless", "more than the 100000 octets that are taken", func(f *fetcher) { f.most = 100_000 }},
	} {
		f := newFetcher()
		tc.change(&f)
		if _, err := f.fetch(t.Context(), server.URL+tc.path); err == nil || !strings.HasSuffix(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one that ends in %q", tc.path, err, tc.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := newFetcher().fetch(ctx, server.URL+"/stall"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("temporary files left behind: %v, %v", left, err)
	}
}

func TestNoRedirectGivesUpEncryption(t *testing.T) {
	request := func(address string) *http.Request {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Request{URL: u}
	}
	for _, tc := range []struct {
		from, to string
		ok       bool
	}{
		{"https://a.example/", "https://b.example/", true},
		{"http://a.example/", "https://a.example/", true},
		{"https://a.example/", "http://a.example/", false},
	} {
		if err := checkRedirect(request(tc.to), []*http.Request{request(tc.from)}); (err == nil) != tc.ok {
			t.Errorf("%s to %s: %v", tc.from, tc.to, err)
		}
	}
}
