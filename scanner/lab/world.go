package lab

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// The lab's top-level domains.
const (
	optOutTLD   = "optout."   // NSEC3 with opt-out, like most large ones
	nsecTLD     = "nsec."     // NSEC
	unsignedTLD = "unsigned." // not signed
)

// Where things are, counted from the base of the address block.
const (
	placeInfra = 0x00000 // root, TLDs, shared name servers
	placeDNS   = 0x00100 // name servers of single zones
	placeMail  = 0x10000 // mail servers of the cases
	placeBulk  = 0x20000 // mail servers of the bulk domains
	frontAt    = 53      // of placeInfra
)

// nameServer is what answers at one address.
type nameServer struct {
	zones    map[string]*zone // none: refuses everything
	silent   bool
	operator *operator // of bulk domains; nil: of none
}

// world is everything that is held in memory: zones, who serves them, and the
// mail servers. Bulk domains come on top (bulk.go).
type world struct {
	seed    seed
	base    netip.Addr
	ca      *authority
	zones   map[string]*zone
	servers map[netip.Addr]*nameServer
	mail    map[netip.Addr]*mailServer
	drafts  map[string]*draft
	used    map[int]int // addresses given out, by place
	rsaKey  *zoneKey
	bulk    *bulk
}

// draft is a zone that is being made.
type draft struct {
	*zone
	plan    plan
	records []dns.RR
	wrap    func(*planted) tree // adds what is computed; nil: nothing is
}

// address returns the n-th address of a place. Those that end in 0 or 255 are left
// out: they look like networks.
func (w *world) address(place, n int) netip.Addr {
	raw := w.base.As4()
	at := binary.BigEndian.Uint32(raw[:]) + uint32(place) + uint32(n/254)<<8 + uint32(n%254) + 1
	binary.BigEndian.PutUint32(raw[:], at)
	return netip.AddrFrom4(raw)
}

// take gives out the next address of a place.
func (w *world) take(place int) netip.Addr {
	w.used[place]++
	return w.address(place, w.used[place]-1)
}

// newWorld builds root, TLDs, shared name servers and the cases.
func newWorld(cfg Config, ca *authority) (*world, error) {
	w := &world{
		seed: seed(cfg.Seed), base: cfg.Base.Addr(), ca: ca,
		zones: map[string]*zone{}, servers: map[netip.Addr]*nameServer{},
		mail: map[netip.Addr]*mailServer{}, drafts: map[string]*draft{}, used: map[int]int{},
	}
	// One RSA key is enough for the zone and the mail servers that have one: making
	// it takes longer than all the rest.
	var err error
	if w.rsaKey, err = newZoneKey(flagKSK, ca.rsaKey); err != nil {
		return nil, err
	}
	if err := w.infrastructure(); err != nil {
		return nil, err
	}
	for _, c := range cases() {
		if err := w.addCase(c); err != nil {
			return nil, fmt.Errorf("lab: case %s: %w", c.domain, err)
		}
	}
	return w, w.addPolicies()
}

// infrastructure adds the zones that all others hang from.
func (w *world) infrastructure() error {
	root := host{"a.root-servers.", w.take(placeInfra)}
	second := host{"b.root-servers.", w.take(placeInfra)}
	top := []struct {
		p       plan
		servers []host
	}{
		{plan{apex: ".", sign: signNSEC}, []host{root, second}},
		{plan{apex: optOutTLD, sign: signNSEC3}, []host{{"a.nic.optout.", w.take(placeInfra)}, {"b.nic.optout.", w.take(placeInfra)}}},
		{plan{apex: nsecTLD, sign: signNSEC}, []host{{"a.nic.nsec.", w.take(placeInfra)}}},
		{plan{apex: unsignedTLD, sign: unsigned}, []host{{"a.nic.unsigned.", w.take(placeInfra)}}},
	}
	for _, t := range top {
		d, err := w.draft(t.p, t.servers)
		if err != nil {
			return err
		}
		if t.p.apex == optOutTLD {
			d.denial, d.iterations, d.salt = byOptOut, 0, nil // RFC 9276, Section 3.1
		}
	}
	for _, apex := range []string{"hoster.nsec.", "hoster.optout."} {
		if _, err := w.draft(plan{apex: apex}, []host{{"ns1." + apex, w.take(placeInfra)}}); err != nil {
			return err
		}
	}
	return nil
}

