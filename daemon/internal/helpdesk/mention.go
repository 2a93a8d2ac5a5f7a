package helpdesk

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxMentions bounds whom one note can call.
const MaxMentions = 20

// maxCalls is how many signs of a text are looked at: each is held against all agents.
const maxCalls = 1000

// Mentions finds the agents whom a text calls: "@" with the address of one, with a
// name, or with the first word of a name that nobody else's begins with. Lines that
// are quoted, and agents who are disabled, do not count. At most [MaxMentions].
func Mentions(text string, agents []Agent) []ID {
	var found []ID
	calls := 0
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), ">") {
			continue
		}
		before := ' '
		for i, r := range line {
			if r == '@' && !isNameRune(before) {
				if calls++; calls > maxCalls {
					return found
				}
				id := named(line[i+1:], agents)
				if id != "" && !slices.Contains(found, id) && len(found) < MaxMentions {
					found = append(found, id)
				}
			}
			before = r
		}
	}
	return found
}

func isNameRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("._-+@", r)
}

// named is the agent whom the text begins with, by the longest name; "" for nobody,
// and where it could be two.
func named(text string, agents []Agent) ID {
	var best ID
	longest, tie := 0, false
	for i := range agents {
		a := &agents[i]
		if a.Disabled {
			continue
		}
		first, _, _ := strings.Cut(a.Name, " ")
		for _, name := range []string{a.Address.String(), a.Name, first} {
			switch n := begins(text, name); {
			case n == 0 || n < longest:
			case n > longest:
				best, longest, tie = a.ID, n, false
			case best != a.ID:
				tie = true
			}
		}
	}
	if tie {
		return ""
	}
	return best
}

// begins is how many bytes of the text the name takes, in any case and with a word's
// end behind it; 0 if the text does not begin with it.
func begins(text, name string) int {
	if name == "" {
		return 0
	}
	rest := text
	for _, want := range name {
		got, size := utf8.DecodeRuneInString(rest)
		if size == 0 || !strings.EqualFold(string(got), string(want)) {
			return 0
		}
		rest = rest[size:]
	}
	after, size := utf8.DecodeRuneInString(rest)
	if size > 0 && isNameRune(after) {
		// A full stop ends a sentence, not a name.
		next, more := utf8.DecodeRuneInString(rest[size:])
		if !strings.ContainsRune(".-", after) || more > 0 && isNameRune(next) {
			return 0
		}
	}
	return len(text) - len(rest)
}

// Call notes that agents were named in a note and have not looked.
func (t *Ticket) Call(agents []ID) {
	for _, id := range agents {
		if !slices.Contains(t.Mentioned, id) && len(t.Mentioned) < MaxSeats {
			t.Mentioned = append(t.Mentioned, id)
		}
	}
}

// Looked takes an agent off those who have not looked, and reports whether they were
// one of them.
func (t *Ticket) Looked(agent ID) bool {
	i := slices.Index(t.Mentioned, agent)
	if i < 0 {
		return false
	}
	t.Mentioned = slices.Delete(t.Mentioned, i, i+1)
	return true
}
