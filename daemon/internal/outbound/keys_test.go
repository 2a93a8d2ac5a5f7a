package outbound

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
)

func pemOf(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// signingKeys are secrets of the account: an RSA key and an Ed25519 key.
func signingKeys(t testing.TB) secretTexts {
	t.Helper()
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, small, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return secretTexts{account + "/dkim/rsa": pemOf(t, large), account + "/dkim/ed25519": pemOf(t, small)}
}

func signedBox() helpdesk.Mailbox {
	box := sampleMailbox()
	box.DKIM = []helpdesk.DKIM{
		{Domain: "acme.example", Selector: "small", Key: helpdesk.SecretRef{Name: "dkim", Key: "ed25519"}},
		{Domain: "acme.example", Selector: "large", Key: helpdesk.SecretRef{Name: "dkim", Key: "rsa"}},
	}
	return box
}

// published is a DNS with the records of keys, and a policy.
type published map[string]string

func (p published) LookupTXT(_ context.Context, name string) ([]string, error) {
	if text, ok := p[strings.TrimSuffix(name, ".")]; ok {
		return []string{text}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (published) LookupMX(context.Context, string) ([]*net.MX, error)        { return nil, nil }
func (published) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, nil }
func (published) LookupAddr(context.Context, string) ([]string, error)       { return nil, nil }

// Every kind of mail that we sign is proven to who gets it, as they got it.
//
// covers: P11
func TestSignedMailIsProven(t *testing.T) {
	keys := NewKeys(signingKeys(t), func() time.Time { return noon })
	box := signedBox()
	records, err := keys.Records(t.Context(), box)
	if err != nil || len(records) != 2 || records[0].Name != "small._domainkey.acme.example" || records[1].Algorithm != "rsa" || records[1].Weak {
		t.Fatalf("records %+v, %v", records, err)
	}
	dns := published{"_dmarc.acme.example": "v=DMARC1; p=reject; adkim=s"}
	for _, r := range records {
		dns[r.Name] = r.Text
	}
	checker := mailauth.New(mailauth.Options{Resolver: dns, Now: func() time.Time { return noon }})
	by, err := keys.Identities(t.Context(), box)
	if err != nil {
		t.Fatal(err)
	}
	r := startRelay(t, &relay{}, nil, false)
	for _, purpose := range purposes {
		for _, tw := range twists {
			t.Run(string(purpose)+" "+tw.name, func(t *testing.T) {
				o := sampleOccasion(t, purpose)
				tw.twist(&o)
				o.box.Relay = r.address
				c := newComposer(t)
				c.by = by
				p, err := c.compose(o)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := newCourier(t).Deliver(soon(t), p); err != nil {
					t.Fatal(err)
				}
				mails := r.mails()
				m := eml.Read([]byte(mails[len(mails)-1].Data))
				verdict, err := checker.Check(t.Context(), mailauth.Mail{
					Message: m, Peer: netip.MustParseAddr("192.0.2.1"), Ours: p.To.Same,
				})
				if err != nil || verdict.Trust.Proof != helpdesk.ProofPass || len(verdict.Signatures) != 2 {
					t.Errorf("%v, %+v", err, verdict)
				}
				for _, d := range verdict.DKIM {
					if d.Result != mailauth.Pass || !d.Oversigned || !d.Aligned {
						t.Errorf("signature %+v", d)
					}
				}
			})
		}
	}
}

// endless is a file of n bytes that nobody has in memory.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.n)
	for i := range n {
		p[i] = byte(e.n - i)
	}
	e.n -= n
	return n, nil
}

func (*endless) Close() error { return nil }

// A mail with 25 MiB of files is composed, signed and handed over without being in
// memory at any time; the signatures are over what goes out.
//
// covers: P11
func TestLargeMailIsStreamed(t *testing.T) {
	keys := NewKeys(signingKeys(t), time.Now)
	by, err := keys.Identities(t.Context(), signedBox())
	if err != nil {
		t.Fatal(err)
	}
	const size = 25 << 20
	mail := &eml.Outgoing{
		From: eml.Mailbox{Address: helpdesk.MustAddress("support@acme.example")}, To: eml.Mailbox{Address: helpdesk.MustAddress("alice@customer.example")},
		MessageID: "<1@acme.example>", Date: noon, Text: "See the file.",
		Attachments: []eml.OutgoingAttachment{{Filename: "film.bin", Open: func() (io.ReadCloser, error) { return &endless{size}, nil }}},
	}
	spool := newSpools(t).New()
	defer spool.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := writeSigned(spool, mail, by, noon); err != nil {
		t.Fatal(err)
	}
	if n, err := spool.WriteTo(io.Discard); err != nil || n < size*4/3 || n != spool.Size() {
		t.Fatalf("%d bytes, %v", n, err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 { // the race detector takes some
		t.Errorf("%d bytes of memory were used, want a small part of the mail", used)
	}
	records, err := keys.Records(t.Context(), signedBox())
	if err != nil {
		t.Fatal(err)
	}
	out, in := io.Pipe()
	go func() {
		_, err := spool.WriteTo(in)
		_ = in.CloseWithError(err)
	}()
	found, err := dkim.VerifyWithOptions(out, &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		for _, r := range records {
			if r.Name == name {
				return []string{r.Text}, nil
			}
		}
		return nil, errors.New("no such name")
	}})
	if err != nil || len(found) != 2 || found[0].Err != nil || found[1].Err != nil {
		t.Errorf("%v, %+v", err, found)
	}
}

// A key that cannot be used keeps the mail, with words for who can mend it.
//
// covers: P11
func TestKeysThatCannotBeUsed(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
	}{
		{"not there", "", "sign mail as acme.example with key small: the secret dkim is not there"},
		{"broken", "secret words", "sign mail as acme.example with key small: the key is not in PEM"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			texts := signingKeys(t)
			if texts[account+"/dkim/ed25519"] = tt.text; tt.text == "" {
				delete(texts, account+"/dkim/ed25519")
			}
			by, err := NewKeys(texts, time.Now).Identities(t.Context(), signedBox())
			if err == nil || by != nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "secret words") {
				t.Errorf("%v, %v, want %q", by, err, tt.want)
			}
			if got := Judge(err); got != Later {
				t.Errorf("it is judged %s: the mail must wait, and mail of other mailboxes must not", got)
			}
		})
	}
}

