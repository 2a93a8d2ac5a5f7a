package live

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/posterndesk/postern/config/wire"
)

// What is told of an account has to fit a value of the store, whatever documents and
// mail servers say: what does not fit would not be told, and the account would never
// be Programmed.

const (
	// mostRefusals is how many refused documents of an account are told.
	mostRefusals = 200
	// fewRefusals and fewWords are how many are told, in how many bytes each, when all
	// else does not fit: 20 KiB beside a list that the operator keeps 64 KiB below
	// wire.MaxDocument.
	fewRefusals = 40
	fewWords    = 100
)

// lesser leave things out of what is told, those that are missed least first.
var lesser = []func(l *wire.Loaded){
	func(l *wire.Loaded) {
		l.Mail = maps.Clone(l.Mail)
		for name, p := range l.Mail {
			l.Mail[name] = wire.Poll{State: p.State}
		}
	},
	func(l *wire.Loaded) { l.Mail = nil },
	func(l *wire.Loaded) {
		l.Refused = maps.Clone(fewer(l.Refused, fewRefusals))
		for ref, r := range l.Refused {
			l.Refused[ref] = wire.Refusal{Hash: r.Hash, Error: cut(r.Error, fewWords)}
		}
	},
}

// fit encodes what is told of an account, with less in it if it has to be.
func fit(l wire.Loaded) ([]byte, error) {
	raw, err := wire.Encode(l)
	for _, leaveOut := range lesser {
		if err == nil {
			break
		}
		leaveOut(&l)
		raw, err = wire.Encode(l)
	}
	return raw, err
}

// fewer are the first refusals.
func fewer(refused map[wire.Ref]wire.Refusal, most int) map[wire.Ref]wire.Refusal {
	if len(refused) <= most {
		return refused
	}
	first := make(map[wire.Ref]wire.Refusal, most)
	for _, ref := range slices.SortedFunc(maps.Keys(refused), wire.Ref.Compare)[:most] {
		first[ref] = refused[ref]
	}
	return first
}

// cut makes words short enough to be told in so many bytes of JSON.
func cut(words string, most int) string {
	const more = "..."
	words = strings.ToValidUTF8(words, "\uFFFD")
	size, end := 0, 0 // end is where to cut, if it has to be
	for i, r := range words {
		if size <= most-len(more) {
			end = i
		}
		if size += escaped(r); size > most {
			return words[:end] + more
		}
	}
	return words
}

// escaped is how many bytes a character has in JSON.
func escaped(r rune) int {
	switch {
	case r == '"' || r == '\\':
		return 2
	case r < ' ' || r == '\u2028' || r == '\u2029':
		return len(`\u0000`)
	}
	return utf8.RuneLen(r)
}
