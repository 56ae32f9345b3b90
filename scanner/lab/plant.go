package lab

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// addCase turns a row of the table into machines and zones.
func (w *world) addCase(c entryCase) error {
	machines, err := w.addMachines(c)
	if err != nil {
		return err
	}
	for _, p := range c.zones {
		if p.apex == "" {
			p.apex = c.domain
		}
		p.apex = absolute(p.apex, c.domain)
		if err := w.addZone(p, machines); err != nil {
			return fmt.Errorf("zone %s: %w", p.apex, err)
		}
	}
	return nil
}

// addMachines builds a case's mail servers. Their certificates name what the
// table says, below the case's domain.
func (w *world) addMachines(c entryCase) (map[string]*mailServer, error) {
	out := map[string]*mailServer{}
	names := make([]string, 0, len(c.machines))
	for name := range c.machines {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		m := c.machines[name]
		var full []string
		for _, n := range m.cert.names {
			full = append(full, strings.TrimSuffix(absolute(n, c.domain), "."))
		}
		m.cert.names = full
		addr := netip.IPv6Loopback()
		if !m.ipv6 {
			addr = w.take(placeMail)
		}
		s, err := w.ca.newMailServer(name+"."+c.domain, m, addr)
		if err != nil {
			return nil, err
		}
		if w.mail[addr] != nil {
			return nil, fmt.Errorf("two machines at %s", addr)
		}
		w.mail[addr], out[name] = s, s
	}
	return out, nil
}

// addZone turns a plan into a zone.
func (w *world) addZone(p plan, machines map[string]*mailServer) error {
	d, err := w.draft(p, w.serversOf(p))
	if err != nil {
		return err
	}
	d.faults = map[fault]mishap{}
	for f, m := range p.faults {
		if f.name == "*" && f.rrtype == 0 {
			d.spoiled = m
			continue
		}
		d.faults[fault{absolute(f.name, p.apex), f.rrtype}] = m
	}
	text, err := w.ca.complete(p.text, machines)
	if err != nil {
		return err
	}
	records, err := parseZone(text, p.apex)
	d.records = append(d.records, records...)
	return err
}

// parseZone reads records in zone-file form.
func parseZone(text, apex string) ([]dns.RR, error) {
	zp := dns.NewZoneParser(strings.NewReader(text), apex, "")
	zp.SetDefaultTTL(ttlUsual)
	var records []dns.RR
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		rr.Header().Name = strings.ToLower(rr.Header().Name)
		records = append(records, rr)
	}
	return records, zp.Err()
}

// serversOf chooses a zone's name servers.
func (w *world) serversOf(p plan) []host {
	count := map[serving]int{byItself: 2, byLame: 3, byDead: 2}[p.served]
	if count == 0 {
		return w.hosters()
	}
	var out []host
	for i := range count {
		out = append(out, host{join(fmt.Sprintf("ns%d", i+1), p.apex), w.take(placeDNS)})
	}
	return out
}

var variable = regexp.MustCompile(`\$([a-z]+)(\.[a-z]+)?`)

// complete puts addresses and association data into a zone text of the table.
func (a *authority) complete(text string, machines map[string]*mailServer) (string, error) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		var err error
		if lines[i], err = a.completeLine(line, machines); err != nil {
			return "", fmt.Errorf("line %q: %w", line, err)
		}
	}
	return strings.Join(lines, "\n") + "\n", nil
}

func (a *authority) completeLine(line string, machines map[string]*mailServer) (string, error) {
	fields := strings.Fields(line)
	at := slices.Index(fields, "TLSA")
	var failed error
	line = variable.ReplaceAllStringFunc(line, func(v string) string {
		m := variable.FindStringSubmatch(v)
		if v == "$none" && at >= 0 {
			stranger := &pair{der: a.seed.derive("nobody's certificate", 0), spki: a.seed.derive("nobody's key", 0)}
			return association(stranger, fields[at+2], fields[at+3])
		}
		s := machines[m[1]]
		switch {
		case s == nil:
			failed = fmt.Errorf("no machine %q", m[1])
			return ""
		case m[2] == "":
			return s.addr.String()
		}
		p := a.part(s, m[2][1:])
		if p == nil || at < 0 || p.der == nil && fields[at+2] == "0" {
			failed = fmt.Errorf("no such thing as %q here", v)
			return ""
		}
		return association(p, fields[at+2], fields[at+3])
	})
	return line, failed
}
