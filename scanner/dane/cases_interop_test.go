//go:build interop

package dane

import (
	"crypto/sha256"
	"crypto/sha512"
	"math/rand/v2"
	"slices"
	"time"
)

// trial is a random case for the differential test.
type trial struct {
	records []Record
	chain   Chain
	names   Names
	key     *testKey // of the leaf
}

var trialTime = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// maker makes trials from a seeded source. Keys and signatures differ from run
// to run; what is decided by the seed does not depend on them.
type maker struct {
	*rand.Rand
	made [][]byte // certificates of the trial's tree, the leaf first
	key  *testKey // of the leaf
}

func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

func pick[T any](m *maker, list ...T) T { return list[m.IntN(len(list))] }

func (m *maker) anyKey() *testKey {
	ring := keyRing()
	return pick(m, pick(m, ring.rsa...), pick(m, ring.ec...), pick(m, ring.ec...), pick(m, ring.ed...))
}

// issuerKey is anyKey, or one of a kind that few servers would have.
func (m *maker) issuerKey() *testKey {
	if m.chance(15) {
		return pick(m, keyRing().rare...)
	}
	return m.anyKey()
}

// trial makes a tree of one to four certificates, breaks it now and then, and
// records for it.
func (m *maker) trial() trial {
	names := Names{"mx.example.com"}
	if m.chance(40) {
		names = append(names, pick(m, "example.com", "example.net", "other.example.org"))
	}
	m.made = nil
	broken := m.chance(45) // the rest is as it should be
	others := m.tree(1+m.IntN(4), names, broken)
	sent := m.send(others)
	return trial{records: m.records(sent), chain: sent, names: names, key: m.key}
}

// authority is an issuer of the tree.
type authority struct {
	name []byte
	key  *testKey
}

// tree fills m.made, leaf first, and returns certificates beside the tree:
// other ones for its authorities.
func (m *maker) tree(depth int, names Names, broken bool) (others [][]byte) {
	root := authority{dnTwo("Test", "Root"), m.issuerKey()}
	issuer := root
	for level := depth - 1; level > 0; level-- {
		subject := authority{dnTwo("Test", "CA "+string(rune('0'+level))), m.issuerKey()}
		from := issuer
		if level == depth-1 {
			subject, from = root, root
			if m.chance(15) { // an anchor that is not self-signed
				from = authority{dnTwo("Test", "Unsent"), m.issuerKey()}
			}
		} else if m.chance(8) { // the issuer's new key
			subject.name = issuer.name
		}
		f := m.authorityCertificate(subject, from, level, broken)
		m.made = append([][]byte{f.make()}, m.made...)
		if m.chance(15) {
			others = append(others, m.crossSign(f))
		}
		issuer = subject
	}
	leaf := m.leafCertificate(issuer, names, broken)
	if depth == 1 && m.chance(50) {
		leaf.issuer, leaf.signer = leaf.subject, leaf.key
	}
	m.key = leaf.key
	m.made = append([][]byte{leaf.make()}, m.made...)
	return others
}

// crossSign makes a second certificate for the same name and key.
func (m *maker) crossSign(f forge) []byte {
	f.issuer, f.signer = dnTwo("Test", "Cross"), m.issuerKey()
	f.scheme = ""
	f.extensions = []([]byte){extBasic(true, -1), extSubjectKey(f.key)}
	if m.chance(30) { // another key under that name
		f.key = m.issuerKey()
		f.extensions = []([]byte){extBasic(true, -1)}
	}
	return f.make()
}

func (m *maker) common(subject, issuer authority, broken bool) forge {
	f := forge{
		serial:  []byte{byte(1 + m.IntN(127)), byte(m.IntN(256))},
		subject: subject.name, issuer: issuer.name, key: subject.key, signer: issuer.key,
		from: trialTime.AddDate(-1, 0, 0), till: trialTime.AddDate(1, 0, 0),
	}
	if m.chance(10) {
		f.scheme = pick(m, "sha1", "md5", "pss")
		if f.scheme != "sha1" {
			f.scheme = m.forRSA(issuer.key, f.scheme)
		}
	}
	if !broken {
		return f
	}
	switch m.IntN(16) {
	case 0, 1:
		f.till = trialTime.AddDate(0, 0, -1-m.IntN(300))
	case 2:
		f.from = trialTime.AddDate(0, 0, 1+m.IntN(300))
	case 3:
		f.breakIt = true
	case 4:
		f.extensions = append(f.extensions, ext(m.chance(60), []byte{5, 0}, 1, 3, 6, 1, 4, 1, 99999, 1))
	case 5:
		f.version = 1
	case 6:
		f.serial = []byte{0xfe} // negative
	case 7:
		if m.chance(20) {
			f.till = trialTime // its last second
		}
	}
	return f
}

func (m *maker) forRSA(k *testKey, scheme string) string {
	if slices.Contains(keyRing().rsa, k) {
		return scheme
	}
	return ""
}

