package scanner

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"strings"
	"time"

	"danescan/datasets/list"
	"danescan/datasets/run"
)

// ProbeJob is the SMTP part of a run that was made without.
type ProbeJob struct {
	Config Config // Resolver is made from DNS
	DNS    DNS
	Dir    string // a finished run in which no session was tried

	Previous string            // as in RejudgeJob
	Settings map[string]string // effective, by flag
	Contact  string            // "": that of the run
	HostName string
}

// errProbed is that there is nothing left to probe.
var errProbed = errors.New("the run holds sessions already: scan again to see what is there now")

// ErrNoContact is that so many hosts may only be connected to by somebody who says
// whom to ask about it.
var ErrNoContact = errors.New("over 1,000 domains and no contact")

// contactless is how many domains may be probed without a contact.
const contactless = 1000

// ProbeLater asks again for the addresses and TLSA records of the hosts to which
// DANE applies (with ProbeAll, of all), connects to them, and judges the run anew.
// What was interrupted goes on from where it was; until all is done, the tables are
// those of before.
func ProbeLater(ctx context.Context, job ProbeJob) (Summary, error) {
	if job.Config.Progress == nil {
		job.Config.Progress = new(Progress)
	}
	r, err := run.Open(job.Dir)
	if err != nil {
		return Summary{}, err
	}
	defer r.Close()
	if err := job.admissible(ctx, r); err != nil {
		return Summary{}, err
	}
	before, err := comparison(ctx, job.Previous, r)
	if err != nil {
		return Summary{}, err
	}
	job.DNS.atATime = job.Config.lookups()
	l, err := job.DNS.open()
	if err != nil {
		return Summary{}, err
	}
	defer l.close()
	if err := job.DNS.preflight(ctx, l, job.Config); err != nil {
		return Summary{}, err
	}
	spool, err := r.Spool()
	if err != nil {
		return Summary{}, err
	}
	if err := job.collect(ctx, r, spool, l); err != nil {
		return Summary{}, err
	}
	in := probed{stored{r}, spool}
	return finishing{run: r, in: in, manifest: job.manifest(r.Manifest()), earlier: before}.do(ctx)
}

// admissible says whether the run is one to probe.
func (job ProbeJob) admissible(ctx context.Context, r *run.Run) error {
	m := r.Manifest()
	switch {
	case !r.Finished():
		return fmt.Errorf("%s: %w: go on with danescan scan --resume", job.Dir, run.ErrUnfinished)
	case job.Config.Probe == ProbeNone:
		return errors.New("probing with --probe none")
	case job.Contact == "" && m.Vantage.Contact == "" && m.Counts.Rows[run.TableDomains] > contactless:
		return fmt.Errorf("%s: %w", job.Dir, ErrNoContact)
	}
	for e, err := range r.Endpoints() {
		if err := alive(ctx, err); err != nil {
			return err
		}
		if e.NotTried == "" {
			return fmt.Errorf("%s: %w", job.Dir, errProbed)
		}
	}
	return nil
}

// collect looks at the hosts and writes what it sees to the spool. It is Collect
// with the hosts of the run in place of a list.
func (job ProbeJob) collect(ctx context.Context, r *run.Run, w *run.Spool, l *lookups) error {
	cfg := job.Config
	cfg.Resolver, cfg.Now, cfg.AllowAny = l, job.DNS.now(), job.DNS.AllowPrivate
	defer cfg.Progress.follow(l)()
	var err error
	if cfg.Exclude, err = leftAlone(r, cfg.Exclude); err != nil {
		return err
	}
	names, err := nothing()
	if err != nil {
		return err
	}
	c, err := newCollector(cfg.withDefaults(), w)
	if err != nil {
		return err
	}
	err = c.queueWanted(ctx, r.Hosts())
	if err == nil {
		err = c.collect(ctx, names)
	}
	err = errors.Join(err, c.out.flush(), c.hosts.release())
	if err == nil && c.cfg.Confirm > 0 {
		err = errors.Join(c.confirm(ctx), c.out.flush())
	}
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrInterrupted, context.Cause(ctx))
	}
	return err
}

// nothing is a list that was read to its end.
func nothing() (*list.Reader, error) {
	names, err := list.NewReader(strings.NewReader("read.invalid\n"), list.Config{Format: "plain"})
	if err != nil {
		return nil, err
	}
	_, err = names.Next()
	return names, err
}

