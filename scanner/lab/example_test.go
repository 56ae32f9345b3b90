package lab_test

import (
	"fmt"
	"os"

	"danescan/scanner/lab"
)

func Example() {
	l, err := lab.New(lab.Config{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	// l.Start(ctx) would serve it now: scan with --root-hints, --trust-anchor,
	// --dns-port and --smtp-port from l, or with --resolver l.Front() --trust-ad.
	for _, c := range l.Table()[:3] {
		fmt.Println(c.Domain, c.Verdict, c.MX[0].Name, c.MX[0].Verdict)
	}
	fmt.Fprint(os.Stdout, l.RootHints())
	// Output:
	// ee-spki.optout dane-verified mx.ee-spki.optout verified
	// ee-cert.nsec dane-verified mx.ee-cert.nsec verified
	// ee-sha512.nsec dane-verified mx.ee-sha512.nsec verified
	// .	3600000	IN	NS	a.root-servers.
	// .	3600000	IN	NS	b.root-servers.
	// a.root-servers.	3600000	IN	A	127.20.0.1
	// b.root-servers.	3600000	IN	A	127.20.0.2
}
