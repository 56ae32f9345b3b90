package smtp

// keyAlgorithms are the algorithms of SubjectPublicKeyInfo by the content of their
// object identifier (RFC 3279, Section 2.3; RFC 4055, Section 1.2; RFC 8410,
// Section 3).
var keyAlgorithms = map[string]string{
	"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01": "rsa",   // rsaEncryption
	"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a": "rsa",   // id-RSASSA-PSS
	"\x2a\x86\x48\xce\x3d\x02\x01":         "ecdsa", // id-ecPublicKey
	"\x2b\x65\x70":                         "eddsa", // id-Ed25519
	"\x2b\x65\x71":                         "eddsa", // id-Ed448
}

// keyAlgorithm returns the algorithm of the leaf's key: "rsa", "ecdsa", "eddsa",
// or "other", which is also said of a leaf that cannot be read. Empty for no chain.
func keyAlgorithm(chain [][]byte) string {
	if len(chain) == 0 {
		return ""
	}
	if name, ok := keyAlgorithms[string(keyOID(chain[0]))]; ok {
		return name
	}
	return "other"
}

// keyOID returns the object identifier of a certificate's key algorithm.
func keyOID(b []byte) []byte {
	outer := elements(b)
	cert, _ := outer.take(tagSequence)
	tbs, _ := cert.take(tagSequence)
	if tbs.has(tagContext) {
		tbs.next()
	}
	for range 5 { // serial, signature, issuer, validity, subject
		tbs.next()
	}
	key, _ := tbs.take(tagSequence)
	id, _ := key.take(tagSequence)
	oid, _ := id.take(tagOID)
	return oid
}
