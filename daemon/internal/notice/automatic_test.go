package notice

import (
	"testing"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

// covers: P06
func TestAutomatic(t *testing.T) {
	for _, c := range []struct {
		name   string
		header string
		want   string
	}{
		{"a person", "From: alice@customer.example\nSubject: Re: hello\nX-Mailer: x", ""},
		{"auto-submitted", "Auto-Submitted: Auto-Generated", "Auto-Submitted: auto-generated"},
		{"auto-submitted with parameters", "Auto-Submitted: auto-replied; owner-email=\"x\"", "Auto-Submitted: auto-replied"},
		{"auto-submitted with a comment", "Auto-Submitted: (x) auto-notified (y)", "Auto-Submitted: auto-notified"},
		{"auto-submitted extension", "Auto-Submitted: x-thing", "Auto-Submitted: x-thing"},
		{"auto-submitted no", "Auto-Submitted: no", ""},
		{"auto-submitted no with a comment", "Auto-Submitted: No (really)", ""},
		{"auto-submitted no, then yes", "Auto-Submitted: no\nAuto-Submitted: auto-replied", "Auto-Submitted: auto-replied"},
		{"precedence", "Precedence: BULK", "Precedence: bulk"},
		{"precedence of old autoresponders", "Precedence: auto_reply", "Precedence: auto_reply"},
		{"precedence of people", "Precedence: first-class", ""},
		{"list", "List-Id: <x.lists.example>", "List-Id: <x.lists.example>"},
		{"newsletter", "List-Unsubscribe: <mailto:x@y.example>", "List-Unsubscribe: <mailto:x@y.example>"},
		{"feedback id", "Feedback-ID: a:b:c:d", "Feedback-ID: a:b:c:d"},
		{"autoreply", "X-Autoreply: yes", "X-Autoreply: yes"},
		{"autorespond without a value", "X-Autorespond:", "X-Autorespond"},
		{"autoreply no", "X-Autoreply: no", ""},
		{"report", "Content-Type: multipart/report; boundary=b", "Content-Type: multipart/report"},
		{"mailer daemon", "From: MAILER-DAEMON@mx.example", "From: mailer-daemon"},
		{"mailer daemon without a domain", "From: MAILER-DAEMON (Mail System)", "From: mailer-daemon"},
		{"postmaster", "From: Postmaster <postmaster@x.example>", "From: postmaster"},
		{"no-reply", "From: No-Reply@x.example", "From: no-reply"},
		{"no-reply with a tag", "From: noreply+123@x.example", "From: noreply+123"},
		{"do not reply", "From: do_not_reply@x.example", "From: do_not_reply"},
		{"name that only begins so", "From: noreplyman@x.example", ""},
		{"suppress alone", "X-Auto-Response-Suppress: All", ""},
		{"suppress with an inbox rule", "X-Auto-Response-Suppress: OOF\nX-MS-Exchange-Inbox-Rules-Loop: a@b.example", "X-Auto-Response-Suppress: oof"},
		{"suppress with a null return path", "X-Auto-Response-Suppress: All\nReturn-Path: <>", "X-Auto-Response-Suppress: all"},
		{"suppress none", "X-Auto-Response-Suppress: None\nReturn-Path: <>", ""},
		{"null return path alone", "Return-Path: <>", ""},
		{"value with control characters", "List-Id: a\x1b[1m\xe4", "List-Id: a[1mä"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := automatic(eml.Read([]byte(c.header + "\n\nx"))); got != c.want {
				t.Errorf("Automatic = %q, want %q", got, c.want)
			}
		})
	}
}
