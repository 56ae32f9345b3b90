package scanner

import (
	"encoding/binary"
	"net/netip"
	"sync"
)

// nameSet holds names that were met before. It grows with the number of distinct
// MX hosts, not with the list: some 30 octets for each, and nothing that the
// garbage collector would follow.
type nameSet struct {
	mu    sync.Mutex
	names map[nameKey]struct{}
}

func newNameSet() *nameSet { return &nameSet{names: map[nameKey]struct{}{}} }

// add reports whether the name is new.
func (s *nameSet) add(name string) bool {
	key := keyOf(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	known := len(s.names)
	s.names[key] = struct{}{}
	return len(s.names) > known
}

// has reports whether a name was added.
func (s *nameSet) has(name string) bool {
	key := keyOf(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.names[key]
	return known
}

// endpointSet holds the (base domain, address) pairs that were met before in an
// attempt.
type endpointSet struct{ set nameSet }

func newEndpointSet() *endpointSet { return &endpointSet{nameSet{names: map[nameKey]struct{}{}}} }

// add reports whether the pair is new.
func (s *endpointSet) add(base string, address netip.Addr, attempt int32) bool {
	return s.set.add(endpointText(base, address, attempt))
}

// endpointText writes a pair and its attempt so that no two are alike. From its end
// it can be read in one way only: 4 octets, 1 octet, as many as that says.
func endpointText(base string, address netip.Addr, attempt int32) string {
	b := make([]byte, 0, len(base)+32)
	b = append(b, base...)
	b, _ = address.AppendBinary(b) // it never fails
	b = append(b, byte(len(b)-len(base)))
	return string(binary.BigEndian.AppendUint32(b, uint32(attempt)))
}
