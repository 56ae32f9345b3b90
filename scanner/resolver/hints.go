package resolver

import (
	_ "embed"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// hintsFile holds the names and addresses of the root servers, with their date.
//
//go:embed root.hints
var hintsFile string

// Zone names the servers of one zone: the root hints, or a zone whose servers
// are given rather than found (a stub).
type Zone struct {
	Name    string // apex
	Servers []NameServer
}

// NameServer is a name server. One without addresses is looked up.
type NameServer struct {
	Name  string // may be empty where Addrs is not
	Addrs []netip.Addr
}

// RootHints returns the root servers compiled in, and the day on which their
// list was last changed.
func RootHints() (Zone, time.Time, error) {
	zone, err := ParseHints(hintsFile)
	if err != nil {
		return Zone{}, time.Time{}, err
	}
	for line := range strings.Lines(hintsFile) {
		if date, ok := strings.CutPrefix(strings.TrimSpace(line), "; last changed: "); ok {
			day, err := time.Parse(time.DateOnly, date)
			return zone, day, err
		}
	}
	return Zone{}, time.Time{}, fmt.Errorf("root hints carry no date")
}

// ParseHints reads root hints in master-file form, as IANA publishes them.
func ParseHints(text string) (Zone, error) {
	root := Zone{Name: "."}
	addrs := map[string][]netip.Addr{}
	zp := dns.NewZoneParser(strings.NewReader(text), ".", "")
	zp.SetDefaultTTL(3600)
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		owner := canonical(rr.Header().Name)
		switch rr := rr.(type) {
		case *dns.NS:
			if owner == "." && rr.Hdr.Class == dns.ClassINET {
				root.Servers = append(root.Servers, NameServer{Name: canonical(rr.Ns)})
			}
		case *dns.A, *dns.AAAA:
			if addr, ok := addressOf(rr); ok {
				addrs[owner] = append(addrs[owner], addr)
			}
		}
	}
	if err := zp.Err(); err != nil {
		return Zone{}, fmt.Errorf("root hints: %w", err)
	}
	for i := range root.Servers {
		root.Servers[i].Addrs = addrs[root.Servers[i].Name]
		if len(root.Servers[i].Addrs) == 0 {
			return Zone{}, fmt.Errorf("root hints: no address of %s", root.Servers[i].Name)
		}
	}
	if len(root.Servers) == 0 {
		return Zone{}, fmt.Errorf("root hints: no servers")
	}
	return root, nil
}

// addressOf returns the address in an A or AAAA record of class IN.
func addressOf(rr dns.RR) (netip.Addr, bool) {
	if rr.Header().Class != dns.ClassINET {
		return netip.Addr{}, false
	}
	switch rr := rr.(type) {
	case *dns.A:
		addr, ok := netip.AddrFromSlice(rr.A)
		return addr.Unmap(), ok && addr.Unmap().Is4()
	case *dns.AAAA:
		addr, ok := netip.AddrFromSlice(rr.AAAA)
		return addr, ok && addr.Is6()
	}
	return netip.Addr{}, false
}
