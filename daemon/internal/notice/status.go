package notice

import (
	"strings"
)

// Actions of RFC 3464 section 2.3.3.
const (
	actionFailed    = "failed"
	actionDelayed   = "delayed"
	actionDelivered = "delivered"
)

// readStatus reads a delivery report. It is false where the report names no
// recipient.
func (l *letter) readStatus(n *Notice, groups []group) bool {
	shared := l.shared()
	all := map[string]recipients{}
	for _, g := range groups {
		r, action, ok := l.statusRecipient(g, shared)
		if !ok {
			continue
		}
		rs := all[action]
		rs.add(r)
		all[action] = rs
	}
	for _, k := range []struct {
		action string
		kind   Kind
		reason string
	}{
		{actionFailed, Bounce, "A delivery report says that the delivery failed."},
		{actionDelayed, Delay, "A delivery report says that the delivery is delayed."},
		{actionDelivered, Delivered, "A delivery report says that the mail was delivered."},
	} {
		if rs := all[k.action]; len(rs.list) > 0 {
			n.Kind, n.Reason, n.Recipients = k.kind, k.reason, rs.list
			return true
		}
	}
	return false
}

// statusRecipient reads one group of fields.
func (l *letter) statusRecipient(g group, shared *account) (r Recipient, action string, ok bool) {
	if r.Address, r.Original = g.addresses(); r.Address == "" {
		return r, "", false
	}
	r.Remote = oneLine(afterSemicolon(g["Remote-Mta"]), maxAddress)
	kind, diagnostic := g.diagnostic()
	r.Diagnostic = oneLine(diagnostic, MaxDiagnostic)
	status := statusIn(g["Status"])
	a := accountOf(r.Diagnostic)
	a.local = kind == "x-unix"
	action = actionOf(g["Action"], status, l)
	r.Status, r.Code = a.status, a.code
	if a.local || r.Status == "" || status != "" && r.Status[0] != status[0] && action != actionFailed {
		r.Status = status
	}
	switch action {
	case actionDelivered:
		r.Class = Arrived
		return r, action, true
	case actionDelayed:
		r.Class = Soft
	}
	own := l.findings().of(r.Address, r.Original)
	a.fill(own)
	a.fill(shared)
	if r.Code == 0 {
		r.Code = a.code
	}
	if r.Status == "" || own != nil && strings.HasSuffix(r.Status, ".0.0") && own.status != "" && own.status[0] == r.Status[0] {
		r.Status = a.status
		if own != nil && own.status != "" {
			r.Status = own.status // x.0.0 tells nothing
		}
	}
	a.status = r.Status
	a.delayed = action == actionDelayed
	r.Class = a.class()
	if r.Diagnostic == "" && own != nil {
		r.Diagnostic = oneLine(own.text, MaxDiagnostic)
	}
	return r, action, true
}

// addresses are the recipient as it was tried, and as the sender wrote it. The
// first falls back on the second, because some systems put their own notation
// (X.400, a local name) into Final-Recipient.
func (g group) addresses() (address, original string) {
	if g["Final-Recipient"] == "" && g["Original-Recipient"] == "" {
		return "", ""
	}
	original = fieldAddress(g["Original-Recipient"])
	for _, name := range []string{"Final-Recipient", "X-Actual-Recipient"} {
		if a := fieldAddress(g[name]); a != "" {
			return a, original
		}
	}
	return original, original
}

// diagnostic is Diagnostic-Code without its type, which some systems forget.
func (g group) diagnostic() (kind, words string) {
	kind, words, typed := strings.Cut(g["Diagnostic-Code"], ";")
	if kind = strings.ToLower(strings.TrimSpace(kind)); !typed || strings.ContainsAny(kind, " \t") {
		return "", g["Diagnostic-Code"]
	}
	return kind, words
}

// actionOf reads Action, and guesses it from the status or the words of the
// report where it is missing or unknown.
func actionOf(field, status string, l *letter) string {
	field = strings.ToLower(strings.TrimSpace(field))
	switch {
	case strings.HasPrefix(field, actionFailed):
		return actionFailed
	case strings.HasPrefix(field, "delay"):
		return actionDelayed
	case hasAnyPrefix(field, []string{actionDelivered, "relayed", "expanded"}):
		return actionDelivered
	case strings.HasPrefix(status, "2"):
		return actionDelivered
	case strings.HasPrefix(status, "4") && l.saysDelay():
		return actionDelayed
	}
	return actionFailed
}

func afterSemicolon(s string) string {
	if _, rest, ok := strings.Cut(s, ";"); ok {
		return strings.TrimSpace(rest)
	}
	return strings.TrimSpace(s)
}
