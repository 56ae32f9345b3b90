package resolver

import (
	"context"
	"time"
)

type sinceKey struct{}

// Fresh returns a context whose lookups are answered by no Cached, only remembered.
// With since, what led to answers is not taken from before either: delegations, the
// addresses of name servers, which of them cannot bear EDNS, and what the Validator
// knows of zones and their keys. An operator who has changed one of them for the
// better is seen to have done so, whatever TTL the old one came with.
//
// What is not believed is asked for anew from the root down, and then shared with all
// lookups of the same since, and of an earlier one: the root, the top-level domains
// and the large providers cost one walk for each since, not one for each lookup.
// Callers that look at many names in a row had better round since down to some
// minutes. Each thing remembered carries the since of the lookup that learnt it,
// which holds for all that it rests on. Lookups without since believe everything.
//
// The servers that were given, which server was how fast or is of no use, and
// signatures once verified stay. Nothing here reaches what a recursive resolver
// elsewhere remembers. The zero since leaves out the answers alone.
func Fresh(ctx context.Context, since time.Time) context.Context {
	ctx = context.WithValue(ctx, mannerKey{}, afresh)
	if since.IsZero() {
		return ctx
	}
	return context.WithValue(ctx, sinceKey{}, since.UnixNano())
}

// sinceOf is from when on what is remembered is believed; 0: whenever it is from.
func sinceOf(ctx context.Context) int64 {
	since, _ := ctx.Value(sinceKey{}).(int64)
	return since
}
