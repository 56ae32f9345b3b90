//go:build interop

package smtp

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// TestInteropCertificateShape changes certificates at random and compares what
// isCertificate says with what OpenSSL's parser says.
func TestInteropCertificateShape(t *testing.T) {
	need(t, "openssl")
	count, seed := 150, uint64(7672)
	if text := os.Getenv("DANESCAN_SHAPES"); text != "" {
		count, _ = strconv.Atoi(text)
		seed = rand.Uint64()
	}
	random := rand.New(rand.NewPCG(seed, 0))
	good := certificate(t, ecdsaKey(), nil).Certificate[0]
	var accepted, refused, wrong int
	for range count {
		der := bytes.Clone(good)
		// Not the outermost header: openssl x509 reads on from a file, TLS does not.
		at := 4 + random.IntN(len(der)-4)
		switch random.IntN(3) {
		case 0:
			der[at] ^= 1 << random.IntN(8)
		case 1:
			der[at] = byte(random.IntN(256))
		case 2:
			der[at]++
		}
		cmd := exec.Command("openssl", "x509", "-inform", "DER", "-noout")
		cmd.Env = append(os.Environ(), "OPENSSL_CONF=/dev/null")
		cmd.Stdin = bytes.NewReader(der)
		ok := cmd.Run() == nil
		if ok {
			accepted++
		} else {
			refused++
		}
		if got := isCertificate(der); got != ok {
			wrong++
			t.Errorf("byte %d is now %02x (was %02x): we say %v, OpenSSL %v\n%x", at, der[at], good[at], got, ok, der)
		}
	}
	t.Logf("seed %d: %d accepted, %d refused, %d differ", seed, accepted, refused, wrong)
	if accepted < count/10 || refused < count/10 {
		t.Errorf("%d accepted, %d refused: one side is not tested", accepted, refused)
	}
}
