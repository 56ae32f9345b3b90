package dnssec

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"math/rand/v2"
	"sync"
	"testing"
	"unsafe"

	"filippo.io/nistec"
	"github.com/miekg/dns"
)

// signer is a key of a test with a table of its own.
type signer struct {
	private *ecdsa.PrivateKey
	key     *p256Key
	table   *comb
}

// newSigner makes the key that is a number times the generator.
func newSigner(t testing.TB, store *p256Store, secret *big.Int) signer {
	t.Helper()
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret.FillBytes(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	octets, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	key, err := store.read(octets[1:])
	if err != nil {
		t.Fatal(err)
	}
	return signer{private, key.(*p256Key), tableOf(t, key)}
}

func tableOf(t testing.TB, key PublicKey) *comb {
	t.Helper()
	point, err := key.(*p256Key).octets.point()
	if err != nil {
		t.Fatal(err)
	}
	return newComb(point)
}

// sign signs, by a library that is not that which verifies with tables, and with no
// other randomness than the digest (RFC 6979).
func (s signer) sign(t testing.TB, digest [32]byte) [p256Size]byte {
	t.Helper()
	der, err := s.private.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var parts struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &parts); err != nil {
		t.Fatal(err)
	}
	return joined(parts.R, parts.S)
}

func joined(r, s *big.Int) (sig [p256Size]byte) {
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return sig
}

// oracle asks the standard library in the way that needs none of our code.
func oracle(key *ecdsa.PublicKey, digest [32]byte, sig [p256Size]byte) bool {
	return ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
}

