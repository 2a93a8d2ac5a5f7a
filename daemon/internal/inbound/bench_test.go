package inbound

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
)

// cpu is what this process has used, etcd inside it included.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkWeigh is what it costs to find out whom a mail is believed and where
// it belongs, with DNS in the cache: a reply of 10 KiB to a signed address, with
// DKIM, SPF, DMARC and ten References. cpu-ms/op is the processor time of the
// whole process; reading the mail is measured apart.
func BenchmarkWeigh(b *testing.B) {
	s := newSigner(b)
	desk := newBench(b).believing(b, s)
	direct := Envelope{ID: "t1", From: helpdesk.MustAddress("alice@customer.example"), Peer: senderPeer, Helo: "mail.customer.example"}
	opened, err := desk.tryEnvelope(direct, s.sign(b, letter("<first@customer.example>", "one")), "support@acme.example")
	if err != nil {
		b.Fatal(err)
	}
	var refs strings.Builder
	for i := range 9 {
		fmt.Fprintf(&refs, " <ref%d@customer.example>", i)
	}
	raw := s.sign(b, letter("<second@customer.example>", strings.Repeat("All work and no play.\r\n", 10<<10/23),
		"References: <first@customer.example>"+refs.String()))
	to, err := desk.Route(helpdesk.MustAddress(desk.replyAddress(opened[0].Number, 1)))
	if err != nil {
		b.Fatal(err)
	}
	mail := eml.Read([]byte(raw))
	weigh := func(b *testing.B) *incoming {
		c := &incoming{env: direct, to: []Recipient{to}, box: to.Mailbox, kept: &kept{bytes: []byte(raw)}, mail: mail, now: time.Now()}
		if known, err := desk.weigh(context.Background(), c); err != nil || known != nil {
			b.Fatal(known, err)
		}
		return c
	}
	b.Run("prove and decide", func(b *testing.B) {
		if c := weigh(b); c.trust.Proof != helpdesk.ProofPass || c.verdict.name != "proven-participant" {
			b.Fatalf("%s by %s, want a proven participant", c.verdict.name, c.trust.Proof)
		}
		b.ReportAllocs()
		before := cpu(b)
		for b.Loop() {
			weigh(b)
		}
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
	})
	b.Run("prove alone", func(b *testing.B) {
		m := mailauth.Mail{Message: mail, EnvelopeFrom: direct.From, Helo: direct.Helo, Peer: netip.MustParseAddr(senderPeer), SPF: true,
			Ours: func(a helpdesk.Address) bool { return desk.belongs("support", a) }}
		for b.Loop() {
			if v, err := desk.Auth.Check(context.Background(), m); err != nil || v.Trust.Proof != helpdesk.ProofPass {
				b.Fatal(v, err)
			}
		}
	})
	b.Run("read the mail", func(b *testing.B) {
		for b.Loop() {
			eml.Read([]byte(raw))
		}
	})
}
