package dnssec

import (
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/binary"
	"math/big"

	"filippo.io/nistec"
)

// The 256 bits of a scalar are read as combTeeth words of combColumns bits. A
// column takes one bit of each word; combBlocks columns are added between two
// doublings, which leaves combSteps-1 of them. Of what was measured, this is quick
// for its size: with twice the blocks a multiplication is five in a hundred faster.
const (
	combTeeth   = 8
	combColumns = 256 / combTeeth
	combBlocks  = 4
	combSteps   = combColumns / combBlocks
)

// comb is a table by which multiples of one point of P-256 cost 32 additions and 7
// doublings in place of some 65 and 250 (Lim and Lee, CRYPTO '94). The bits of an
// odd scalar stand for 1 and -1, not for 1 and 0: that halves the table, and no
// column adds nothing. Entry m of a block is the sum of its teeth, those taken away
// whose bit of m is 0; the last one is always added.
//
// Time and memory access depend on the scalars. That is right where all is public.
type comb [combBlocks][1 << (combTeeth - 1)]nistec.P256Point // 48 KiB

// newComb makes the table of a point, in the time of four verifications.
func newComb(q *nistec.P256Point) *comb {
	c, power := new(comb), new(nistec.P256Point).Set(q)
	var teeth, twice [combBlocks][combTeeth]nistec.P256Point
	for bit := range combTeeth * combColumns {
		tooth, block, first := bit/combColumns, bit%combColumns/combSteps, bit%combSteps == 0
		if first {
			teeth[block][tooth].Set(power)
		}
		power.Double(power)
		if first {
			twice[block][tooth].Set(power)
		}
	}
	for b := range c {
		entries, minus := &c[b], new(nistec.P256Point)
		entries[0].Set(&teeth[b][combTeeth-1])
		for t := range combTeeth - 1 {
			entries[0].Add(&entries[0], minus.Negate(&teeth[b][t]))
		}
		for t := range combTeeth - 1 {
			for m := range 1 << t {
				entries[1<<t+m].Add(&entries[m], &twice[b][t])
			}
		}
	}
	return c
}

// multiply returns k times the point. k is in 0 to the order of the group, and is
// changed.
func (c *comb) multiply(k *big.Int) *nistec.P256Point {
	even := k.Bit(0) == 0
	if even { // then the order less k is odd
		k.Sub(elliptic.P256().Params().N, k)
	}
	// Bits b[i] such that k is the sum of (2*b[i]-1) * 2^i: those of (k+2^256-1)/2.
	k.Rsh(k.SetBit(k, 256, 1), 1)
	var octets [32]byte
	k.FillBytes(octets[:])
	var words [combTeeth]uint32
	for t := range words {
		words[t] = binary.BigEndian.Uint32(octets[len(octets)-4*(t+1):])
	}
	sum, minus := nistec.NewP256Point(), new(nistec.P256Point)
	for step := combSteps - 1; step >= 0; step-- {
		if step != combSteps-1 {
			sum.Double(sum)
		}
		for b := range c {
			entry, negative := c.entry(b, column(&words, b*combSteps+step))
			if negative {
				entry = minus.Negate(entry)
			}
			sum.Add(sum, entry)
		}
	}
	if even {
		sum.Negate(sum)
	}
	return sum
}

// column reads a bit of each word.
func column(words *[combTeeth]uint32, i int) uint32 {
	var m uint32
	for t, word := range words {
		m |= word >> i & 1 << t
	}
	return m
}

// entry returns the point that a column of a block stands for, or its negative.
func (c *comb) entry(block int, column uint32) (*nistec.P256Point, bool) {
	const last = 1 << (combTeeth - 1)
	if column&last == 0 {
		return &c[block][^column&(last-1)], true
	}
	return &c[block][column&(last-1)], false
}

// verify reports whether sig is the signature over a digest (FIPS 186-5, Section
// 6.4.2), by the key that the table is of.
func (c *comb) verify(digest [sha256.Size]byte, sig *[p256Size]byte) bool {
	n := elliptic.P256().Params().N
	r, s := new(big.Int).SetBytes(sig[:p256Size/2]), new(big.Int).SetBytes(sig[p256Size/2:])
	if r.Sign() == 0 || s.Sign() == 0 || r.Cmp(n) >= 0 || s.Cmp(n) >= 0 {
		return false
	}
	w := s.ModInverse(s, n)
	u1 := new(big.Int).SetBytes(digest[:])
	u1.Mod(u1.Mul(u1, w), n)
	u2 := w.Mod(w.Mul(w, r), n)
	var scalar [32]byte
	sum, err := new(nistec.P256Point).ScalarBaseMult(u1.FillBytes(scalar[:]))
	if err != nil {
		return false
	}
	x, err := sum.Add(sum, c.multiply(u2)).BytesX()
	if err != nil { // infinity
		return false
	}
	v := u1.SetBytes(x)
	return v.Mod(v, n).Cmp(r) == 0
}
