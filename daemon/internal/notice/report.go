package notice

import (
	"strings"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

// Subtypes of message/* that reports are made of.
const (
	deliveryStatus = "delivery-status"
	disposition    = "disposition-notification"
	feedback       = "feedback-report"
)

// readReport reads the machine-readable part of a report (RFC 6522), wherever
// it stands and whatever it calls itself.
func (l *letter) readReport(n *Notice) bool {
	for p := range l.m.Root.All() {
		kind := l.reportPart(p)
		if kind == "" {
			continue
		}
		groups := readGroups(p.Text())
		switch {
		case kind == disposition && (has(groups, "Disposition") || l.declares(disposition)):
			n.Kind, n.Reason = ReadReceipt, "It is a receipt: "+dispositionWords(groups)+"."
			return true
		case kind == feedback && has(groups, "Feedback-Type"):
			l.readFeedback(n, groups)
			return true
		case kind == deliveryStatus && l.readStatus(n, groups):
			return true
		}
	}
	if l.readWrapped(n) || l.readForwardedComplaint(n) {
		return true
	}
	if l.machine() || l.m.Root.MediaType == "multipart/report" {
		if groups := readGroups(strings.Join(l.words, "\n")); has(groups, "Final-Recipient") && l.readStatus(n, groups) {
			return true
		}
	}
	switch {
	case l.declares(disposition):
		n.Kind, n.Reason = ReadReceipt, "It says that it is a receipt."
	case l.declares(feedback):
		n.Kind, n.Reason = Complaint, "It says that it is a feedback report."
	default:
		return false
	}
	return true
}

// reportPart is the kind of report that p may hold: by its media type, or, in a
// mail that is a report or comes from a mail system, by its fields. A person
// who forwards a report keeps its parts; that is still a person's mail.
func (l *letter) reportPart(p *eml.Part) string {
	if !l.within(p) {
		return ""
	}
	sub, isMessage := strings.CutPrefix(p.MediaType, "message/")
	switch {
	case !isMessage:
	case strings.HasSuffix(sub, deliveryStatus):
		return deliveryStatus
	case strings.HasSuffix(sub, disposition):
		return disposition
	case sub == feedback:
		return feedback
	}
	if p == l.m.Root || len(p.Children) > 0 || !isMessage && p.MediaType != "text/plain" && p.MediaType != "application/octet-stream" || isHeaders(p) {
		return ""
	}
	groups := readGroups(clip(p.Text(), maxText))
	switch {
	case has(groups, "Final-Recipient") && (has(groups, "Action") || has(groups, "Status")):
		return deliveryStatus
	case has(groups, "Disposition") && has(groups, "Final-Recipient"):
		return disposition
	case has(groups, "Feedback-Type") && has(groups, "User-Agent"):
		return feedback
	}
	return ""
}

// within reports that p belongs to the report itself and not to a returned mail.
func (l *letter) within(p *eml.Part) bool {
	if l.m.Root.MediaType != "multipart/report" && !l.machine() && !l.containsReport() {
		return false
	}
	at := l.m.Root
	for at != p {
		if at.IsMessage() {
			return false
		}
		next := at
		for _, c := range at.Children {
			if c == p || strings.HasPrefix(p.Path, c.Path+".") {
				next = c
				break
			}
		}
		if next == at {
			return false
		}
		at = next
	}
	return true
}

// containsReport reports a multipart/report in a wrapper that a gateway or a
// list put around it, below a subject that nobody answered.
func (l *letter) containsReport() bool {
	if l.again || !l.m.Root.IsMultipart() {
		return false
	}
	for _, c := range l.m.Root.Children {
		if c.MediaType == "multipart/report" || c.MediaType == "message/"+feedback {
			return true
		}
	}
	return false
}

// declares reports a multipart/report of that kind (RFC 6522 section 3).
func (l *letter) declares(kind string) bool {
	return l.m.Root.MediaType == "multipart/report" && strings.EqualFold(strings.TrimSpace(l.m.Root.Params["report-type"]), kind)
}

// readWrapped reads a report that a mail system attached as a whole mail.
func (l *letter) readWrapped(n *Notice) bool {
	if !l.machine() || l.again {
		return false
	}
	for _, c := range l.m.Root.Children {
		if !c.IsMessage() || len(c.Children) == 0 || c.Children[0].MediaType != "multipart/report" {
			continue
		}
		inner := newLetter(c.Message())
		if inner.readReport(n) && n.Kind != Message {
			return true
		}
	}
	return false
}

// readForwardedComplaint reads complaints from before RFC 5965: the mail as a
// part, in whose header the provider named the recipient.
func (l *letter) readForwardedComplaint(n *Notice) bool {
	if l.again {
		return false
	}
	for _, c := range l.m.Root.Children {
		if !c.IsMessage() || len(c.Children) == 0 {
			continue
		}
		to := fieldAddress(c.Children[0].Header.Get("X-HmXmrOriginalRecipient"))
		if to == "" {
			continue
		}
		n.Kind, n.Reason = Complaint, "A provider returned the mail with the recipient who complained."
		n.Recipients = []Recipient{{Address: to, Class: Complained}}
		return true
	}
	return false
}

func has(groups []group, name string) bool {
	for _, g := range groups {
		if g[name] != "" {
			return true
		}
	}
	return false
}

func dispositionWords(groups []group) string {
	for _, g := range groups {
		if d := g["Disposition"]; d != "" {
			return oneLine(d, MaxDiagnostic)
		}
	}
	return "no disposition is told"
}

// readFeedback reads RFC 5965. A report about failed authentication (RFC 6591)
// is no recipient's opinion, and "not-spam" is the opposite of one.
func (l *letter) readFeedback(n *Notice, groups []group) {
	n.Kind = Complaint
	all := group{}
	var to []string
	for _, g := range groups {
		for name, value := range g {
			if all[name] == "" {
				all[name] = value
			}
		}
		for _, name := range []string{"Original-Rcpt-To", "Removal-Recipient", "X-Hmxmroriginalrecipient"} {
			if a := fieldAddress(g[name]); a != "" {
				to = append(to, a)
			}
		}
	}
	kind := strings.ToLower(strings.TrimSpace(all["Feedback-Type"]))
	n.Reason = "It is a feedback report: " + oneLine(kind, MaxDiagnostic) + "."
	if len(to) == 0 {
		to = l.returnedTo()
	}
	class := Complained
	switch kind {
	case "auth-failure":
		class = Block
	case "not-spam":
		class = Unknown
	}
	seen := recipients{}
	for _, a := range to {
		seen.add(Recipient{Address: a, Class: class, Diagnostic: oneLine(kind, MaxDiagnostic)})
	}
	n.Recipients = seen.list
}

// returnedTo is who the returned mail was for, where nothing else tells.
func (l *letter) returnedTo() []string {
	for p := range l.m.Root.All() {
		var h eml.Header
		switch {
		case p.IsMessage() && len(p.Children) > 0:
			h = p.Children[0].Header
		case isHeaders(p):
			h = eml.Read([]byte(clip(p.Text(), maxText))).Header
		default:
			continue
		}
		for _, name := range []string{"X-HmXmrOriginalRecipient", "X-Original-To", "To"} {
			if a := fieldAddress(h.Get(name)); a != "" {
				return []string{a}
			}
		}
	}
	for line := range strings.Lines(clip(l.copy, maxText)) {
		if name, value, ok := fieldLine(strings.TrimSpace(line)); ok && name == "To" {
			if a := fieldAddress(value); a != "" {
				return []string{a}
			}
		}
	}
	return nil
}
