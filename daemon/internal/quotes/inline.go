package quotes

import (
	"strings"
	"unicode"
)

// maxPointer is how many words an author writes above who only points to answers
// further down.
const maxPointer = 15

// pointers are words by which authors say that their answers stand inside the
// quote, often in another colour, which a text does not tell.
var pointers = []string{
	"inline", "in-line", "in red", "in blue", "in green", "in bold", "answers below", "answer below", "my answers", "comments below", "my comments", "replies below", "see below", "further down", "in capitals",
	"in rot", "in blau", "in grün", "rot markiert", "siehe unten", "antworten unten", "meine antworten", "weiter unten", "im text", "s.u.",
	"en rouge", "en bleu", "en vert", "ci-dessous", "ci-après", "dans le texte", "mes réponses", "plus bas", "en rojo", "en azul", "en verde", "abajo", "mis respuestas", "en el texto", "em vermelho", "abaixo", "minhas respostas", "no texto",
	"in rosso", "in blu", "in verde", "qui sotto", "di seguito", "nel testo", "le mie risposte", "in rood", "in blauw", "hieronder", "onderstaand", "mijn antwoorden", "i rött", "nedan", "i rødt", "med rødt", "nedenfor", "punaisella", "na czerwono", "poniżej", "červeně", "níže", "nižšie", "pirossal", "alább", "cu roșu", "mai jos",
	"красным", "ниже", "червоним", "нижче", "με κόκκινο", "παρακάτω", "kırmızı", "aşağıda", "באדום", "למטה", "بالأحمر", "أدناه", "红色", "紅色", "见下", "見下", "如下", "下方", "赤字", "下記", "以下", "빨간", "아래",
}

// showInline shows all when the author points to answers inside the quote and it
// is not known what was sent, so that nothing can tell the one from the other.
func (f *folding) showInline() {
	if f.origins != nil || !f.pointed() && !f.named() {
		return
	}
	clear(f.fold)
}

// pointed reports that the author wrote little more than where the answers are.
func (f *folding) pointed() bool {
	words := 0
	found := false
	for i, l := range f.lines {
		if f.fold[i] {
			continue
		}
		words += len(appendWords(nil, l.text)) // each sign of a script without blanks
		found = found || holdsWords(lower(l.text), pointers)
	}
	return found && words <= maxPointer
}

// holdsWords looks for one of the phrases as whole words: "in rot" is not in "in
// rotation". Scripts without blanks have none.
func holdsWords(s string, phrases []string) bool {
	for _, p := range phrases {
		joined := unicode.In(firstRune(p), unicode.Han, unicode.Hangul)
		for rest := s; ; {
			i := strings.Index(rest, p)
			if i < 0 {
				break
			}
			after := rest[i+len(p):]
			if joined || !unicode.IsLetter(lastRune(rest[:i])) && !unicode.IsLetter(firstRune(after)) {
				return true
			}
			rest = after
		}
	}
	return false
}

// named reports folded lines without marks that begin with the author's name in
// brackets, or with an arrow.
func (f *folding) named() bool {
	first := firstWord(f.hints.Author)
	for i, l := range f.lines {
		if !f.fold[i] || !l.own() {
			continue
		}
		if strings.HasPrefix(l.text, "==>") || strings.HasPrefix(l.text, "-->") || first != "" && strings.HasPrefix(lower(l.text), "["+first) {
			return true
		}
	}
	return false
}