// leftAlone adds to the exclusions what the run was asked not to connect to: the
// request still stands, whoever makes the connection. The run tells hosts, all of
// whose addresses were left alone, and addresses of others.
func leftAlone(r *run.Run, more *Exclusions) (*Exclusions, error) {
	x := &Exclusions{names: map[string]struct{}{}, nets: map[netip.Prefix]struct{}{}, lengths: map[int][]int{}}
	if more != nil {
		maps.Copy(x.names, more.names)
		for p := range more.nets {
			x.addNet(p)
		}
	}
	spared, others := map[string][]string{}, map[string]bool{}
	for e, err := range r.Endpoints() {
		if err != nil {
			return nil, err
		}
		if e.NotTried == run.ReasonExcluded {
			spared[e.Host] = append(spared[e.Host], e.Address)
		} else {
			others[e.Host] = true
		}
	}
	for host, addresses := range spared {
		if !others[host] {
			x.names[host] = struct{}{}
			continue
		}
		for _, text := range addresses {
			if address, err := netip.ParseAddr(text); err == nil {
				x.addNet(netip.PrefixFrom(address, address.BitLen()))
			}
		}
	}
	return x, nil
}

// queueWanted queues the hosts with which there are to be sessions.
func (c *collector) queueWanted(ctx context.Context, hosts iter.Seq2[run.Host, error]) error {
	for h, err := range hosts {
		if err := alive(ctx, err); err != nil {
			return err
		}
		if _, wanted := c.sessionName(&h.HostEvidence); wanted {
			if err := c.queueHost(strings.Clone(h.Host)); err != nil {
				return err
			}
		}
	}
	return nil
}

// manifest adds who probed, when and how to what the manifest says.
func (job ProbeJob) manifest(m run.Manifest) run.Manifest {
	now := stamp(time.Now())
	m.Interruptions = append(m.Interruptions, run.Interruption{Stopped: m.Finished, Resumed: now})
	m.Finished, m.Previous = nil, ""
	m.Exclusions.Hosts, m.Exclusions.Addresses = job.Config.Progress.ExcludedHosts.Load(), job.Config.Progress.ExcludedAddresses.Load()
	m.Settings = maps.Clone(m.Settings)
	if m.Settings == nil {
		m.Settings = map[string]string{}
	}
	for name, value := range job.Settings {
		m.Settings["probe."+name] = value
	}
	for _, name := range []string{"probe", "smtp-port", "ipv4-only", "ipv6-only", "algorithms", "confirm"} {
		if value, there := job.Settings[name]; there {
			m.Settings[name] = value
		}
	}
	m.Vantage.HostName, m.Vantage.EHLO = job.HostName, job.Config.SMTP.EHLO
	if job.Contact != "" {
		m.Vantage.Contact = job.Contact
	}
	return m
}

// probed is the evidence of a run whose hosts were looked at again: what was seen
// then takes the place of what was there.
type probed struct {
	stored
	spool *run.Spool
}

func (p probed) Hosts() iter.Seq2[run.HostEvidence, error] {
	return run.Distinct(run.KeepLast, carried(run.Merge(p.stored.Hosts(), p.spool.Hosts())))
}

// carried keeps what a second resolver said to the questions of the scan: it is not
// asked again when the hosts are.
func carried(hosts iter.Seq2[run.HostEvidence, error]) iter.Seq2[run.HostEvidence, error] {
	return func(yield func(run.HostEvidence, error) bool) {
		var before run.HostEvidence
		for h, err := range hosts {
			if h.Host == before.Host && len(h.CrossCheck) == 0 {
				h.CrossCheck = before.CrossCheck
			}
			before.Host, before.CrossCheck = strings.Clone(h.Host), h.CrossCheck
			if !yield(h, err) {
				return
			}
		}
	}
}

// Endpoints are the new sessions. All rows of before say that none was tried.
func (p probed) Endpoints() iter.Seq2[run.EndpointEvidence, error] { return p.spool.Endpoints() }

func (p probed) Certificates() iter.Seq2[run.Certificate, error] {
	return run.Distinct(run.KeepFirst, run.Merge(p.stored.Certificates(), p.spool.Certificates()))
}
