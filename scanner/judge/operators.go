package judge

import (
	"strings"
	"sync"
)

// maxOperators bounds the names whose operator is remembered: more than the hosts
// and name servers that most domains share.
const maxOperators = 8192

// Operators remembers the registrable domains of names: those of the hosts and name
// servers of large operators are wanted again and again, and finding one takes as long
// as judging a small domain. It is safe for concurrent use; nil remembers nothing.
type Operators struct {
	mu    sync.Mutex
	known map[string]string
}

// NewOperators returns an empty one.
func NewOperators() *Operators { return &Operators{known: map[string]string{}} }

// of returns the registrable domain of a name, as registrable does.
func (o *Operators) of(name string) string {
	if o == nil {
		return registrable(name)
	}
	o.mu.Lock()
	domain, ok := o.known[name]
	o.mu.Unlock()
	if ok {
		return domain
	}
	name = strings.Clone(name) // the caller's may lie in memory that is used again
	domain = registrable(name)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.known) >= maxOperators {
		clear(o.known)
	}
	o.known[name] = domain
	return domain
}
