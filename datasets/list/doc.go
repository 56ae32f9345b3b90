// Package list reads lists of domain names: plain names, ranked CSV as Tranco,
// Alexa, Umbrella, Majestic and the Chrome UX Report publish it, and the
// delegations of a zone in master file form, compressed or not, from a file,
// standard input or the web.
//
//	r, err := list.Open(ctx, "tranco.csv.zip", list.Config{})
//	for {
//		name, err := r.Next() // io.EOF ends
//	}
//
// A list is read as a stream and never held in memory. Its bytes are hostile: a
// line that holds no usable name is counted under a reason in Reader.Skipped and
// left out; a list that is mostly such lines is refused with an example.
package list
