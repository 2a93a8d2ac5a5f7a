package inspect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// covers: P06
func TestKind(t *testing.T) {
	const report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
	for _, c := range []struct {
		name   string
		raw    string
		kind   string
		bounce *Bounce
	}{
		{"message", "From: alice@customer.example\n\nHello.", "message", nil},
		{"list", "From: alice@customer.example\nList-Id: <x.example>\n\nHello.", "message", nil},
		{"automatic answer", "From: alice@customer.example\nAuto-Submitted: auto-replied\n\nGot it.", "auto_reply", nil},
		{
			"bounce of an alias", report + "Original-Recipient: rfc822; help@customer.example\nFinal-Recipient: rfc822; alice@customer.example\n" +
				"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n--b--\n",
			"bounce", &Bounce{[]Recipient{{"help@customer.example", "5.1.1", 550, "hard"}}},
		},
		{"bounce that names nobody", report + "Reporting-MTA: dns; mx.example\n--b--\n", "bounce", &Bounce{[]Recipient{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Read("x.eml", []byte(c.raw))
			if diff := cmp.Diff(c.bounce, r.Bounce); diff != "" || r.Kind != c.kind {
				t.Errorf("kind = %s, want %s; bounce (-want +got):\n%s", r.Kind, c.kind, diff)
			}
		})
	}
}
