package scanner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/resolver"
)

// preflight looks whether this machine can do a scan. An error is what makes every
// number wrong; what makes some of them worse is said in the log.
func (d DNS) preflight(ctx context.Context, l *lookups, cfg Config) error {
	log := d.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if text := fitFiles(openFiles(cfg), processFiles{}); text != "" {
		log.Warn(text)
	}
	if err := l.preflight(ctx); err != nil {
		return d.blocked(err)
	}
	// A lab's servers do not care who calls.
	if cfg.Probe == ProbeNone || d.AllowPrivate {
		return nil
	}
	if text := checkEHLO(ctx, l, cfg.SMTP.EHLO); text != "" {
		log.Warn(text)
	}
	return ctx.Err()
}

// blocked says more of an error that may be the network's fault.
func (d DNS) blocked(err error) error {
	if d.mode() != modeIterate || d.RootHints != "" || !errors.Is(err, resolver.ErrSilent) {
		return err
	}
	return fmt.Errorf("port 53 seems to be blocked: no root server answers. Allow UDP and TCP to port 53 of any address, "+
		"or give a resolver that may be asked with --resolver (%w)", err)
}

const (
	// ehloTimeout bounds how long the look at our own name may take.
	ehloTimeout = 15 * time.Second
	// ehloAddresses is how many addresses of our own name are looked at.
	ehloAddresses = 8
)

// checkEHLO looks whether the name that we give ourselves has an address, and an
// address that has that name: many mail servers refuse others (RFC 5321, Section
// 4.1.4, forbids it, and they do). It returns what is wrong and what to do; "" for
// nothing.
func checkEHLO(ctx context.Context, r resolver.Resolver, ehlo string) string {
	own := name(ehlo)
	if !strings.Contains(own, ".") {
		return fmt.Sprintf("EHLO name %q is no full host name: many mail servers refuse it. "+
			"Give one that resolves to this machine's address, and back, with --ehlo NAME", ehlo)
	}
	ctx, cancel := context.WithTimeout(ctx, ehloTimeout)
	defer cancel()
	a, aaaa := r.Lookup(ctx, own, dns.TypeA), r.Lookup(ctx, own, dns.TypeAAAA)
	addresses := append(addressesOf(a), addressesOf(aaaa)...)
	if len(addresses) == 0 {
		return fmt.Sprintf("EHLO name %s has no address (A: %v, AAAA: %v): many mail servers refuse such a name. "+
			"Give it this machine's address in the DNS, or another name with --ehlo NAME", own, a.Outcome, aaaa.Outcome)
	}
	var without []string
	for _, address := range addresses[:min(len(addresses), ehloAddresses)] {
		if !pointsBack(ctx, r, address, own) {
			without = append(without, address)
		}
	}
	if len(without) == 0 {
		return ""
	}
	return fmt.Sprintf("EHLO name %s and its address %s do not match: there is no PTR record from the address back to the name, "+
		"and many mail servers refuse a name without. Ask whoever runs the address for one, or give the name that it has with --ehlo NAME",
		own, strings.Join(without, ", "))
}

// pointsBack reports whether the reverse DNS of an address holds a name.
func pointsBack(ctx context.Context, r resolver.Resolver, address, own string) bool {
	if _, err := netip.ParseAddr(address); err != nil {
		return false
	}
	reverse, err := dns.ReverseAddr(address)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(r.Lookup(ctx, reverse, dns.TypePTR).Records, func(rr dns.RR) bool {
		ptr, ok := rr.(*dns.PTR)
		return ok && name(ptr.Ptr) == own
	})
}

const (
	// queriesOut is how many questions are out at a time, at most, each with a
	// socket of its own.
	queriesOut = 4096
	// otherFiles are the list, the tables, and what the process has anyway.
	otherFiles = 256
)

// openFiles is how many files a scan may have open at a time. Each lookup asks up
// to two servers at once.
func openFiles(cfg Config) uint64 {
	cfg = cfg.withDefaults()
	n := min(queriesOut, 2*(cfg.DNSConcurrency+cfg.DNSConcurrency/2)) + otherFiles
	if cfg.Probe != ProbeNone {
		n += cfg.SMTPConcurrency
	}
	return uint64(n)
}

// fileLimit is the limit on open files, of this process or of a test.
type fileLimit interface {
	// limits are the one that holds and the one up to which that may be raised; ok
	// is false where there is none to speak of.
	limits() (soft, hard uint64, ok bool)
	raise(soft uint64) error
}

// fitFiles raises the limit on open files to what is needed, as far as that is
// allowed. It returns what is to be done by others; "" for nothing.
func fitFiles(need uint64, limit fileLimit) string {
	soft, hard, ok := limit.limits()
	if !ok || soft >= need {
		return ""
	}
	if hard > soft && limit.raise(hard) == nil {
		soft = hard
	}
	if soft >= need {
		return ""
	}
	return fmt.Sprintf("only %d files may be open at a time, and this scan may need %d: lookups and sessions beyond that will fail. "+
		"Allow more (ulimit -n %d, or LimitNOFILE=%d in a systemd unit), or lower --dns-concurrency and --smtp-concurrency",
		soft, need, need, need)
}
