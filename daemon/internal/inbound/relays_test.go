package inbound

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
)

// Of named relays the one that a client is counts, and of two the one that is
// not believed blindly.
func TestRelays(t *testing.T) {
	network := netip.MustParsePrefix
	relays := Relays{
		{Network: network("10.0.0.0/8")}, {Network: network("192.0.2.7/32"), Results: "mx.one.example"},
		{Network: network("10.1.0.0/16"), Results: "mx.two.example"}, {Network: network("10.1.2.0/24")},
		{Network: network("2001:db8::/32")}, {Socket: true, Results: "mx.three.example"},
	}
	for _, tt := range []struct {
		name, client string
		want         string // "" for no relay
	}{
		{"nobody", "203.0.113.9", ""},
		{"believed blindly", "10.9.9.9", "blindly"},
		{"by results", "192.0.2.7", "mx.one.example"},
		{"its neighbour", "192.0.2.8", ""},
		{"both", "10.1.9.9", "mx.two.example"},
		{"both, the blind one narrower", "10.1.2.3", "mx.two.example"},
		{"mapped", "::ffff:10.9.9.9", "blindly"},
		{"with a zone", "2001:db8::1%eth0", "blindly"},
		{"the socket", SocketPeer, "mx.three.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var env Envelope
			env.By(relays.Find(tt.client))
			got := env.Results
			if env.Trusted {
				got += "blindly"
			}
			if got != tt.want {
				t.Errorf("believed %q, want %q", got, tt.want)
			}
		})
	}
	for _, none := range []string{"", "invalid IP"} {
		if relays.Find(none) != nil {
			t.Errorf("a client %q is a relay", none)
		}
	}
	if everybody := (Relays{{Network: network("0.0.0.0/0")}, {Network: network("::/0")}}); everybody.Find(SocketPeer) != nil {
		t.Error("the socket is a network")
	}
}

// Results of a server are believed on top of what it brings itself, and from
// nobody else.
//
// covers: M02
func TestNamedResults(t *testing.T) {
	const id = "mx.host.example"
	base, s := newBench(t), newSigner(t)
	base = base.believing(t, s)
	const pass = "Authentication-Results: " + id + "; dmarc=pass header.from=customer.example\r\n"
	const fail = "Authentication-Results: " + id + "; dmarc=fail header.from=customer.example; spf=fail smtp.mailfrom=evil.example\r\n"
	const foreign = "Authentication-Results: mx.evil.example; dmarc=pass header.from=customer.example\r\n"

	alice := helpdesk.MustAddress("alice@customer.example")
	relay := Envelope{From: alice, Peer: "198.51.100.4", Results: id}
	senderAsRelay := Envelope{From: alice, Peer: senderPeer, Results: id}
	trusted := Envelope{From: alice, Peer: "198.51.100.4", Trusted: true}
	unnamed := Envelope{From: alice, Peer: "198.51.100.4"}
	fetched := Envelope{From: alice}

	for _, tt := range []struct {
		name     string
		fields   string
		env      Envelope
		declared string // authenticationResults of the mailbox
		want     helpdesk.Proof
	}{
		{"a relay by results", pass, relay, "", helpdesk.ProofPass},
		{"without the field", "", relay, "", helpdesk.ProofNone},
		{"forged below", fail + pass, relay, "", helpdesk.ProofNone},
		{"another server's below", pass + foreign, relay, "", helpdesk.ProofPass},
		{"another server's on top", foreign + pass, relay, "", helpdesk.ProofNone},
		{"the flag goes before the manifest", pass, relay, "mx.other.example", helpdesk.ProofPass},
		{"not what the manifest says", strings.ReplaceAll(pass, id, "mx.other.example"), relay, "mx.other.example", helpdesk.ProofNone},
		{"SPF of a relay tells nothing", "", senderAsRelay, "", helpdesk.ProofNone},
		{"not named", pass, unnamed, "", helpdesk.ProofNone},
		{"not named, declared", pass, unnamed, id, helpdesk.ProofNone},
		{"believed blindly", "", trusted, "", helpdesk.ProofPass},
		{"no longer blindly", "", trusted, id, helpdesk.ProofNone},
		{"by the results declared", pass, trusted, id, helpdesk.ProofPass},
		{"fetched", pass, fetched, id, helpdesk.ProofPass},
		{"fetched, not declared", pass, fetched, "", helpdesk.ProofNone},
		{"fetched, forged below", fail + pass, fetched, id, helpdesk.ProofNone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := base.with(t, func(p *Pipeline) {
				boxes := append(directory{}, p.Directory.(directory)...)
				boxes[0].Results = tt.declared
				p.Directory = boxes
			})
			o := b.bring(tt.env, tt.fields+letter("", tt.name), "support@acme.example")[0]
			if o.Recognised.Trust.Proof != tt.want {
				t.Errorf("proof %s, want %s: %v", o.Recognised.Trust.Proof, tt.want, o.Recognised.Trust.Reasons)
			}
		})
	}
	// Our own look at the signature stays.
	o := base.bring(relay, s.sign(t, letter("<signed@x>", "signed")), "support@acme.example")[0]
	if o.Recognised.Trust.Proof != helpdesk.ProofPass || !strings.Contains(o.Recognised.Trust.Reasons[0], "DKIM") {
		t.Errorf("a signature behind a relay by results: %+v", o.Recognised.Trust)
	}
}

