package notice

import (
	"iter"
	"slices"
	"strings"
)

// cause is a row of the table of wordings.
type cause struct {
	class   Class
	sure    bool // hard unless the sender was refused
	weak    bool // a refusal without a reason: an exact status code says more
	phrases []string
	pairs   []pair
}

// pair are words of which one of each side stands close to each other, in any
// order: "the mailbox of this user is full".
type pair struct{ one, other []string }

// words finds what a diagnostic says, nil when it says nothing known. The first
// row of [causes] with a phrase in text, or a pair in said, decides: pairs are
// looser, so they read only the part of text that the other server said.
func words(text, said string) *cause {
	text, said = plainWords(text, ""), " "+plainWords(said, "@") // pairs know the beginnings of words by the blank
	if text == "" && said == " " {
		return nil
	}
	for i := range causes {
		if hasAny(text, causes[i].phrases) || slices.ContainsFunc(causes[i].pairs, func(p pair) bool { return p.in(said) }) {
			return &causes[i]
		}
	}
	return nil
}

// plainWords makes a diagnostic comparable: lower case, one blank between words,
// without the codes at the beginning of continued lines and without links and
// addresses, which may hold any word; mark stands for an address.
func plainWords(text, mark string) string {
	text = strings.ToLower(strings.NewReplacer("\u2019", "'", "\u00a0", " ", "`", "'", "\u2018", "'").Replace(text))
	var out strings.Builder
	for word := range strings.FieldsSeq(text) {
		bare := strings.Trim(word, `<>()[]"'.,;:`)
		switch {
		case strings.Contains(bare, "://"), strings.HasPrefix(bare, "www."), isCode(bare):
			continue
		case strings.Contains(bare, "@") && !strings.HasPrefix(bare, "@"):
			if word = mark; word == "" {
				continue
			}
		case len(word) > 4 && isCode(word[:3]) && word[3] == '-':
			word = word[4:]
			if isCode(word) || status.MatchString(word) {
				continue
			}
		case status.MatchString(bare) && len(bare) < 10:
			continue
		}
		if out.Len() > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(word)
	}
	return out.String()
}

// isCode reports a reply code, with the hyphen of a continued line.
func isCode(word string) bool {
	word = strings.TrimSuffix(word, "-")
	return len(word) == 3 && word[0] >= '2' && word[0] <= '5' && word[1] >= '0' && word[1] <= '9' && word[2] >= '0' && word[2] <= '9'
}

// pairReach is how far apart the words of a pair may be, in bytes, once or twice:
// half a sentence, in scripts of two bytes a letter.
const pairReach = 64

// in reports that both sides stand in text, in the same stretch of it or in
// neighbours. A stretch is looked at once a word, however often it repeats it.
func (p pair) in(text string) bool {
	stretches := make([]bool, len(text)/pairReach+3) // one more on either side
	marked := false
	for _, word := range p.other {
		for at := range stretchesWith(text, word) {
			stretches[at+1], marked = true, true
		}
	}
	if !marked {
		return false
	}
	for _, word := range p.one {
		for at := range stretchesWith(text, word) {
			if stretches[at] || stretches[at+1] || stretches[at+2] {
				return true
			}
		}
	}
	return false
}

// stretchesWith are the stretches of text in which word begins.
func stretchesWith(text, word string) iter.Seq[int] {
	return func(yield func(int) bool) {
		for from := 0; from < len(text); {
			i := strings.Index(text[from:], word)
			if i < 0 {
				return
			}
			at := (from + i) / pairReach
			if !yield(at) {
				return
			}
			from = (at + 1) * pairReach
		}
	}
}

// causes are wordings of mail systems, in the order in which they count. What
// passes and what was refused for other reasons comes before what is final:
// sentences such as "mailbox unavailable, quota exceeded" are about the quota.
var causes = []cause{
	{class: Block, phrases: wordsChosen},
	{class: Hard, sure: true, phrases: wordsClosed},
	{class: Hard, sure: true, phrases: wordsUnlisted, pairs: pairsUnlisted},
	{class: Block, phrases: []string{"google groups", "google-group", "google グループ", "did not accept you"}},
	{class: Soft, phrases: wordsFull, pairs: pairsFull},
	{class: Soft, phrases: wordsSize},
	{class: Soft, phrases: wordsLoop},
	{class: Block, phrases: wordsRefused},
	{class: Soft, phrases: wordsSuspended},
	{class: Soft, phrases: wordsProgram},
	{class: Hard, phrases: wordsNobody, pairs: pairsNobody},
	{class: Hard, sure: true, phrases: wordsNowhere},
	{class: Soft, phrases: wordsTrouble},
	{class: Block, weak: true, phrases: wordsWeak},
}
