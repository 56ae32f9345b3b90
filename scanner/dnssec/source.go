package dnssec

import (
	"context"
	"errors"
)

// Question is what was asked: an owner name in canonical form (lower case,
// final dot) and a type. The class is always IN.
type Question struct {
	Name string
	Type uint16
}

// Query is a question that the validator puts to its Source.
type Query struct {
	Question
	// Again counts how often the reply to this question did not validate in this
	// lookup: a Source with a choice of servers asks another one.
	Again int
}

// ErrBudget is wrapped by the error of a Source that did not ask because the lookup
// that it serves has spent its own budget of queries. What failed for it is not
// remembered: another lookup may fare better.
var ErrBudget = errors.New("budget of the lookup is spent")

// Source gets the messages that a chain of trust needs: DS sets and their
// denials from the parent side, DNSKEY sets from the zone itself. It validates
// nothing. A reply that came is a message, whatever its rcode; an error means
// that no usable reply came, and wraps what went wrong.
type Source interface {
	Fetch(ctx context.Context, q Query) (*Message, error)
}
