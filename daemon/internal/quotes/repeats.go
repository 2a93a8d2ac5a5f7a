package quotes

// Repeated is how much of one line the texts hold that it was compared with.
type Repeated struct {
	Quoted bool // the line is marked as quoted
	Words  int
	Known  int  // words of it that a text holds, in runs of at least four
	Run    int  // words of the longest run that touches the line
	Cut    bool // the line is so long that only its beginning was looked at
}

// All reports a line that has words and says nothing else.
func (r Repeated) All() bool { return r.Words > 0 && r.Known == r.Words && !r.Cut }

// Repeats compares each line of a text with other texts, of which the first
// 50,000 words count. Runs of words go on over the ends of lines, as mail programs
// wrap anew what they quote. A text of more than 100,000 lines ends in one long
// line.
func Repeats(text string, texts ...string) []Repeated {
	lines := readLines(text)
	out := make([]Repeated, len(lines))
	for i, o := range compareLines(lines, texts) {
		out[i] = Repeated{Quoted: lines[i].quoted(), Words: o.words, Known: o.known, Cut: len(lines[i].raw) > maxLine}
	}
	known := shingles(texts)
	words, at := wordsOf(lines)
	start, end := 0, 0 // of the run so far
	for i := 0; i <= len(words); i++ {
		if i == end {
			for _, line := range at[start:end] {
				out[line].Run = max(out[line].Run, end-start)
			}
			start = i
		}
		if i+shingle <= len(words) && known[mix(words[i:i+shingle])] != 0 {
			if i >= end {
				start = i
			}
			end = i + shingle
		}
	}
	return out
}
