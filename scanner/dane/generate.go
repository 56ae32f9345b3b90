package dane

import (
	"fmt"
	"strings"
)

// Generate makes the record that a certificate, given as DER, is to be published
// with. Without a certificate, a key's SubjectPublicKeyInfo will do where the
// selector is SPKI. The record is one that Usable accepts, or there is an error.
func Generate(usage, selector, matchingType uint8, der []byte) (Record, error) {
	r := Record{Usage: usage, Selector: selector, MatchingType: matchingType}
	selected, err := selectOctets(selector, der)
	if err != nil {
		return Record{}, err
	}
	data, ok := associate(selected, matchingType)
	if !ok {
		return Record{}, fmt.Errorf("matching type %d is not one of 0, 1, 2", matchingType)
	}
	r.Data = data
	if ok, why := Usable(r); !ok {
		return Record{}, fmt.Errorf("record %d %d %d would be unusable for SMTP: %s", usage, selector, matchingType, why)
	}
	return r, nil
}

func selectOctets(selector uint8, der []byte) ([]byte, error) {
	key, err := keyOctets(der)
	switch {
	case selector == Cert && err == nil:
		return der, nil
	case selector == SPKI && err == nil:
		return key, nil
	case selector == SPKI && wholeKey(der):
		return der, nil
	case selector > SPKI:
		return nil, fmt.Errorf("selector %d is not one of 0, 1", selector)
	}
	return nil, err
}

// ZoneLine writes the record as a line of a zone file for SMTP at that host,
// which is made a fully qualified name: "_25._tcp.mx.example. IN TLSA 3 1 1 ...".
// The digits stand in one piece, which every name server reads.
func (r Record) ZoneLine(host string) string {
	return fmt.Sprintf("_25._tcp.%s. IN TLSA %s", strings.TrimSuffix(host, "."), r)
}
