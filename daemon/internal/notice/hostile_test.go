package notice

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

// TestHostile reads reports made to be slow. The time is generous and grows with
// the size, so that only more than linear growth can miss it.
//
// covers: P06
func TestHostile(t *testing.T) {
	const size = 1 << 20
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	const plain = "From: mailer-daemon@x.example\nSubject: Undelivered mail\n\nYour mail could not be delivered:\n\n"
	const dsn = "From: mailer-daemon@x.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
	numbered := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for _, c := range []struct {
		name string
		raw  string
	}{
		{"addresses", plain + fill("a@b.example\n")},
		{"addresses in a line", plain + fill("a@b.example ")},
		{"different addresses", plain + numbered("u%d@b.example: 550 no such user\n", 50000)},
		{"at signs", plain + fill("@")},
		{"local parts", plain + fill("a.")},
		{"brackets", plain + fill("<")},
		{"quotes", plain + fill("\"")},
		{"codes", plain + strings.Repeat("550", 25<<20/3)},
		{"codes with blanks", plain + strings.Repeat("550 ", 25<<20/4)},
		{"code lines", plain + fill("550 5.1.1 no\n")},
		{"status codes", plain + fill("5.1.1 ")},
		{"colons", plain + fill(": ")},
		{"fields", plain + fill("To: x\n")},
		{"trace fields", plain + fill("Received:x\n")},
		{"message ids", plain + "--- Original message:\n" + fill("Message-ID:\n")},
		{"header", "X-Failed-Recipients: " + numbered("u%d@b.example,", 10000) + "\nFrom: mailer-daemon@x.example\n\nx"},
		{"recipients", dsn + numbered("Final-Recipient: rfc822; u%d@b.example\nAction: failed\nStatus: 5.0.0\n\n", 100000)},
		{"recipients below long words", "From: mailer-daemon@x.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n" + fill("nothing to see here ") +
			"\n--b\nContent-Type: message/delivery-status\n\n" + numbered("Final-Recipient: rfc822; u%d@b.example\nAction: failed\nStatus: 5.0.0\n\n", 20000)},
		{"same recipient", dsn + fill("Final-Recipient: rfc822; u@b.example\nAction: failed\n\n")},
		{"folded diagnostic", dsn + "Final-Recipient: rfc822; u@b.example\nAction: failed\nDiagnostic-Code: smtp;\n" + fill(" 550 x\n")},
		{"half of a pair", plain + "u@b.example: " + fill("mailbox ")},
		{"halves of pairs in recipients", dsn + numbered("Final-Recipient: rfc822; u%d@b.example\nAction: failed\nDiagnostic-Code: smtp; 550 "+strings.Repeat("user mailbox quota address alias konto ", 50)+strings.Repeat(".", 200)+" full exceed voll existiert neznan"+"\n\n", 100)},
		{"base64 in disguise", dsn + fill("QUJD")},
		{"report in a report", strings.Repeat("From: mailer-daemon@x.example\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n", 10000)},
		{"report in the copy", strings.Repeat("From: mailer-daemon@x.example\nSubject: undelivered\n\nnot delivered\n--- original message:\n", 10000)},
		{"reports side by side", "From: mailer-daemon@x.example\nContent-Type: multipart/mixed; boundary=b\n\n" + fill("--b\nContent-Type: message/delivery-status\n\nx: y\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := eml.Read([]byte(c.raw))
			begin := time.Now()
			n := Read(m)
			if took, most := time.Since(begin), 10*time.Second*time.Duration(1+len(c.raw)/size); took > most {
				t.Errorf("%d bytes took %v, at most %v wanted", len(c.raw), took, most)
			}
			checkNotice(t, n)
		})
	}
}

// covers: P06
func TestRecipientLimit(t *testing.T) {
	var b strings.Builder
	for i := range 2 * MaxRecipients {
		fmt.Fprintf(&b, "Final-Recipient: rfc822; u%d@b.example\nAction: failed\nStatus: 5.1.1\n\n", i)
	}
	n := Read(eml.Read([]byte("Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" + b.String())))
	if n.Kind != Bounce || len(n.Recipients) != MaxRecipients {
		t.Errorf("%s with %d recipients, want %s with %d", n.Kind, len(n.Recipients), Bounce, MaxRecipients)
	}
}