func fromHex(t testing.TB, text string) []byte {
	t.Helper()
	octets, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// TestP256Cases checks tables, and what they are checked against, with literals.
func TestP256Cases(t *testing.T) {
	for _, c := range p256Cases {
		read, err := newP256Store().read(fromHex(t, c.key))
		if err != nil {
			t.Fatal(err)
		}
		key, digest := read.(*p256Key), [32]byte(fromHex(t, c.digest))
		sig := [p256Size]byte(fromHex(t, c.r+c.s))
		if got := tableOf(t, read).verify(digest, &sig); got != c.valid {
			t.Errorf("%s: %t by the table", c.what, got)
		}
		if got := ecdsaValid(key.std, digest[:], sig[:]); got != c.valid {
			t.Errorf("%s: %t by the standard library", c.what, got)
		}
	}
}

// TestP256Differential compares tables with the standard library: valid signatures,
// and what is made of them by small changes.
func TestP256Differential(t *testing.T) {
	const seed, keys, each = 20260, 25, 60
	random, n := rand.New(rand.NewPCG(seed, 1)), elliptic.P256().Params().N
	var count [2]int
	for range keys {
		s := newSigner(t, newP256Store(), scalar(random))
		other := newSigner(t, newP256Store(), scalar(random))
		for range each {
			digest := [32]byte(octets(random))
			sig := s.sign(t, digest)
			changeP256(random, n, &digest, &sig)
			for _, k := range []signer{s, other} {
				want := oracle(&k.private.PublicKey, digest, sig)
				if got := k.table.verify(digest, &sig); got != want {
					t.Fatalf("seed %d: key %x digest %x signature %x: %t, want %t", seed, k.key.octets, digest, sig, got, want)
				}
				if got := ecdsaValid(k.key.std, digest[:], sig[:]); got != want {
					t.Fatalf("seed %d: key %x digest %x signature %x: %t in ASN.1, want %t", seed, k.key.octets, digest, sig, got, want)
				}
				if want {
					count[1]++
				} else {
					count[0]++
				}
			}
		}
	}
	t.Logf("seed %d: %d valid, %d not", seed, count[1], count[0])
	if count[1] < 300 || count[0] < 1500 {
		t.Errorf("%d valid, %d not: the test shows too little", count[1], count[0])
	}
}

// changeP256 changes a signature or what it is over, or neither. The negative of s
// is valid, too.
func changeP256(random *rand.Rand, n *big.Int, digest *[32]byte, sig *[p256Size]byte) {
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	switch random.IntN(7) {
	case 0, 1: // as it is
	case 2:
		*sig = joined(r, s.Sub(n, s))
	case 3:
		*sig = joined(s, r)
	case 4:
		*sig = joined(r.Sub(n, r), s)
	case 5:
		digest[random.IntN(32)] ^= 1 << random.IntN(8)
	case 6:
		sig[random.IntN(p256Size)] ^= 1 << random.IntN(8)
	}
}

func octets(random *rand.Rand) []byte {
	var b []byte
	for range 4 {
		b = binary.BigEndian.AppendUint64(b, random.Uint64())
	}
	return b
}

// scalar returns a number that is no multiple of the order.
func scalar(random *rand.Rand) *big.Int {
	k := new(big.Int).SetBytes(octets(random))
	return k.Mod(k, new(big.Int).Sub(elliptic.P256().Params().N, big.NewInt(1))).Add(k, big.NewInt(1))
}

// TestP256Multiply compares products by tables with those by another algorithm, at
// all places where a bit is alone, and at random.
func TestP256Multiply(t *testing.T) {
	const seed = 20261
	random, n := rand.New(rand.NewPCG(seed, 1)), elliptic.P256().Params().N
	one, scalars := big.NewInt(1), []*big.Int{new(big.Int), n}
	for i := range 256 {
		bit := new(big.Int).Lsh(one, uint(i))
		for _, k := range []*big.Int{bit, new(big.Int).Sub(bit, one), new(big.Int).Sub(n, bit), scalar(random)} {
			if k.Sign() >= 0 && k.Cmp(n) <= 0 {
				scalars = append(scalars, k)
			}
		}
	}
	t.Logf("seed %d: %d scalars", seed, len(scalars))
	for _, secret := range []*big.Int{one, new(big.Int).Sub(n, one), scalar(random)} {
		s := newSigner(t, newP256Store(), secret)
		point, err := s.key.octets.point()
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range scalars {
			want, err := nistec.NewP256Point().ScalarMult(point, k.FillBytes(make([]byte, 32)))
			if err != nil {
				t.Fatal(err)
			}
			if got := s.table.multiply(new(big.Int).Set(k)); !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Fatalf("%x times %x: %x, want %x", k, s.key.octets, got.Bytes(), want.Bytes())
			}
		}
	}
}

// TestP256Addition shows that the library adds where formulas for the sum of two
// points often do not: equal points, opposite ones, and infinity.
func TestP256Addition(t *testing.T) {
	const twice = "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978" +
		"07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1"
	g, infinity := nistec.NewP256Point().SetGenerator(), nistec.NewP256Point()
	minus := new(nistec.P256Point).Negate(g)
	scaled := new(nistec.P256Point).Add(new(nistec.P256Point).Double(g), minus) // G with other coordinates
	for _, c := range []struct {
		what string
		a, b *nistec.P256Point
		want string
	}{
		{"G+G", g, g, "04" + twice},
		{"G+G of unlike coordinates", g, scaled, "04" + twice},
		{"G-G", g, minus, "00"},
		{"-G+G of unlike coordinates", minus, scaled, "00"},
		{"G+0", g, infinity, "04" + p256G},
		{"0+G", infinity, g, "04" + p256G},
		{"0+0", infinity, infinity, "00"},
		{"0-G", infinity, minus, "04" + p256MinusG},
		{"0 that is a sum, +G", new(nistec.P256Point).Add(g, minus), g, "04" + p256G},
	} {
		if got := hex.EncodeToString(new(nistec.P256Point).Add(c.a, c.b).Bytes()); got != c.want {
			t.Errorf("%s = %s", c.what, got)
		}
	}
}

