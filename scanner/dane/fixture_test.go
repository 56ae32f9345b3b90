package dane

import "time"

// testTime is when the tests' chains are judged.
var testTime = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// tree is a leaf below an intermediate below a self-signed root, in DER.
type tree struct{ leaf, middle, root []byte }

// change alters a certificate before it is signed.
type change func(*forge)

// plant makes a tree whose leaf is mx.example.com; nil changes nothing.
func plant(leaf, middle, root change) tree {
	ec := keyRing().ec
	base := forge{from: testTime.AddDate(-1, 0, 0), till: testTime.AddDate(1, 0, 0)}

	r := base
	r.subject, r.issuer, r.key, r.signer = dn("Root"), dn("Root"), ec[0], ec[0]
	r.extensions = [][]byte{extBasic(true, -1), extUsage(usageCertSign)}
	m := base
	m.subject, m.issuer, m.key, m.signer = dn("Middle"), dn("Root"), ec[1], ec[0]
	m.extensions = [][]byte{extBasic(true, -1), extUsage(usageCertSign)}
	l := base
	l.subject, l.issuer, l.key, l.signer = dn("leaf"), dn("Middle"), ec[2], ec[1]
	l.extensions = [][]byte{extNames(dnsName("mx.example.com"))}

	for _, c := range []struct {
		change
		*forge
	}{{leaf, &l}, {middle, &m}, {root, &r}} {
		if c.change != nil {
			c.change(c.forge)
		}
	}
	return tree{l.make(), m.make(), r.make()}
}

func (t tree) chain() Chain { return Chain{t.leaf, t.middle, t.root} }

// Changes that several tests make.

func expired(f *forge)    { f.till = testTime.AddDate(0, 0, -1) }
func notYet(f *forge)     { f.from = testTime.AddDate(0, 0, 1) }
func badSigned(f *forge)  { f.breakIt = true }
func notCA(f *forge)      { f.extensions = [][]byte{extBasic(false, -1)} }
func noBasic(f *forge)    { f.extensions = nil }
func noCertSign(f *forge) { f.extensions = [][]byte{extBasic(true, -1), extUsage(0x80)} }

func with(extensions ...[]byte) change {
	return func(f *forge) { f.extensions = append(f.extensions, extensions...) }
}

func having(extensions ...[]byte) change {
	return func(f *forge) { f.extensions = extensions }
}

// rec makes a record that matches the certificate.
func rec(usage, selector, matchingType uint8, der []byte) Record {
	selected := der
	if selector == SPKI {
		selected = must(parseCertificate(der)).spki
	}
	data, _ := associate(selected, matchingType)
	return Record{usage, selector, matchingType, data}
}
