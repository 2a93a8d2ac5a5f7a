package smtpd

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var loopback = netip.MustParsePrefix("127.0.0.0/8")

// For a relay whose line ends are repaired, no false end ends the mail, and what
// stands behind it stays text.
//
// covers: P04
func TestRepairCannotSmuggle(t *testing.T) {
	for _, end := range falseEnds {
		t.Run(fmt.Sprintf("%q", end), func(t *testing.T) {
			w := serve(t, Options{Repair: Clients{Networks: []netip.Prefix{loopback}}})
			c := w.begin(t)
			if end == "\r\r\n.\r\n" { // it has a true end in it
				c.send("hello" + end)
			} else {
				c.send("hello" + end + strings.ReplaceAll(smuggled, "\r\n.\r\n", "\r\n..\r\n") + ".\r\n")
			}
			c.want("250")
			c.alive("in step")
			mails := w.taken()
			if len(mails) != 2 || lone.MatchString(mails[0].Body) || end != "\r\r\n.\r\n" && !strings.Contains(mails[0].Body, "ceo@bank.example") {
				t.Errorf("taken %q", mails)
			}
		})
	}
}

func TestRepair(t *testing.T) {
	const mail = "Subject: x\nTo: y\r\r\n\na\rb\n.c\n"
	want := []taken{{From: "a@customer.example", To: []string{"support@acme.example"}, Body: "Subject: x\r\nTo: y\r\n\r\na b\r\n.c\r\n"}}
	const begin = "MAIL FROM:<a@customer.example>\r\nRCPT TO:<support@acme.example>\r\n"
	for name, transfer := range map[string]string{
		"DATA":        "DATA\r\n" + mail + "\r\n.\r\n",
		"BDAT":        fmt.Sprintf("BDAT %d LAST\r\n%s", len(mail), mail),
		"BDAT chunks": fmt.Sprintf("BDAT 16\r\n%sBDAT %d LAST\r\n%s", mail[:16], len(mail)-16, mail[16:]),
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(t, Options{Repair: Clients{Networks: []netip.Prefix{loopback}}})
			c := w.hello(t)
			c.send(begin + transfer)
			c.want("250", "250", map[string]string{"DATA": "354", "BDAT": "250", "BDAT chunks": "250"}[name])
			if name != "BDAT" {
				c.want("250")
			}
			got := w.taken()
			if name == "DATA" { // the line end before the dot
				got[0].Body = strings.TrimSuffix(got[0].Body, "\r\n")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			c.alive("in step")
		})
	}
}

// Commands are never repaired, and nobody else's mail is.
func TestRepairIsForMailsOfNamedRelays(t *testing.T) {
	w := serve(t, Options{Repair: Clients{Networks: []netip.Prefix{loopback}}})
	c := w.hello(t)
	c.send("NOOP\nNOOP\r\n")
	c.want("521 5.5.2")

	w = serve(t, Options{Repair: Clients{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Socket: true}})
	c = w.begin(t)
	c.send("a\nb\r\n.\r\n")
	c.want("521 5.5.2")
	w.wantTaken(t, 0)
}
