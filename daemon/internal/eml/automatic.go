package eml

import (
	"strings"
)

// Automatic tells why no person seems to have written the mail; "" when
// nothing speaks against a person. It looks at the header only: that the
// envelope sender is null the caller knows.
func (m *Mail) Automatic() string {
	for _, sign := range []func(*Mail) string{autoSubmitted, reported, autoReplied, bulk, roleSender, suppressing} {
		if reason := sign(m); reason != "" {
			return reason
		}
	}
	return ""
}

// Report is the kind of a multipart/report (RFC 6522): "delivery-status",
// "disposition-notification" or "feedback-report". It is "" for everything
// else. Where the parameter is missing, the parts tell.
func (m *Mail) Report() string {
	if m.Root.MediaType != "multipart/report" {
		return ""
	}
	declared := lowerASCII(strings.TrimSpace(m.Root.Params["report-type"]))
	for _, kind := range []string{"delivery-status", "disposition-notification", "feedback-report"} {
		if declared == kind {
			return kind
		}
		for _, c := range m.Root.Children {
			if declared == "" && c.MediaType == "message/"+kind {
				return kind
			}
		}
	}
	return ""
}

// autoSubmitted is RFC 3834 section 5: every value but "no".
func autoSubmitted(m *Mail) string {
	for _, v := range m.Header.Values("Auto-Submitted") {
		keyword, _, _ := strings.Cut(dropComments(v), ";")
		if keyword = lowerASCII(strings.TrimSpace(keyword)); keyword != "" && keyword != "no" {
			return sign("Auto-Submitted", keyword)
		}
	}
	return ""
}

func reported(m *Mail) string {
	if m.Root.MediaType == "multipart/report" {
		return sign("Content-Type", m.Root.MediaType)
	}
	return ""
}

// autoReplied looks at the fields of programs older than RFC 3834.
func autoReplied(m *Mail) string {
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply"} {
		if v := lowerASCII(m.Header.Get(name)); m.Header.Count(name) > 0 && v != "no" && v != "false" {
			return sign(name, v)
		}
	}
	return ""
}

// bulk looks at the marks of lists and mass mail (RFC 2076 section 3.9, RFC
// 2369, RFC 2919).
func bulk(m *Mail) string {
	switch v := lowerASCII(m.Header.Get("Precedence")); v {
	case "bulk", "list", "junk", "auto_reply", "auto-reply", "autoreply":
		return sign("Precedence", v)
	}
	for _, name := range []string{"List-Id", "List-Post", "List-Unsubscribe", "List-Help", "List-Subscribe",
		"List-Owner", "List-Archive", "Feedback-ID"} {
		if v := m.Header.Get(name); v != "" {
			return sign(name, v)
		}
	}
	return ""
}

// roleSender looks for a From that nobody reads.
func roleSender(m *Mail) string {
	for _, from := range m.from {
		local := lowerASCII(from.Address.Local())
		if local == "" { // "MAILER-DAEMON" without a domain
			local, _, _ = strings.Cut(lowerASCII(from.Written), "@")
		}
		for _, role := range []string{"mailer-daemon", "postmaster", "no-reply", "noreply", "no_reply", "no.reply",
			"donotreply", "do-not-reply", "do_not_reply", "do.not.reply"} {
			rest, ok := strings.CutPrefix(local, role)
			if ok && (rest == "" || rest[0] < 'a' || rest[0] > 'z') {
				return sign("From", local)
			}
		}
	}
	return ""
}

// suppressing takes X-Auto-Response-Suppress as a sign only together with
// another mark of Exchange: people's programs and help desks set it on mail that
// people wrote, too.
func suppressing(m *Mail) string {
	v := lowerASCII(m.Header.Get("X-Auto-Response-Suppress"))
	if v == "" || v == "none" {
		return ""
	}
	for _, name := range []string{"X-MS-Exchange-Inbox-Rules-Loop", "X-MS-Exchange-Generated-Message-Source"} {
		if m.Header.Count(name) > 0 {
			return sign("X-Auto-Response-Suppress", v)
		}
	}
	if m.Header.Get("Return-Path") == "<>" {
		return sign("X-Auto-Response-Suppress", v)
	}
	return ""
}

// sign words a reason: it ends up in logs and on pages.
func sign(field, value string) string {
	const most = 80
	value = clipRunes(cleanLine(decodeCharset([]byte(value), "", "")), most)
	if value == "" {
		return field
	}
	return field + ": " + value
}