// keyIDs adds key identifiers as most authorities do.
func (m *maker) keyIDs(f *forge, broken bool) {
	if m.chance(60) {
		f.extensions = append(f.extensions, extSubjectKey(f.key))
	}
	switch {
	case broken && m.chance(6):
		f.extensions = append(f.extensions, extAuthority([]byte("not the issuer's")))
	case m.chance(60):
		f.extensions = append(f.extensions, extAuthority(f.signer.id))
	}
}

func (m *maker) purposes(f *forge, broken bool) {
	switch {
	case m.chance(25):
		f.extensions = append(f.extensions, extEKU(ekuClient, ekuServer))
	case broken && m.chance(12):
		f.extensions = append(f.extensions, extEKU(pick(m, ekuClient, ekuAny)))
	}
}

func (m *maker) authorityCertificate(subject, issuer authority, level int, broken bool) forge {
	f := m.common(subject, issuer, broken)
	m.keyIDs(&f, broken)
	m.purposes(&f, broken)
	limit := -1
	if m.chance(20) {
		limit = level - 1 // just enough
		if broken {
			limit = m.IntN(2)
		}
	}
	switch fault := m.IntN(20); {
	case broken && fault == 0:
		f.extensions = append(f.extensions, extBasic(false, -1))
	case broken && fault == 1: // no basic constraints
	default:
		f.extensions = append(f.extensions, extBasic(true, limit))
	}
	switch {
	case m.chance(60):
		f.extensions = append(f.extensions, extUsage(usageCertSign|0x02))
	case broken && m.chance(15):
		f.extensions = append(f.extensions, extUsage(0x80))
	}
	if m.chance(12) {
		f.extensions = append(f.extensions, m.constraints(broken))
	}
	if broken && m.chance(3) {
		f.extensions = append(f.extensions, f.extensions...)
	}
	return f
}

func (m *maker) constraints(broken bool) []byte {
	directory := func(name []byte) []byte { return tlv(tagConstructed+kindDirectory, name) }
	test := tlv(tagSequence, tlv(tagSet, tlv(tagSequence, oid(2, 5, 4, 10), tlv(tagPrintable, []byte("test")))))
	good := [][]byte{dnsName("example.com"), dnsName(".example.com"), dnsName("com"), dnsName("EXAMPLE.com"), dnsName("")}
	bad := [][]byte{dnsName("ample.com"), dnsName("example.org"), dnsName("mx.mx.example.com")}
	if !broken {
		return extConstraints(nil, [][]byte{pick(m, bad...)})
	}
	all := append(append(good, bad...), directory(test), directory(dn("nobody")),
		tlv(tagContext+kindEmail, []byte("example.com")), tlv(tagContext+kindIP, []byte{192, 0, 2, 0, 255, 255, 255, 0}),
		tlv(tagContext+kindURI, []byte(".example.com")))
	var permitted, excluded [][]byte
	for range 1 + m.IntN(2) {
		permitted = append(permitted, pick(m, all...))
	}
	if m.chance(40) {
		permitted, excluded = nil, permitted
	} else if m.chance(30) {
		excluded = append(excluded, pick(m, all...))
	}
	return extConstraints(permitted, excluded)
}

func (m *maker) leafCertificate(issuer authority, names Names, broken bool) forge {
	subject := authority{dnTwo("Test", "leaf"), m.anyKey()}
	identity, cn := m.identity(names, broken)
	if cn != nil {
		subject.name = cn
	}
	f := m.common(subject, issuer, broken)
	m.keyIDs(&f, broken)
	m.purposes(&f, broken)
	f.extensions = append(f.extensions, identity...)
	switch {
	case m.chance(40):
		f.extensions = append(f.extensions, extUsage(pick(m, byte(0x80), 0x20, 0xa0, 0x08)))
	case broken && m.chance(8):
		f.extensions = append(f.extensions, extUsage(pick(m, byte(0x40), usageCertSign)))
	}
	switch {
	case m.chance(50):
		f.extensions = append(f.extensions, extBasic(false, -1))
	case m.chance(10):
		f.extensions = append(f.extensions, extBasic(true, -1))
	}
	return f
}

// identity makes the leaf's names: extensions, and a subject if it matters.
func (m *maker) identity(names Names, broken bool) (extensions [][]byte, subject []byte) {
	name := pick(m, names...)
	san := func(s ...string) [][]byte {
		var list [][]byte
		for _, one := range s {
			list = append(list, dnsName(one))
		}
		return [][]byte{extNames(list...)}
	}
	if !broken || m.chance(60) {
		switch m.IntN(8) {
		case 0:
			return nil, dn(name)
		case 1:
			return nil, dnOf(tagPrintable, []byte(name))
		case 2:
			return san("MX.Example.COM", name), nil
		case 3:
			return san("unrelated.example", "*.example.com", name), dn("whatever")
		case 4:
			return [][]byte{extNames(tlv(tagContext+kindIP, []byte{192, 0, 2, 7}), tlv(tagContext+kindEmail, []byte("a@example.com")))}, dnTwo("Test", name)
		}
		return san(name), nil
	}
	return m.oddIdentity(name, san)
}

