package list

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// maxDownload bounds a list that is fetched. The zone of com, compressed, takes
	// a third of it.
	maxDownload  = 16 << 30
	maxRedirects = 5
)

// fetcher fetches a list, bounded in size, time and redirects.
type fetcher struct {
	client *http.Client
	most   int64         // octets
	total  time.Duration // for the whole
	stall  time.Duration // without a single octet
}

// fetched is a list on disk with what its server said of it.
type fetched struct {
	Provenance
	file *scratch // from its beginning
}

func isURL(source string) bool {
	return strings.HasPrefix(source, "http://") || strings.HasPrefix(source, "https://")
}

func newFetcher() fetcher {
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSHandshakeTimeout:    30 * time.Second,
		DisableCompression:     true, // the octets as published are what is hashed
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}
	return fetcher{
		client: &http.Client{Transport: transport, CheckRedirect: checkRedirect},
		most:   maxDownload, total: 12 * time.Hour, stall: time.Minute,
	}
}

// checkRedirect follows a few redirects, and none that gives up encryption.
func checkRedirect(next *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	case via[len(via)-1].URL.Scheme == "https" && next.URL.Scheme != "https":
		return fmt.Errorf("redirected from https to %s", next.URL.Scheme)
	}
	return nil
}

// fetch brings what a URL names to disk.
func (f fetcher) fetch(ctx context.Context, source string) (*fetched, error) {
	u, err := url.Parse(source)
	if err != nil {
		return nil, err
	}
	if u.User != nil {
		return nil, errors.New("a name or password in a URL would stand in the run's manifest: fetch the list by other means and give the file")
	}
	defer f.client.CloseIdleConnections()
	ctx, cancel := context.WithTimeoutCause(ctx, f.total, fmt.Errorf("not done within %v", f.total))
	defer cancel()
	ctx, give := context.WithCancelCause(ctx)
	defer give(nil)
	watch := time.AfterFunc(f.stall, func() { give(fmt.Errorf("nothing came for %v", f.stall)) })
	defer watch.Stop()

	response, err := f.get(ctx, u)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	file, err := newScratch("danescan-list-*")
	if err != nil {
		return nil, err
	}
	body := &watched{ctx: ctx, in: response.Body, alive: func() { watch.Reset(f.stall) }}
	if err := f.save(file, body); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &fetched{Provenance: provenanceOfResponse(u, response), file: file}, nil
}

// get asks for the list.
func (f fetcher) get(ctx context.Context, u *url.URL) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", "danescan")
	response, err := f.client.Do(request)
	if err != nil {
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err // the URL is named by the caller
		}
		return nil, because(ctx, err)
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("the server answered %.80q", response.Status)
	}
	if response.ContentLength > f.most {
		response.Body.Close()
		return nil, fmt.Errorf("%d octets, more than the %d that are taken", response.ContentLength, f.most)
	}
	return response, nil
}

// save writes the list and winds the file back.
func (f fetcher) save(file io.WriteSeeker, body *watched) error {
	n, err := io.Copy(file, io.LimitReader(body, f.most+1))
	switch {
	case body.err != nil:
		return fmt.Errorf("the download ended early, after %d octets: %w", n, body.err)
	case err != nil:
		return err
	case n > f.most:
		return fmt.Errorf("more than the %d octets that are taken", f.most)
	}
	_, err = file.Seek(0, io.SeekStart)
	return err
}

// watched is a body that says that it is alive, and keeps what went wrong with it.
type watched struct {
	ctx   context.Context
	in    io.Reader
	alive func()
	err   error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.in.Read(p)
	if n > 0 {
		w.alive()
	}
	if err != nil && err != io.EOF {
		w.err = because(w.ctx, err)
	}
	return n, err
}

// because is the cause for which a context ended, where it did.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