// Two mailboxes of one mail may believe different servers.
func TestResultsOfEachMailbox(t *testing.T) {
	b, s := newBench(t), newSigner(t)
	b = b.believing(t, s)
	boxes := append(directory{}, b.Directory.(directory)...)
	boxes[1].Results = "mx.host.example"
	b.Directory = boxes
	raw := "Authentication-Results: mx.host.example; dmarc=pass header.from=customer.example\r\n" + letter("<1@x>", "hello")
	var got []string
	for _, o := range b.bring(Envelope{}, raw, "support@acme.example", "billing@acme.example") {
		got = append(got, o.Mailbox+" "+string(o.Recognised.Trust.Proof))
	}
	if diff := cmp.Diff([]string{"support none", "billing pass"}, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// A signed mail is for us if one of the account's addresses is among the signed
// recipients: a mailbox, a reply address, or what forwards to one.
//
// covers: M02
func TestSignedRecipients(t *testing.T) {
	base, s := newBench(t), newSigner(t)
	base = base.believing(t, s)
	boxes := append(directory{}, base.Directory.(directory)...)
	boxes[1].Aliases = []helpdesk.Address{helpdesk.MustAddress("sales@acme.example"), helpdesk.MustAddress("Old@brand.example")}
	boxes[2].Aliases = []helpdesk.Address{helpdesk.MustAddress("theirs@other.example")}
	base.Directory = boxes
	first := base.accept(mail(alice, "<first@x>", "question"), "support@acme.example")

	for _, tt := range []struct {
		name, to string
		want     helpdesk.Proof
	}{
		{"a mailbox", "support@acme.example", helpdesk.ProofPass},
		{"another mailbox of the account", "billing@acme.example", helpdesk.ProofPass},
		{"a reply address", base.replyAddress(first.Number, 1), helpdesk.ProofPass},
		{"an alias", "sales@acme.example", helpdesk.ProofPass},
		{"an alias elsewhere, in other letters", "old@Brand.example", helpdesk.ProofPass},
		{"another account's mailbox", "help@other.example", helpdesk.ProofNone},
		{"another account's alias", "theirs@other.example", helpdesk.ProofNone},
		{"a stranger", "bob@elsewhere.example", helpdesk.ProofNone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			raw := s.sign(t, strings.Replace(letter("", tt.name), "To: support@acme.example", "To: "+tt.to, 1))
			o := base.bring(stranger, raw, "support@acme.example")[0]
			if o.Recognised.Trust.Proof != tt.want {
				t.Errorf("proof %s, want %s: %v", o.Recognised.Trust.Proof, tt.want, o.Recognised.Trust.Reasons)
			}
		})
	}
	if _, err := base.Route(helpdesk.MustAddress("sales@acme.example")); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("mail to an alias: %v, want it refused", err)
	}
}

// counting counts what is asked of DNS and of the processor.
type counting struct {
	Authenticator
	checks int
}

func (c *counting) Check(ctx context.Context, m mailauth.Mail) (mailauth.Verdict, error) {
	c.checks++
	return c.Authenticator.Check(ctx, m)
}

// losing loses the first races.
type losing struct {
	Store
	left int
}

func (l *losing) Commit(ctx context.Context, c *helpdesk.Change) error {
	if l.left--; l.left >= 0 {
		return helpdesk.Errorf(helpdesk.Conflict, "somebody else was first")
	}
	return l.Store.Commit(ctx, c)
}

// A mail is checked once, whatever its mailboxes and however often a race is
// lost; but once for each account, whose addresses differ.
func TestCheckedOnce(t *testing.T) {
	b, s := newBench(t), newSigner(t)
	b = b.believing(t, s)
	for _, tt := range []struct {
		name string
		to   []string
		want int
	}{
		{"one mailbox", []string{"support@acme.example"}, 1},
		{"two mailboxes", []string{"support@acme.example", "billing@acme.example"}, 1},
		{"two accounts", []string{"support@acme.example", "help@other.example"}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			count := &counting{Authenticator: b.Auth}
			b := b.with(t, func(p *Pipeline) { p.Auth, p.Store = count, &losing{p.Store, 2} })
			o := b.bring(stranger, s.sign(t, letter("", tt.name)), tt.to...)
			if count.checks != tt.want || told(o[0]) != "created proven-new pass" {
				t.Errorf("checked %d times, want %d; %s", count.checks, tt.want, told(o[0]))
			}
		})
	}
}
