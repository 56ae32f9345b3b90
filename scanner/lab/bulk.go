package lab

// bulk makes domains up by number.
type bulk struct{}

func (b *bulk) zone(q question) *zone { return nil }
func (b *bulk) truth(i int) Case      { return Case{} }
