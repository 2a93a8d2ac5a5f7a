package notice

import (
	"encoding/base64"
	"strings"
)

// group is one group of fields in the body of a report.
type group map[string]string

// readGroups reads the field groups of a report body (RFC 3464 section 2.1). It
// forgives what is common: groups that blank lines tear apart or that nothing
// separates, and folded lines that do not begin with a blank. A group ends where
// a field of its kind comes again, or at a blank line once it is complete.
func readGroups(text string) []group {
	var out []group
	cur, last := group{}, ""
	flush := func() {
		if len(cur) > 0 && len(out) <= MaxRecipients {
			out = append(out, cur)
		}
		cur, last = group{}, ""
	}
	for line := range strings.Lines(undo(text)) {
		line = strings.TrimRight(line, "\r\n \t")
		name, value, ok := fieldLine(strings.TrimLeft(line, "> "))
		known := ok && reportFields[name]
		switch {
		case line == "":
			last = ""
			if cur.complete() {
				flush()
			}
		case known && (line[0] != ' ' && line[0] != '\t' || last == ""):
			if _, twice := cur[name]; twice && splitting[name] {
				flush()
			}
			if _, twice := cur[name]; !twice {
				cur[name] = value
			}
			last = name
		case ok && line[0] != ' ' && line[0] != '\t' && (last != "Diagnostic-Code" || strings.IndexByte(name, '-') > 0 && !strings.ContainsAny(name, "<>@.0123456789")):
			last = ""
		case last != "" && len(cur[last]) < MaxDiagnostic:
			cur[last] += " " + strings.TrimSpace(line)
		}
	}
	flush()
	return out
}

// splitting are the fields that a recipient has once.
var splitting = map[string]bool{
	"Final-Recipient": true, "Original-Recipient": true, "Action": true, "Status": true,
}

// reportFields are the fields that are read; RFC 3464, RFC 8098, RFC 5965.
var reportFields = map[string]bool{
	"Final-Recipient": true, "Original-Recipient": true, "Action": true, "Status": true, "Diagnostic-Code": true,
	"Remote-Mta": true, "X-Actual-Recipient": true, "Reporting-Mta": true, "Disposition": true,
	"Feedback-Type": true, "Original-Rcpt-To": true, "Removal-Recipient": true, "X-Hmxmroriginalrecipient": true,
	"Original-Mail-From": true, "User-Agent": true,
}

func (g group) complete() bool {
	return (g["Final-Recipient"] != "" || g["Original-Recipient"] != "") && (g["Action"] != "" || g["Status"] != "")
}

// undo takes off a transfer encoding that stands inside another one, or that
// the header of the part forgot to tell.
func undo(text string) string {
	text = clip(text, maxReport)
	head := strings.TrimSpace(clip(text, 400)) // a few lines are enough to see fields
	if head == "" || strings.ContainsAny(head, ": ") {
		if strings.Contains(text, "=20\n") || strings.Contains(text, "=3D") || strings.Contains(text, "=\n") {
			return strings.NewReplacer("=\n", "", "=20\n", " \n", "=3D", "=", "=3B", ";", "=3A", ":", "=40", "@", "=3C", "<", "=3E", ">").Replace(text)
		}
		return text
	}
	packed := strings.Join(strings.Fields(text), "")
	raw, err := base64.StdEncoding.DecodeString(packed[:len(packed)/4*4])
	if err != nil {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(raw), "\ufffd"), "\r\n", "\n")
}

// maxReport is how much of a report part is read: [MaxRecipients] groups of
// ordinary size, several times over.
const maxReport = 2 << 20
