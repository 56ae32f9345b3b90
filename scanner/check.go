package scanner

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"danescan/datasets/list"
	"danescan/datasets/run"
	"danescan/scanner/judge"
)

// Checked is one domain with all that its verdict rests on.
type Checked struct {
	Domain    run.Domain
	Hosts     map[string]*run.Host      // by name
	Endpoints map[string][]run.Endpoint // by host name
}

// Check looks at a few domains as a scan would, and keeps no run.
func Check(ctx context.Context, job Job, domains []string) ([]Checked, error) {
	text, err := checkList(domains)
	if err != nil {
		return nil, err
	}
	l, err := job.DNS.open()
	if err != nil {
		return nil, err
	}
	defer l.close()
	if err := l.preflight(ctx); err != nil {
		return nil, job.DNS.blocked(err)
	}
	dir, err := os.MkdirTemp("", "danescan-check-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	r, err := checkRun(ctx, job, l, filepath.Join(dir, "run"), text)
	if err != nil {
		return nil, err
	}
	return checkedOf(r)
}

// checkList is the domains as a list.
func checkList(domains []string) (string, error) {
	var text strings.Builder
	for _, d := range domains {
		name, reason := list.Normalise(d)
		if reason != "" {
			return "", fmt.Errorf("%q is not a domain name (%s)", d, reason)
		}
		fmt.Fprintln(&text, name)
	}
	return text.String(), nil
}

// checkRun makes a run of the list, in a place that is thrown away.
func checkRun(ctx context.Context, job Job, l *lookups, dir, text string) (*run.Run, error) {
	names, err := list.NewReader(strings.NewReader(text), list.Config{Format: "plain"})
	if err != nil {
		return nil, err
	}
	id, err := run.NewRunID(time.Now(), rand.Reader)
	if err != nil {
		return nil, err
	}
	r, err := run.Create(dir, run.Manifest{
		RunID: id, SchemaVersion: run.SchemaVersion, RulesVersion: judge.RulesVersion, Started: stamp(time.Now()),
	})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	spool, err := r.Spool()
	if err != nil {
		return nil, err
	}
	cfg := job.Config
	cfg.Resolver, cfg.ZoneFacts = l, l.zoneFacts
	cfg.Now, cfg.AllowAny, cfg.Log = job.DNS.now(), job.DNS.AllowPrivate, job.DNS.Log
	if err := Collect(ctx, cfg, names, spool); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	_, err = finishRun(ctx, r, nil)
	return r, err
}

// checkedOf reads all tables of a small run.
func checkedOf(r *run.Run) ([]Checked, error) {
	hosts := map[string]*run.Host{}
	var errs []error
	for h, err := range r.Hosts() {
		errs = append(errs, err)
		hosts[h.Host] = &h
	}
	byBase := map[string][]run.Endpoint{}
	for e, err := range r.Endpoints() {
		errs = append(errs, err)
		byBase[e.Base] = append(byBase[e.Base], e)
	}
	var all []Checked
	for d, err := range r.Domains() {
		errs = append(errs, err)
		c := Checked{Domain: d, Hosts: map[string]*run.Host{}, Endpoints: map[string][]run.Endpoint{}}
		for _, mx := range d.MX {
			if h := hosts[mx.Host]; h != nil {
				c.Hosts[mx.Host] = h
				c.Endpoints[mx.Host] = byBase[sessionBase(&h.HostEvidence)]
			}
		}
		all = append(all, c)
	}
	return all, errors.Join(errs...)
}

// HostFailed reports whether any host would be refused by a DANE sender.
func (c Checked) HostFailed() bool {
	for _, mx := range c.Domain.MX {
		switch mx.Verdict {
		case run.Mismatch, run.NoSTARTTLS, run.TLSFailure, run.Mixed:
			return true
		}
	}
	return false
}
