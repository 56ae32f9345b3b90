package exchange

import "danescan/scanner/dnssec"

// pack makes a packed question of its own.
func pack(q dnssec.Question, opt Options) (*query, error) {
	x := new(query)
	if err := x.pack(q, opt); err != nil {
		return nil, err
	}
	return x, nil
}
