package run

import "reflect"

// NestedEncoder turns a domain into one JSON object that has the row of each host
// under its element of mx, as the member hosts, and the rows of the host's
// endpoints under that, as the member endpoints. All else is as in Encoder.
type NestedEncoder struct {
	domain, host, endpoint *node
}

// NewNestedEncoder makes a NestedEncoder.
func NewNestedEncoder() *NestedEncoder {
	return &NestedEncoder{
		domain:   shapeOf(reflect.TypeFor[Domain]()),
		host:     shapeOf(reflect.TypeFor[Host]()),
		endpoint: shapeOf(reflect.TypeFor[Endpoint]()),
	}
}

// Append appends a domain as an object, without a newline. The function gives a
// host by its name with its sessions; nil is null.
func (e *NestedEncoder) Append(b []byte, d *Domain, host func(name string) (*Host, []Endpoint)) []byte {
	below := func(b []byte, mx *MX) []byte {
		h, ends := host(mx.Host)
		b = append(b, `,"hosts":`...)
		if h == nil {
			return append(b, "null"...)
		}
		return e.appendHost(b, h, ends)
	}
	b = append(b, '{')
	first := true
	row := reflect.ValueOf(d).Elem()
	for _, half := range e.domain.below {
		part := row.Field(half.field)
		for _, n := range half.below {
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(appendString(b, n.name), ':')
			if n.name == "mx" {
				b = n.appendMX(b, d.MX, below)
				continue
			}
			b = n.appendValue(b, part.Field(n.field))
		}
	}
	return append(b, '}')
}

// appendMX appends the list mx, each element with what is below it.
func (n *node) appendMX(b []byte, list []MX, below func([]byte, *MX) []byte) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		b = n.below[0].appendMembers(b, reflect.ValueOf(&list[i]).Elem(), true)
		b = append(below(b, &list[i]), '}')
	}
	return append(b, ']')
}

func (e *NestedEncoder) appendHost(b []byte, h *Host, ends []Endpoint) []byte {
	b = append(b, '{')
	b = e.host.appendMembers(b, reflect.ValueOf(h).Elem(), true)
	b = append(b, `,"endpoints":[`...)
	for i := range ends {
		if i > 0 {
			b = append(b, ',')
		}
		b = e.endpoint.appendObject(b, reflect.ValueOf(&ends[i]).Elem())
	}
	return append(b, "]}"...)
}