// hosters returns the two servers that most zones share.
func (w *world) hosters() []host {
	return []host{w.drafts["hoster.nsec."].servers[0], w.drafts["hoster.optout."].servers[0]}
}

// draft starts a zone: keys, SOA, NS and the addresses of its own name servers.
func (w *world) draft(p plan, servers []host) (*draft, error) {
	if w.drafts[p.apex] != nil {
		return nil, fmt.Errorf("lab: zone %s is there twice", p.apex)
	}
	d := &draft{zone: &zone{apex: p.apex, servers: servers}, plan: p}
	if err := w.sign(d); err != nil {
		return nil, err
	}
	soa := &dns.SOA{
		Hdr: header(p.apex, dns.TypeSOA, ttlNegative), Ns: servers[0].name, Mbox: join("hostmaster", p.apex),
		Serial: 1, Refresh: 7200, Retry: 3600, Expire: 1209600, Minttl: ttlNegative,
	}
	d.records = append(d.records, soa)
	for _, s := range servers {
		d.records = append(d.records, &dns.NS{Hdr: header(p.apex, dns.TypeNS, ttlUsual), Ns: s.name})
		if under(s.name, p.apex) {
			d.records = append(d.records, addressRecord(s.name, s.addr))
		}
	}
	w.drafts[p.apex] = d
	return d, nil
}

func addressRecord(name string, addr netip.Addr) dns.RR {
	if addr.Is6() {
		return &dns.AAAA{Hdr: header(name, dns.TypeAAAA, ttlUsual), AAAA: addr.AsSlice()}
	}
	return &dns.A{Hdr: header(name, dns.TypeA, ttlUsual), A: addr.AsSlice()}
}

// finish delegates every zone from the one above it and puts all into place.
func (w *world) finish() error {
	var order []*draft
	for _, d := range w.drafts {
		order = append(order, d)
	}
	slices.SortFunc(order, func(a, b *draft) int {
		return cmp.Or(cmp.Compare(dns.CountLabel(a.apex), dns.CountLabel(b.apex)), strings.Compare(a.apex, b.apex))
	})
	for _, d := range order {
		if d.apex == "." {
			d.trust = secure
			continue
		}
		w.delegate(w.parent(d.apex), d)
	}
	for _, d := range order {
		d.complete()
		w.zones[d.apex] = d.zone
		w.appoint(d)
	}
	w.drafts = nil
	if w.bulk == nil {
		return nil
	}
	w.populate()
	return w.makePieces()
}

// populate puts the bulk domains under the TLDs.
func (w *world) populate() {
	for tld, apex := range tldNames {
		z := w.zones[apex]
		c := &crowd{planted: z.tree.(*planted), bulk: w.bulk, tld: tld, apex: apex}
		c.settle(z)
		z.tree = c
	}
}

func (w *world) parent(apex string) *draft {
	for up := parentOf(apex); ; up = parentOf(up) {
		if d := w.drafts[up]; d != nil || up == "." {
			return d
		}
	}
}

// delegate adds NS, glue and DS to the parent and settles the child's trust. The
// parent's is settled.
func (w *world) delegate(parent, d *draft) {
	for _, s := range d.servers {
		parent.records = append(parent.records, &dns.NS{Hdr: header(d.apex, dns.TypeNS, ttlUsual), Ns: s.name})
		if under(s.name, d.apex) {
			parent.records = append(parent.records, addressRecord(s.name, s.addr))
		}
	}
	if d.keys == nil || d.plan.sign == signIsland {
		return
	}
	keys := d.keys
	if d.plan.forged {
		keys = parent.keys
	}
	parent.records = append(parent.records, keys.ds(d.apex)...)
	switch {
	case parent.trust != secure:
		d.trust = parent.trust
	case d.plan.sign == signUnknown:
		d.trust = insecure
	case d.plan.forged || d.spoiled != fine:
		d.trust = bogus
	default:
		d.trust = secure
	}
}

