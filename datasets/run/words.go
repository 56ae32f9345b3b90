package run

import "strings"

// maxWords bounds the words of a pile.
const maxWords = 4096

// words are strings that come often in a pile: each is kept once.
type words struct {
	index  map[string]uint64
	texts  []string
	habits []habit // by column
}

// habit is what the strings of a column were like so far.
type habit struct {
	recent       [2]uint64 // the words that came last, and one
	asked, known int       // how often the index was asked, and had the word
}

// A column of which less than a fourth of the strings are words is not looked up any
// more, once that many were.
const habitForms = 1 << 10

// word gives the number of a word of a column, and learns it if there is room.
func (w *words) word(column int, text string) (number uint64, known bool) {
	for len(w.habits) <= column {
		w.habits = append(w.habits, habit{})
	}
	h := &w.habits[column]
	if n := h.recent[0]; n > 0 && w.texts[n-1] == text {
		return n - 1, true
	}
	if n := h.recent[1]; n > 0 && w.texts[n-1] == text {
		h.recent[0], h.recent[1] = n, h.recent[0]
		return n - 1, true
	}
	if h.asked > habitForms && 4*h.known < h.asked {
		return 0, false
	}
	h.asked++
	if number, known = w.index[text]; known {
		h.known++
	} else if number, known = w.learn(text); !known {
		return 0, false
	}
	h.recent[0], h.recent[1] = number+1, h.recent[0]
	return number, true
}

// learn makes a string a word, if there is room.
func (w *words) learn(text string) (number uint64, known bool) {
	if len(w.texts) == maxWords {
		return 0, false
	}
	if w.index == nil {
		w.index = map[string]uint64{}
	}
	text = strings.Clone(text) // it may be a part of something large
	number = uint64(len(w.texts))
	w.index[text], w.texts = number, append(w.texts, text)
	return number, true
}
