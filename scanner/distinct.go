package scanner

import (
	"net/netip"
	"sync"
)

// nameSet holds names that were met before. It grows with the number of distinct
// MX hosts, not with the list.
type nameSet struct {
	mu    sync.Mutex
	names map[string]struct{}
}

func newNameSet() *nameSet { return &nameSet{names: map[string]struct{}{}} }

// add reports whether the name is new.
func (s *nameSet) add(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.names[name]; known {
		return false
	}
	s.names[name] = struct{}{}
	return true
}

// endpointSet holds the (base domain, address) pairs that were met before in an
// attempt.
type endpointSet struct {
	mu  sync.Mutex
	set map[endpointKey]struct{}
}

type endpointKey struct {
	base    string
	address netip.Addr
	attempt int32
}

func newEndpointSet() *endpointSet { return &endpointSet{set: map[endpointKey]struct{}{}} }

// add reports whether the pair is new.
func (s *endpointSet) add(base string, address netip.Addr, attempt int32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := endpointKey{base, address, attempt}
	if _, known := s.set[key]; known {
		return false
	}
	s.set[key] = struct{}{}
	return true
}
