package quotes

import (
	"slices"
	"testing"
)

// Short words that are labels in several languages keep their more common
// meaning; words of prose are no labels.
func TestLabels(t *testing.T) {
	for _, tt := range []struct {
		label string
		want  field
	}{
		{"from", fieldFrom}, {"sent", fieldDate}, {"date", fieldDate}, {"to", fieldTo}, {"cc", fieldCc}, {"subject", fieldSubject}, {"reply-to", fieldReplyTo},
		{"da", fieldFrom}, {"a", fieldTo}, {"data", fieldDate}, {"oggetto", fieldSubject},
		{"od", fieldFrom}, {"do", fieldTo}, {"dw", fieldCc}, {"kopya", fieldCc}, {"no", fieldFrom}, {"til", fieldTo}, {"an", fieldTo},
		{"re", fieldNone}, {"time", fieldNone}, {"note", fieldNone},
	} {
		if got := labels[tt.label]; got != tt.want {
			t.Errorf("%q: got %d, want %d", tt.label, got, tt.want)
		}
	}
}

// A word stands for one field, so one that is in the table twice is a mistake in
// one of its places.
func TestLabelsAreUnique(t *testing.T) {
	seen := map[string]field{}
	for _, l := range labelWords {
		for _, w := range l.words {
			if before, ok := seen[labelKey(w)]; ok {
				t.Errorf("%q stands for fields %d and %d", w, before, l.field)
			}
			seen[labelKey(w)] = l.field
		}
	}
}

// Words are looked for in lower case, so others would never be found.
func TestTablesAreLowerCase(t *testing.T) {
	for name, list := range map[string][]string{
		"wroteInside": wroteInside, "sentFrom": sentFrom, "fromMy": fromMy, "sentTo": sentTo, "products": products, "pointers": pointers,
		"scanners": scanners, "trees": trees, "noticeOpenings": noticeOpenings, "confidential": confidential, "recipientWords": recipientWords,
	} {
		for i, w := range list {
			if w == "" || w != lower(w) || slices.Contains(list[:i], w) {
				t.Errorf("%s holds %q", name, w)
			}
		}
	}
	for w := range forwardedPhrases {
		if originalPhrases[w] {
			t.Errorf("%q forwards and answers", w)
		}
	}
}