// complete turns the draft's records into a tree.
func (d *draft) complete() {
	if d.keys != nil {
		d.records = append(d.records, d.keys.dnskeys(d.apex)...)
		if d.denial == byNSEC3 || d.denial == byOptOut {
			d.records = append(d.records, d.nsec3param())
		}
	}
	p := newPlanted(d.apex, d.records)
	d.tree = p
	if d.denial == byNSEC3 || d.denial == byOptOut {
		p.hash = newRing(d.zone)
	}
	if d.wrap != nil {
		d.tree = d.wrap(p)
	}
}

// appoint tells the servers of a zone that they serve it.
func (w *world) appoint(d *draft) {
	d.dead = d.plan.served == byDead
	for i, s := range d.servers {
		ns := w.servers[s.addr]
		if ns == nil {
			ns = &nameServer{zones: map[string]*zone{}}
			w.servers[s.addr] = ns
		}
		switch {
		case d.dead || (d.plan.served == byLame && i == 2):
			ns.silent = true
		case d.plan.served == byLame && i == 1:
		default:
			ns.zones[d.apex] = d.zone
		}
	}
}

var errNoSuchSigning = errors.New("lab: no such way to sign")

// sign gives a zone its keys and its kind of denial.
func (w *world) sign(d *draft) error {
	how := d.plan.sign
	if how == byTLD {
		how = signNSEC
		if under(d.apex, optOutTLD) {
			how = signNSEC3
		} else if under(d.apex, unsignedTLD) {
			how = unsigned
		}
	}
	var err error
	switch how {
	case unsigned:
	case signNSEC, signIsland:
		d.keys, err = w.single(d.apex)
	case signNarrow:
		d.denial = byNarrow
		d.keys, err = w.single(d.apex)
	case signNSEC3:
		d.denial, d.iterations, d.salt = byNSEC3, 3, []byte{0xca, 0xfe}
		d.keys, err = w.double(d.apex)
	case signNSEC3Many:
		d.denial, d.iterations = byNSEC3, 500
		d.keys, err = w.double(d.apex)
	case signRSA:
		d.keys = &keyring{w.rsaKey, w.rsaKey}
	case signEd:
		var k *zoneKey
		k, err = newZoneKey(flagKSK, w.seed.ed25519("zone "+d.apex))
		d.keys = &keyring{k, k}
	case signUnknown:
		k := unknownKey(w.seed.derive("unknown "+d.apex, 0))
		d.keys = &keyring{k, k}
	default:
		err = errNoSuchSigning
	}
	return err
}

// single makes one combined key, double a key for keys and one for the zone.
func (w *world) single(label string) (*keyring, error) {
	k, err := w.zoneKey(flagKSK, label)
	return &keyring{k, k}, err
}

func (w *world) double(label string) (*keyring, error) {
	ksk, err := w.zoneKey(flagKSK, label)
	if err != nil {
		return nil, err
	}
	zsk, err := w.zoneKey(flagZSK, label)
	return &keyring{ksk, zsk}, err
}

func (w *world) zoneKey(flags uint16, label string) (*zoneKey, error) {
	signer, err := w.seed.p256(fmt.Sprintf("zone %s %d", label, flags))
	if err != nil {
		return nil, err
	}
	return newZoneKey(flags, signer)
}

func (z *zone) nsec3param() dns.RR {
	return &dns.NSEC3PARAM{
		Hdr: header(z.apex, dns.TypeNSEC3PARAM, ttlNegative), Hash: dns.SHA1,
		Iterations: z.iterations, SaltLength: uint8(len(z.salt)), Salt: fmt.Sprintf("%x", z.salt),
	}
}