// TestAppendInteger checks octets of ASN.1.
func TestAppendInteger(t *testing.T) {
	for number, want := range map[string]string{
		"00": "020100", "0000": "020100", "01": "020101", "7f": "02017f", "80": "02020080", "0080": "02020080",
		"0100": "02020100", "ff00": "020300ff00", "00007f00": "02027f00",
	} {
		if got := hex.EncodeToString(appendInteger(nil, fromHex(t, number))); got != want {
			t.Errorf("%s: %s, want %s", number, got, want)
		}
	}
}

// TestP256Worth follows one key, which two zones have, up to its table and on.
func TestP256Worth(t *testing.T) {
	store := newP256Store()
	s := newSigner(t, store, big.NewInt(7))
	sig := s.sign(t, sha256.Sum256([]byte("data")))
	again, err := store.read(s.key.octets[:])
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		key    PublicKey
		times  int
		data   string
		valid  bool
		tabled int64 // by the table, from the beginning
		held   int
	}{
		{s.key, p256Worth / 2, "data", true, 0, 0},
		{again, p256Worth/2 - 1, "date", false, 0, 0},
		{again, 1, "data", true, 1, 1},
		{s.key, 1, "data", true, 2, 1},
		{again, 5, "date", false, 2, 1},
		{again, 2, "data", true, 4, 1},
	} {
		for range c.times {
			if c.key.Verify([]byte(c.data), sig[:]) != c.valid {
				t.Errorf("%d: not %t", i, c.valid)
			}
		}
		if store.tabled.Load() != c.tabled || len(store.held) != c.held {
			t.Errorf("%d: %d signatures by %d tables", i, store.tabled.Load(), len(store.held))
		}
	}
	for _, cut := range [][]byte{nil, sig[:63], append(sig[:], 0)} {
		if s.key.Verify([]byte("data"), cut) {
			t.Errorf("%d octets", len(cut))
		}
	}
}

// TestP256StoreOfValidator shows that a validator has one store, which its Stats
// are of, and no other validator the same.
func TestP256StoreOfValidator(t *testing.T) {
	for i := range 2 {
		v, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		s := newSigner(t, newP256Store(), big.NewInt(7))
		sig := s.sign(t, sha256.Sum256([]byte("data")))
		for range p256Worth + 4 {
			key, err := v.algorithms[dns.ECDSAP256SHA256](s.key.octets[:])
			if err != nil || !key.Verify([]byte("data"), sig[:]) {
				t.Fatal(err)
			}
		}
		if got := v.Stats().Tabled; got != 5 {
			t.Errorf("validator %d: %d by a table, want 5", i, got)
		}
	}
}

// TestP256Damage spoils tables: signatures go on to be found valid, and the others
// not.
func TestP256Damage(t *testing.T) {
	generator := nistec.NewP256Point().SetGenerator()
	for what, spoil := range map[string]func(*comb){
		"infinity": func(c *comb) { *c = comb{} },
		"one entry": func(c *comb) {
			for b := range c {
				for m := range c[b] {
					c[b][m].Set(&c[b][0])
				}
			}
		},
		"other points": func(c *comb) {
			for m := range c[1] {
				c[1][m].Set(generator)
			}
		},
	} {
		store := newP256Store()
		s := newSigner(t, store, big.NewInt(11))
		sig := s.sign(t, sha256.Sum256([]byte("data")))
		for range p256Worth + 1 {
			s.key.Verify([]byte("data"), sig[:])
		}
		if store.tabled.Load() != 2 {
			t.Fatalf("%d of the table", store.tabled.Load())
		}
		spoil(store.held[0].table.Load())
		for range 10 {
			if !s.key.Verify([]byte("data"), sig[:]) || s.key.Verify([]byte("date"), sig[:]) {
				t.Errorf("%s: wrong", what)
			}
		}
		if n := store.tabled.Load(); n != 2 {
			t.Errorf("%s: %d of the table", what, n)
		}
	}
}

