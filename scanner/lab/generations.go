package lab

// generations is a bounded map that forgets what was not asked for lately: it
// fills one generation, then starts another and drops the one before. The caller
// locks it.
type generations[K comparable, V any] struct {
	limit    int // of entries, both generations together
	young    map[K]V
	old      map[K]V
	hit, new uint64
}

func (g *generations[K, V]) get(key K) (V, bool) {
	v, ok := g.young[key]
	if ok {
		g.hit++
		return v, true
	}
	if v, ok = g.old[key]; ok {
		g.hit++
		g.keep(key, v)
	}
	return v, ok
}

func (g *generations[K, V]) put(key K, v V) {
	g.new++
	g.keep(key, v)
}

func (g *generations[K, V]) keep(key K, v V) {
	if g.young == nil || len(g.young) >= max(g.limit/2, 1) {
		g.old, g.young = g.young, make(map[K]V)
	}
	g.young[key] = v
}
