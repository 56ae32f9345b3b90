// Package list reads lists of domain names: plain names, and ranked CSV as
// Tranco and Alexa publish it, compressed or not.
//
//	r, err := list.Open("tranco.csv.zip", list.Config{})
//	for {
//		name, err := r.Next() // io.EOF ends
//	}
//
// A list is read as a stream and never held in memory. Its bytes are hostile: a
// line that holds no usable name is counted under a reason in Reader.Skipped and
// left out; a list that is mostly such lines is refused with an example.
package list