// TestP256Bounds gives more keys a table than can have one, and counts more keys
// than are counted. One that is used all the time keeps its table.
func TestP256Bounds(t *testing.T) {
	store := newP256Store()
	used := newSigner(t, store, big.NewInt(1e6)).key
	uses := func(key *p256Octets, n int) (table *comb) {
		for range n {
			table = store.table(key)
		}
		return table
	}
	first := uses(&used.octets, p256Worth)
	var keys []*p256Use
	point, one := nistec.NewP256Point().SetGenerator(), nistec.NewP256Point().SetGenerator()
	for i := range 2*p256Tables + 10 {
		key := p256Octets(point.Add(point, one).Bytes()[1:])
		if uses(&key, p256Worth-1) != nil || uses(&key, 1) == nil || uses(&key, 1) == nil {
			t.Fatalf("key %d: a table too soon, or none", i)
		}
		use, _ := store.counts.get(key)
		keys = append(keys, use)
		if uses(&used.octets, 1) != first {
			t.Fatalf("no table for what is in use, after %d others", i)
		}
	}
	tables := 1
	for i, use := range keys {
		if use.table.Load() != nil {
			tables++
		} else if n := use.count.Load(); n != 0 {
			t.Errorf("key %d has lost its table and counts from %d", i, n)
		}
	}
	if tables != p256Tables || len(store.held) != p256Tables {
		t.Errorf("%d tables, %d held", tables, len(store.held))
	}
	var key p256Octets
	for i := range uint64(3 * p256Counts) {
		binary.BigEndian.PutUint64(key[:], i)
		store.table(&key)
	}
	if n := size(store.counts); n > p256Counts || n < p256Counts/4 {
		t.Errorf("%d keys are counted", n)
	}
	if most := p256Tables*unsafe.Sizeof(comb{}) + p256Counts*200; most > 8e6 {
		t.Errorf("%d octets at the worst", most)
	}
}

// TestP256Together has many verify at the same time, with more keys than tables.
func TestP256Together(t *testing.T) {
	store := newP256Store()
	for range p256Tables - 1 {
		store.hold(new(p256Use), new(comb))
	}
	shared := []signer{newSigner(t, store, big.NewInt(3)), newSigner(t, store, big.NewInt(4)), newSigner(t, store, big.NewInt(5))}
	data := []byte("data")
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			for j := range 3 * p256Worth {
				s := shared[(i+j)%len(shared)]
				sig := s.sign(t, sha256.Sum256(data))
				if !s.key.Verify(data, sig[:]) {
					t.Error("valid, and is not found so")
				}
				sig[j%p256Size] ^= 1
				if s.key.Verify(data, sig[:]) {
					t.Error("not valid, and is found so")
				}
			}
		})
	}
	group.Wait()
	before := store.tabled.Load()
	for _, s := range shared {
		sig := s.sign(t, sha256.Sum256(data))
		if !s.key.Verify(data, sig[:]) {
			t.Error("not valid at the end")
		}
	}
	if n := store.tabled.Load() - before; n != int64(len(shared)) || len(store.held) != p256Tables {
		t.Errorf("%d of tables at the end, of which there are %d", n, len(store.held))
	}
}

// FuzzP256 compares tables with the standard library. Of what is mutated most is not
// valid.
func FuzzP256(f *testing.F) {
	for _, c := range p256Cases {
		f.Add(fromHex(f, c.key), fromHex(f, c.digest), fromHex(f, c.r+c.s))
	}
	store := newP256Store()
	f.Fuzz(func(t *testing.T, key, digest, sig []byte) {
		read, err := store.read(key)
		if err != nil || len(digest) != 32 || len(sig) != p256Size {
			return
		}
		d, s := [32]byte(digest), [p256Size]byte(sig)
		if got, want := tableOf(t, read).verify(d, &s), oracle(read.(*p256Key).std, d, s); got != want {
			t.Errorf("%t, want %t", got, want)
		}
	})
}