// counted counts how often secrets are read.
type counted struct {
	secretTexts
	reads int
}

func (c *counted) Secret(ctx context.Context, account string, ref helpdesk.SecretRef) ([]byte, error) {
	c.reads++
	return c.secretTexts.Secret(ctx, account, ref)
}

func TestKeysAreKeptForAMoment(t *testing.T) {
	var at clock
	texts := &counted{secretTexts: signingKeys(t)}
	keys, box := NewKeys(texts, at.now), signedBox()
	record := func() string {
		t.Helper()
		all, err := keys.Records(t.Context(), box)
		if err != nil {
			t.Fatal(err)
		}
		return all[0].Text
	}
	first := record()
	if again := record(); again != first || texts.reads != 2 {
		t.Errorf("read %d times, want each key once", texts.reads)
	}
	texts.secretTexts[account+"/dkim/ed25519"] = signingKeys(t)[account+"/dkim/ed25519"]
	at.forward(keyFor - 1)
	if record() != first {
		t.Error("the key changed before its time")
	}
	at.forward(1)
	if record() == first {
		t.Error("a changed key does not count")
	}
	delete(texts.secretTexts, account+"/dkim/rsa")
	at.forward(keyFor)
	if _, err := keys.Identities(t.Context(), box); err == nil {
		t.Error("a key that is gone signs on")
	}
	other := box
	other.Account = "other"
	if _, err := keys.Identities(t.Context(), other); err == nil {
		t.Error("an account signs with another one's key")
	}
}

// Mail without a declared key leaves as it was composed.
func TestUnsigned(t *testing.T) {
	by, err := NewKeys(nil, time.Now).Identities(t.Context(), sampleMailbox())
	if err != nil || len(by) != 0 {
		t.Fatalf("%v, %v", by, err)
	}
	if p, err := newComposer(t).compose(sampleOccasion(t, helpdesk.AgentReply)); err != nil || eml.Read(written(t, p)).Header.Count("DKIM-Signature") != 0 {
		t.Errorf("%v", err)
	}
}

// BenchmarkCompose is what one reply costs before anybody is spoken to.
func BenchmarkCompose(b *testing.B) {
	texts := signingKeys(b)
	box := signedBox()
	for _, bm := range []struct {
		name string
		keys []helpdesk.DKIM
	}{{"unsigned", nil}, {"rsa", box.DKIM[1:]}, {"both", box.DKIM}} {
		b.Run(bm.name, func(b *testing.B) {
			keys := NewKeys(texts, time.Now)
			c := composer{signer: newSigner(b), spools: newSpools(b)}
			o := sampleOccasion(b, helpdesk.AgentReply)
			o.box.DKIM = bm.keys
			b.ReportAllocs()
			for b.Loop() {
				by, err := keys.Identities(b.Context(), o.box)
				if err != nil {
					b.Fatal(err)
				}
				c.by = by
				p, err := c.compose(o)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = p.Mail.WriteTo(io.Discard)
				p.Mail.Close()
			}
		})
	}
}