func (m *maker) oddIdentity(name string, san func(...string) [][]byte) (extensions [][]byte, subject []byte) {
	wide := make([]byte, 0, 2*len(name))
	for _, c := range []byte(name) {
		wide = append(wide, 0, c)
	}
	switch m.IntN(14) {
	case 0:
		return san("*.example.com"), nil
	case 1:
		return san("*.com", "mx.*.com", "m*.example.com", "*x.example.com", "*"), nil
	case 2:
		return san("other.example"), dn(name) // the CN-ID does not count
	case 3:
		return san(name + "\x00.evil.example"), nil
	case 4:
		return nil, dn(name + "\x00.evil.example")
	case 5:
		return nil, dnOf(tagBMP, wide)
	case 6:
		return nil, dnOf(tagTeletex, []byte(name))
	case 7:
		return nil, dn("*.example.com")
	case 8:
		return nil, dn("leaf")
	case 9:
		return [][]byte{extNames(tlv(tagContext+kindIP, []byte{192, 0, 2, 7}))}, dn(name)
	case 10:
		return [][]byte{extNames()}, dn(name)
	case 11:
		return san("", "*.*.com", "*.mx.example.com", name+"."), nil
	case 12:
		return [][]byte{extNames(tlv(tagContext+kindURI, []byte("https://mx.example.com/"))), ext(false, tlv(tagSequence), 2, 5, 29, 32)}, dn(name)
	}
	return nil, tlv(tagSequence)
}

// send chooses which certificates are sent, and in what order.
func (m *maker) send(others [][]byte) Chain {
	above := append([][]byte{}, m.made[1:]...)
	if len(above) > 0 && m.chance(20) {
		above = above[:len(above)-1] // no root
	}
	if len(above) > 1 && m.chance(8) {
		above = above[1:] // no issuer
	}
	above = append(above, others...)
	if m.chance(15) {
		above = append(above, m.unrelated())
	}
	if m.chance(5) {
		above = append(above, m.made[0])
	}
	if len(above) > 0 && m.chance(8) {
		above = append(above, above[0])
	}
	if m.chance(40) {
		m.Shuffle(len(above), func(i, j int) { above[i], above[j] = above[j], above[i] })
	}
	return append(Chain{m.made[0]}, above...)
}

func (m *maker) unrelated() []byte {
	self := authority{dn("Unrelated"), m.anyKey()}
	return m.authorityCertificate(self, self, 3, false).make()
}

func (m *maker) records(sent Chain) []Record {
	var records []Record
	n := 1
	if m.chance(50) {
		n += m.IntN(6)
	}
	for range n {
		records = append(records, m.record(sent))
	}
	return records
}

// record makes a record of any kind: half of them right for something that was
// made, though perhaps not sent.
func (m *maker) record(sent Chain) Record {
	r := Record{Usage: DANETA, Selector: uint8(m.IntN(2)), MatchingType: uint8(m.IntN(3))}
	switch n := m.IntN(100); {
	case n < 25:
		r.Usage = DANEEE
	case n < 33:
		r.Usage = uint8(m.IntN(2))
	case n < 36:
		r.Usage = uint8(4 + m.IntN(252))
	}
	target := m.made[m.IntN(len(m.made))]
	switch {
	case r.Usage == DANEEE && m.chance(60):
		target = m.made[0]
	case r.Usage == DANETA && len(m.made) > 1 && m.chance(80):
		target = m.made[1+m.IntN(len(m.made)-1)]
	case m.chance(20):
		target = sent[m.IntN(len(sent))]
	}
	if m.chance(15) {
		target = m.unrelated()
	}
	r.Data = data(target, r.Selector, r.MatchingType)
	if m.chance(12) {
		m.spoil(&r)
	}
	return r
}

// data computes association data without the code under test, but for the walk
// to the key.
func data(der []byte, selector, matchingType uint8) []byte {
	if selector == SPKI {
		der = must(parseCertificate(der)).spki
	}
	switch matchingType {
	case SHA256:
		sum := sha256.Sum256(der)
		return sum[:]
	case SHA512:
		sum := sha512.Sum512(der)
		return sum[:]
	}
	return slices.Clone(der)
}

func (m *maker) spoil(r *Record) {
	r.Data = slices.Clone(r.Data)
	switch m.IntN(7) {
	case 0:
		r.Data = r.Data[:len(r.Data)-1]
	case 1:
		r.Data = append(r.Data, 0)
	case 2:
		r.Data = nil
	case 3:
		r.Selector = uint8(2 + m.IntN(254))
	case 4:
		r.MatchingType = uint8(3 + m.IntN(253))
	case 5:
		r.Data[m.IntN(len(r.Data))] ^= 1 << m.IntN(8)
	case 6:
		r.Data = r.Data[:m.IntN(len(r.Data))]
	}
}
