package notice

import "strings"

// cause is a row of the table of wordings.
type cause struct {
	class   Class
	sure    bool // hard unless the sender was refused
	phrases []string
}

// words finds what a diagnostic says, nil when it says nothing known. The first
// row of [causes] with a phrase in the text decides.
func words(text string) *cause {
	text = plainWords(text)
	if text == "" {
		return nil
	}
	for i := range causes {
		if hasAny(text, causes[i].phrases) {
			return &causes[i]
		}
	}
	return nil
}

// plainWords makes a diagnostic comparable: lower case, one blank between words,
// without the codes at the beginning of continued lines and without addresses
// and links, which may hold any word.
func plainWords(text string) string {
	text = strings.ToLower(strings.NewReplacer("\u2019", "'", "\u00a0", " ", "`", "'", "\u2018", "'").Replace(text))
	var out strings.Builder
	for word := range strings.FieldsSeq(text) {
		bare := strings.Trim(word, `<>()[]"'.,;:`)
		switch {
		case strings.Contains(bare, "://"), strings.HasPrefix(bare, "www."), isCode(bare),
			strings.Contains(bare, "@") && !strings.HasPrefix(bare, "@"):
			continue
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

// causes are wordings of mail systems, in the order in which they count. What
// passes and what was refused for other reasons comes before what is final:
// sentences such as "mailbox unavailable, quota exceeded" are about the quota.
var causes = []cause{
	{Hard, true, []string{
		"account or domain may not exist", "does not accept mail", "null mx", "nullmx", "does not accept email", "no mail is accepted", "doesn't have a yahoo", "mx record that points to \"\"",
	}},
	{Hard, true, wordsUnlisted},
	{Block, false, []string{"google groups", "google-group", "google グループ", "did not accept you"}},
	{Soft, false, wordsFull},
	{Soft, false, wordsSize},
	{Block, false, wordsRefused},
	{Soft, false, wordsSuspended},
	{Soft, false, wordsProgram},
	{Hard, false, wordsNobody},
	{Hard, true, wordsNowhere},
	{Soft, false, wordsTrouble},
	{Block, false, wordsWeak},
}
