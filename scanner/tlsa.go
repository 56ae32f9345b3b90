package scanner

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"danescan/scanner/dane"
	"danescan/scanner/smtp"
)

// maxPEM is how many blocks of a PEM file are read.
const maxPEM = 100

// ReadCertificates returns the DER of the certificates in a PEM file, in order.
func ReadCertificates(path string) (dane.Chain, error) {
	blocks, err := readPEM(path)
	if err != nil {
		return nil, err
	}
	var chain dane.Chain
	for _, b := range blocks {
		if b.Type == "CERTIFICATE" {
			chain = append(chain, b.Bytes)
		}
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("%s: no certificate in it", path)
	}
	return chain, nil
}

// ReadKey returns what a TLSA record can be made of: the first certificate of a
// PEM file, else the SubjectPublicKeyInfo of the first key, public or private.
func ReadKey(path string) (der []byte, err error) {
	blocks, err := readPEM(path)
	if err != nil {
		return nil, err
	}
	for _, b := range blocks {
		if b.Type == "CERTIFICATE" {
			return b.Bytes, nil
		}
	}
	for _, b := range blocks {
		if der, err = publicKey(b); der != nil || err != nil {
			return der, wrap(path, err)
		}
	}
	return nil, fmt.Errorf("%s: neither a certificate nor a key in it", path)
}

func wrap(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}

func readPEM(path string) ([]*pem.Block, error) {
	text, err := file("reading PEM", path)
	if err != nil {
		return nil, err
	}
	var blocks []*pem.Block
	for rest := []byte(text); len(blocks) < maxPEM; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// publicKey is the SubjectPublicKeyInfo of a key; nil where the block holds none.
func publicKey(b *pem.Block) ([]byte, error) {
	var private any
	var err error
	switch b.Type {
	case "PUBLIC KEY":
		return b.Bytes, nil
	case "PRIVATE KEY":
		private, err = x509.ParsePKCS8PrivateKey(b.Bytes)
	case "RSA PRIVATE KEY":
		private, err = x509.ParsePKCS1PrivateKey(b.Bytes)
	case "EC PRIVATE KEY":
		private, err = x509.ParseECPrivateKey(b.Bytes)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, errors.New("a key of a kind that cannot sign")
	}
	return x509.MarshalPKIXPublicKey(signer.Public())
}

// ShownBy holds one session with a running server and returns the certificates
// that it shows after STARTTLS.
func ShownBy(ctx context.Context, server netip.AddrPort, sni string, cfg smtp.Config) (dane.Chain, error) {
	s := smtp.Probe(ctx, smtp.Target{Address: server, SNI: sni}, cfg)
	if len(s.Chain) == 0 {
		return nil, fmt.Errorf("%v: no certificate: the session ended at %s (%s) %s", server, s.Stage, s.Failure, s.Error)
	}
	return s.Chain, nil
}

// ParseRecord reads the RDATA of a TLSA record as a zone file has it: "3 1 1 0123…",
// the digits in one piece or several.
func ParseRecord(text string) (dane.Record, error) {
	fields := strings.Fields(text)
	if len(fields) < 4 {
		return dane.Record{}, fmt.Errorf("record %q: want usage, selector, matching type and digits, such as \"3 1 1 0123...\"", text)
	}
	var numbers [3]uint8
	for i := range numbers {
		n, err := strconv.ParseUint(fields[i], 10, 8)
		if err != nil {
			return dane.Record{}, fmt.Errorf("record %q: %q is no number from 0 to 255", text, fields[i])
		}
		numbers[i] = uint8(n)
	}
	data, err := hex.DecodeString(strings.Join(fields[3:], ""))
	if err != nil {
		return dane.Record{}, fmt.Errorf("record %q: the data are not hexadecimal digits", text)
	}
	return dane.Record{Usage: numbers[0], Selector: numbers[1], MatchingType: numbers[2], Data: data}, nil
}
