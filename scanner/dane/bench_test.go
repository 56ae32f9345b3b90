package dane

import "testing"

func benchmarkVerify(b *testing.B, chain Chain, records ...Record) {
	b.ReportAllocs()
	for b.Loop() {
		if r := Verify(records, chain, mx, testTime); !r.Verified {
			b.Fatal(r.Reason)
		}
	}
}

// BenchmarkVerifyEE is one 3 1 1 record and a chain of three.
func BenchmarkVerifyEE(b *testing.B) {
	tree := plant(nil, nil, nil)
	benchmarkVerify(b, tree.chain(), rec(DANEEE, SPKI, SHA256, tree.leaf))
}

// BenchmarkVerifyTA is one 2 1 1 record of the issuer, and ECDSA P-256 throughout.
func BenchmarkVerifyTA(b *testing.B) {
	tree := plant(nil, nil, nil)
	benchmarkVerify(b, tree.chain(), rec(DANETA, SPKI, SHA256, tree.middle))
}

// BenchmarkVerifyTARSA is the same with a key of RSA, and the root as anchor.
func BenchmarkVerifyTARSA(b *testing.B) {
	rsa := keyRing().rsa
	tree := plant(func(f *forge) { f.signer = rsa[1] }, func(f *forge) { f.key, f.signer = rsa[1], rsa[0] }, func(f *forge) { f.key, f.signer = rsa[0], rsa[0] })
	benchmarkVerify(b, tree.chain(), rec(DANETA, SPKI, SHA256, tree.root))
}

// BenchmarkVerifyHostile is a chain made to have more paths than there is time for.
func BenchmarkVerifyHostile(b *testing.B) {
	chain := namesakes(100)
	unsent := rec(DANETA, SPKI, SHA256, plant(nil, nil, func(f *forge) { f.key = keyRing().ec[9] }).root)
	b.ReportAllocs()
	for b.Loop() {
		if r := Verify([]Record{unsent}, chain, mx, testTime); r.Verified {
			b.Fatal("verified")
		}
	}
}

func BenchmarkInspect(b *testing.B) {
	leaf := plant(nil, nil, nil).leaf
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Inspect(leaf); err != nil {
			b.Fatal(err)
		}
	}
}
