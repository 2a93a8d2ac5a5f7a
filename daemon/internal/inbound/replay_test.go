package inbound

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
)

// signer signs as customer.example.
type signer struct{ key ed25519.PrivateKey }

func newSigner(t testing.TB) *signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{key}
}

// sign puts a signature over the fields named and the body on top of a mail.
func (s *signer) sign(t testing.TB, raw string, fields ...string) string {
	t.Helper()
	var b bytes.Buffer
	err := dkim.Sign(&b, strings.NewReader(raw), &dkim.SignOptions{
		Domain: "customer.example", Selector: "s1", Signer: s.key, HeaderKeys: append(fields, "From", "To", "Subject", "Date"),
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// records is a DNS of TXT records.
type records struct {
	noDNS
	txt map[string]string
}

func (r records) LookupTXT(_ context.Context, name string) ([]string, error) {
	if txt, ok := r.txt[strings.TrimSuffix(name, ".")]; ok {
		return []string{txt}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

const senderPeer = "192.0.2.7" // may send for customer.example

func (s *signer) records() records {
	return records{txt: map[string]string{
		"s1._domainkey.customer.example": "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(s.key.Public().(ed25519.PublicKey)),
		"customer.example":               "v=spf1 ip4:" + senderPeer + " -all",
	}}
}

// believing is the bench with the records of a signer, in the real time, which is
// what signatures are made in.
func (b *bench) believing(t testing.TB, s *signer) *bench {
	return b.with(t, func(p *Pipeline) {
		p.Auth, p.Now = mailauth.New(mailauth.Options{Resolver: s.records()}), time.Now
	})
}

// stranger is how whoever copied a mail brings it.
var stranger = Envelope{ID: "t1", From: helpdesk.MustAddress("x@evil.example"), Peer: "203.0.113.9"}

func letter(id, text string, extra ...string) string {
	return strings.Replace(mail(alice, id, text, extra...), "Wed, 4 Mar 2026 11:59:00 +0000", time.Now().UTC().Format(time.RFC1123Z), 1)
}

func (b *bench) bring(env Envelope, raw string, to ...string) []helpdesk.Outcome {
	b.t.Helper()
	outcomes, err := b.tryEnvelope(env, raw, to...)
	if err != nil {
		b.t.Fatal(err)
	}
	return outcomes
}

// told is an outcome in short: result, row and proof.
func told(o helpdesk.Outcome) string {
	return fmt.Sprint(o.Result, " ", o.Recognised.Rule, " ", o.Recognised.Trust.Proof)
}

func seenBefore(o helpdesk.Outcome) bool {
	return strings.Contains(strings.Join(o.Recognised.Trust.Reasons, "\n"), "Its signature was seen before on another mail, so somebody may have copied it.")
}

// Whoever has a signed mail can send it again around other fields; only the
// first one is believed.
//
// covers: M02, P05
func TestCopiedSignature(t *testing.T) {
	const support, billing = "support@acme.example", "billing@acme.example"
	base, s := newBench(t), newSigner(t)
	base = base.believing(t, s)
	signed := func(i int, more ...string) string {
		return s.sign(t, letter(fmt.Sprintf("<%d@x>", i), fmt.Sprint("please help ", i), "Cc: help@other.example"), more...)
	}
	id := func(raw string) string {
		return strings.Replace(raw, "\r\nMessage-ID: <", "\r\nMessage-ID: <again-", 1)
	}
	field := func(f string) func(string) string {
		return func(raw string) string { return strings.Replace(raw, "\r\nSubject:", "\r\n"+f+"\r\nSubject:", 1) }
	}
	same := func(raw string) string { return raw }
	direct := stranger
	direct.Peer, direct.From = senderPeer, helpdesk.MustAddress("alice@customer.example")

	for i, tt := range []struct {
		name string
		more []string // signed fields
		copy func(raw string) string
		env  Envelope
		to   string
		want string
		seen bool
	}{
		{"sent twice", nil, same, stranger, support, "duplicate proven-new pass", false},
		{"to another mailbox", nil, same, stranger, billing, "created proven-new pass", false},
		{"to another mailbox, by another path", nil, func(raw string) string { return "Received: from a by b\r\nX-Spam: no\r\n" + raw }, stranger, billing, "created proven-new pass", false},
		{"other Message-ID", nil, id, stranger, support, "created unproven-new none", true},
		{"other Message-ID, other mailbox", nil, id, stranger, billing, "created unproven-new none", true},
		{"signed Message-ID", []string{"Message-ID"}, same, stranger, support, "duplicate proven-new pass", false},
		{"Reply-To put in", []string{"Message-ID"}, field("Reply-To: eve@evil.example"), stranger, billing, "created unproven-new none", true},
		{"Content-Type put in", []string{"Message-ID"}, field("Content-Type: text/html"), stranger, billing, "created unproven-new none", true},
		{"copied by the sender's server", nil, id, direct, support, "created proven-new pass", false},
		{"another account", []string{"Cc"}, id, stranger, "help@other.example", "created proven-new pass", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := base.with(t, func(*Pipeline) {})
			raw := signed(i, tt.more...)
			first := b.bring(stranger, raw, support)[0]
			if told(first) != "created proven-new pass" {
				t.Fatalf("the first is %s: %v", told(first), first.Recognised.Trust.Reasons)
			}
			then := b.bring(tt.env, tt.copy(raw), tt.to)[0]
			if told(then) != tt.want || seenBefore(then) != tt.seen {
				t.Errorf("the second is %s, want %s; it says %v", told(then), tt.want, then.Recognised.Trust.Reasons)
			}
		})
	}
}

// A copy that answers a ticket is held; one that answers it from the writer's own
// reply address is for agents alone.
//
// covers: M02
func TestCopiedSignatureOnTicket(t *testing.T) {
	b, s := newBench(t), newSigner(t)
	b = b.believing(t, s)
	raw := s.sign(t, letter("<1@x>", "please help"))
	first := b.bring(stranger, raw, "support@acme.example")[0]
	again := strings.Replace(raw, "Message-ID: <1@x>", "Message-ID: <2@x>\r\nIn-Reply-To: <1@x>", 1)
	if then := b.bring(stranger, again, "support@acme.example")[0]; told(then) != "held unproven-answer none" || !seenBefore(then) {
		t.Errorf("an answer is %s: %v", told(then), then.Recognised.Trust.Reasons)
	}
	again = strings.Replace(raw, "Message-ID: <1@x>", "Message-ID: <3@x>", 1)
	then := b.bring(stranger, again, b.replyAddress(first.Number, 1))[0]
	if told(then) != "appended unproven-own-address none" || !b.entry(then).Hidden {
		t.Errorf("an answer to the reply address is %s, hidden %t", told(then), b.entry(then).Hidden)
	}
}

// One mail to two of our mailboxes is believed by both.
//
// covers: M02, P05
func TestSignedMailToTwo(t *testing.T) {
	b, s := newBench(t), newSigner(t)
	b = b.believing(t, s)
	raw := s.sign(t, letter("<1@x>", "please help"))
	to := []string{"support@acme.example", "billing@acme.example"}
	var got []string
	for range 2 {
		for _, o := range b.bring(stranger, raw, to...) {
			got = append(got, told(o))
		}
	}
	want := []string{"created proven-new pass", "created proven-new pass", "duplicate proven-new pass", "duplicate proven-new pass"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// Replicas that get copies of a mail at once believe one of them.
//
// covers: M02, P05
func TestCopiesAtOnce(t *testing.T) {
	b, s := newBench(t), newSigner(t)
	b = b.believing(t, s)
	// The contact is known and nothing is answered: they meet on the signature alone.
	b.bring(stranger, letter("<0@x>", "hello"), "support@acme.example")
	raw := s.sign(t, letter("<1@x>", "please help", "Auto-Submitted: auto-generated"))
	const replicas = 4
	benches := make([]*bench, replicas)
	m := &meeting{all: make(chan struct{}), missing: replicas}
	for i := range benches {
		benches[i] = b.with(t, func(p *Pipeline) { p.Store = meeter{b.replica(), m} })
	}
	results := atOnce(t, replicas, func(i int) ([]helpdesk.Outcome, error) {
		return benches[i].tryEnvelope(stranger, strings.Replace(raw, "<1@x>", fmt.Sprintf("<%d@x>", i), 1), "support@acme.example")
	})
	count := map[string]int{}
	for _, o := range results {
		count[told(o)]++
	}
	want := map[string]int{"created automatic-new pass": 1, "created automatic-new none": replicas - 1}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// meeting lets nobody go on who looked up a signature until all have.
type meeting struct {
	mu      sync.Mutex
	missing int
	all     chan struct{}
}

type meeter struct {
	Store
	at *meeting
}

func (m meeter) Signatures(ctx context.Context, account string, keys []string) ([]helpdesk.Signature, error) {
	known, err := m.Store.Signatures(ctx, account, keys)
	m.at.mu.Lock()
	if m.at.missing--; m.at.missing == 0 {
		close(m.at.all)
	}
	m.at.mu.Unlock()
	<-m.at.all
	return known, err
}

// What is explained sees what was remembered, and adds nothing to it. A
// signature is remembered for longer than it is believed, and swept then.
//
// covers: M06
func TestSignaturesAreRemembered(t *testing.T) {
	b, s := newBench(t), newSigner(t)
	b = b.believing(t, s)
	raw := s.sign(t, letter("<1@x>", "please help"))
	path := helpdesk.Path{Peer: stranger.Peer, From: stranger.From, To: []string{"support@acme.example"}}
	again := strings.Replace(raw, "<1@x>", "<2@x>", 1)
	explain := func(raw string) helpdesk.Proof {
		said, err := b.Explain(t.Context(), Inquiry{Path: path, Raw: []byte(raw)})
		if err != nil {
			t.Fatal(err)
		}
		return said[0].Recognised.Trust.Proof
	}
	for _, one := range []string{raw, again} {
		if proof := explain(one); proof != helpdesk.ProofPass {
			t.Fatalf("before anything came: %s", proof)
		}
	}
	b.bring(stranger, raw, "support@acme.example")
	if proof := explain(again); proof != helpdesk.ProofNone {
		t.Errorf("a copy is explained as %s", proof)
	}
	sweep := func(at time.Time) int {
		n, err := b.db.Sweep(t.Context(), "support", at)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	sweep(time.Now().Add(mailauth.MaxAge + 24*time.Hour)) // the budget of the answer
	if proof := explain(again); proof != helpdesk.ProofNone {
		t.Errorf("while the signature may be believed it is forgotten: a copy is explained as %s", proof)
	}
	if n := sweep(time.Now().Add(mailauth.Remember + time.Minute)); n != 1 {
		t.Errorf("%d signatures were swept, want one", n)
	}
}

// The same signature twice on one mail is one signature.
//
// covers: P04
func TestSignatureTwiceInOneMail(t *testing.T) {
	s := newSigner(t)
	b := newBench(t).believing(t, s)
	raw := s.sign(t, letter("<1@x>", "hello"))
	end := strings.Index(raw, "\r\nFrom:") + len("\r\n")
	got := b.bring(stranger, raw[:end]+raw, "support@acme.example")
	if got[0].Result != helpdesk.Created || got[0].Recognised.Trust.Proof != helpdesk.ProofPass {
		t.Errorf("outcome = %s by %s", said(got[0]), got[0].Recognised.Trust.Proof)
	}
}
