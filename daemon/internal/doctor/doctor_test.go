package doctor

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/test/peers"
)

// steady tries nothing: it says what it was told.
type steady struct {
	relay, imap Trial
	err         error
}

func (s steady) TryRelay(context.Context, string, string) (Trial, error) { return s.relay, s.err }
func (s steady) TryIMAP(context.Context, string, string) (Trial, error)  { return s.imap, s.err }

// doctorOf asks a DNS with a zone.
func doctorOf(t *testing.T, zone string) *Doctor {
	t.Helper()
	dns := peers.StartDNS(t, zone)
	return &Doctor{
		Hostname: "mx.acme.example", Reserved: true, Hands: steady{relay: Trial{Words: "fine"}}, Now: time.Now,
		Keys: func(context.Context, helpdesk.Mailbox) ([]outbound.KeyRecord, error) { return nil, nil },
		Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, dns.Address)
		}},
	}
}

var support = helpdesk.Mailbox{
	Account: "acme", Name: "support", Address: helpdesk.MustAddress("support@acme.example"), Relay: helpdesk.Relay{Host: "smtp.acme.example", Port: 465, TLS: helpdesk.TLSImplicit},
}

// finding looks for one by what it is about.
func finding(t *testing.T, r Report, kind, what string) Finding {
	t.Helper()
	for _, c := range r.Chapters {
		for _, f := range c.Findings {
			if c.Kind == kind && f.What == what {
				return f
			}
		}
	}
	t.Fatalf("nothing is said of %s %s: %+v", kind, what, r)
	return Finding{}
}

const healthy = `
	acme.example         MX   10 mx.acme.example
	acme.example         TXT  v=spf1 a:smtp.acme.example -all
	_dmarc.acme.example  TXT  v=DMARC1; p=quarantine
	mx.acme.example      A    203.0.113.25
	smtp.acme.example    A    203.0.113.26
	25.113.0.203.in-addr.arpa PTR mx.acme.example`

// without leaves lines out of the healthy zone, and adds others.
func without(left string, added ...string) string {
	var lines []string
	for line := range strings.Lines(healthy) {
		if left == "" || !strings.Contains(line, left) {
			lines = append(lines, line)
		}
	}
	return strings.Join(append(lines, added...), "\n")
}

func TestRecords(t *testing.T) {
	elsewhere, google, here, nowhere := support, support, support, support
	elsewhere.Relay.Host = "203.0.113.99"
	google.Relay.Host = "smtp.gmail.com"
	here.Relay.Host = "127.0.0.1"
	nowhere.Relay.Host = "gone.acme.example"
	imap := support
	imap.IMAP = &helpdesk.IMAP{Host: "imap.acme.example", Folder: "INBOX"}
	for _, test := range []struct {
		name, zone string
		box        helpdesk.Mailbox
		kind, what string
		state      State
		words      string // part of what is said
		set        []string
	}{
		{"mail comes here", healthy, support, "Mailbox", "MX", OK, "comes to mx.acme.example", nil},
		{"no MX", without("MX"), support, "Mailbox", "MX", Missing, "nobody knows", []string{"acme.example. IN MX 10 mx.acme.example."}},
		{"mail goes elsewhere", without("MX", "acme.example MX 10 other.example"), support, "Mailbox", "MX", Warning, "other.example, not to mx.acme.example",
			[]string{"acme.example. IN MX 10 mx.acme.example."}},
		{"the domain takes no mail", without("MX", "acme.example MX 0 ."), support, "Mailbox", "MX", Wrong, "takes no mail", []string{"acme.example. IN MX 10 mx.acme.example."}},
		{"DNS is broken", "acme.example SERVFAIL\n_dmarc.acme.example SERVFAIL", support, "Mailbox", "MX", Wrong, "DNS does not answer about acme.example", nil},

		{"the relay may send", healthy, support, "Mailbox", "SPF", OK, "smtp.acme.example (203.0.113.26) may send", nil},
		{"no SPF", without("spf1"), support, "Mailbox", "SPF", Missing, "nothing says", []string{`acme.example. IN TXT "v=spf1 a:smtp.acme.example ~all"`}},
		{"another TXT is no SPF", without("spf1", "acme.example TXT v=spf10 all"), support, "Mailbox", "SPF", Missing, "nothing says", []string{`acme.example. IN TXT "v=spf1 a:smtp.acme.example ~all"`}},
		{"two SPF", without("", "acme.example TXT v=spf1 mx -all"), support, "Mailbox", "SPF", Wrong, "several records", nil},
		{"everybody may", without("spf1", "acme.example TXT v=spf1 +all"), support, "Mailbox", "SPF", Wrong, "every server", nil},
		{"a record that can't be read", without("spf1", "acme.example TXT v=spf1 nonsense:x -all"), support, "Mailbox", "SPF", Wrong, "can't make out", nil},
		{"the relay may not", without("spf1", "acme.example TXT v=spf1 mx -all"), support, "Mailbox", "SPF", Warning, "may not send for acme.example (fail)",
			[]string{`acme.example. IN TXT "v=spf1 mx a:smtp.acme.example -all"`}},
		{"a relay by its address", healthy, elsewhere, "Mailbox", "SPF", Warning, "203.0.113.99", []string{`acme.example. IN TXT "v=spf1 a:smtp.acme.example ip4:203.0.113.99 -all"`}},
		{"a relay without an address", healthy, nowhere, "Mailbox", "SPF", Warning, "has no address", []string{`acme.example. IN TXT "v=spf1 a:smtp.acme.example a:gone.acme.example -all"`}},
		{"a relay on this machine", without("spf1", "acme.example TXT v=spf1 mx -all"), here, "Mailbox", "SPF", OK, "mx.acme.example (203.0.113.25) may send", nil},
		{"a provider", without("spf1", "acme.example TXT v=spf1 include:_spf.google.com ~all"), google, "Mailbox", "SPF", OK, "smtp.gmail.com", nil},
		{"a provider that is left out", healthy, google, "Mailbox", "SPF", Missing, "not included", []string{`acme.example. IN TXT "v=spf1 a:smtp.acme.example include:_spf.google.com -all"`}},
		{"a redirect stays last", without("spf1", "acme.example TXT v=spf1 redirect=_spf.acme.example"), google, "Mailbox", "SPF", Missing, "not included",
			[]string{`acme.example. IN TXT "v=spf1 include:_spf.google.com redirect=_spf.acme.example"`}},

		{"a policy", healthy, support, "Mailbox", "DMARC", OK, "p=quarantine, said by acme.example", nil},
		{"no policy", without("DMARC1"), support, "Mailbox", "DMARC", Missing, "there is no record", []string{`_dmarc.acme.example. IN TXT "v=DMARC1; p=none"`}},
		{"a broken policy", without("DMARC1", "_dmarc.acme.example TXT v=DMARC1; p=perhaps"), support, "Mailbox", "DMARC", Wrong, "has no valid p", []string{`_dmarc.acme.example. IN TXT "v=DMARC1; p=none"`}},
		{"a policy that is tried out", without("DMARC1", "_dmarc.acme.example TXT v=DMARC1; p=reject; t=y"), support, "Mailbox", "DMARC", OK, "tried out", nil},
		{"no answer about the policy", without("DMARC1", "_dmarc.acme.example SERVFAIL"), support, "Mailbox", "DMARC", Wrong, "DNS does not answer", nil},

		{"the server", healthy, support, "Server", "address", OK, "203.0.113.25", nil},
		{"a server without an address", without("mx.acme.example      A"), support, "Server", "address", Missing, "no address", []string{addressLine("mx.acme.example")}},
		{"its address has its name", healthy, support, "Server", "PTR", OK, "203.0.113.25 is mx.acme.example", nil},
		{"its address has no name", without("PTR"), support, "Server", "PTR", Warning, "another name, or none", []string{"25.113.0.203.in-addr.arpa. IN PTR mx.acme.example."}},
		{"an address of the house", without("203.0.113.25", "mx.acme.example A 10.0.0.1"), support, "Server", "PTR", Skipped, "this network alone", nil},
		{"an IMAP mailbox needs no MX", without("MX"), imap, "Mailbox", "DMARC", OK, "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			report := doctorOf(t, test.zone).Examine(t.Context(), nil, []helpdesk.Mailbox{test.box})
			f := finding(t, report, test.kind, test.what)
			if f.State != test.state || !strings.Contains(f.Words, test.words) {
				t.Errorf("it is %s: %s, want %s: …%s…", f.State, f.Words, test.state, test.words)
			}
			if diff := cmp.Diff(test.set, f.Set); diff != "" {
				t.Errorf("to be set (-want +got):\n%s", diff)
			}
			if test.box.IMAP != nil {
				for _, f := range report.Chapters[0].Findings {
					if f.What == "MX" {
						t.Error("an MX is asked for")
					}
				}
			}
		})
	}
}

func TestKeys(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	folder := secretsOf{"key": pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})}
	box := support
	box.DKIM = []helpdesk.DKIM{{Domain: "acme.example", Selector: "s1", Key: helpdesk.SecretRef{Name: "dkim", Key: "key"}}}
	records, err := outbound.NewKeys(folder, time.Now).Records(t.Context(), box)
	if err != nil {
		t.Fatal(err)
	}
	name, text := records[0].Name, records[0].Text
	_, p, _ := strings.Cut(text, "p=")
	long := []string{name + `. IN TXT "` + text[:255] + `" "` + text[255:] + `"`}
	for _, test := range []struct {
		name, zone string
		secrets    secretsOf
		what       string
		state      State
		words      string
		set        []string
	}{
		{"as published", name + " TXT " + text, folder, "DKIM s1", OK, "rsa", nil},
		{"in other words", name + " TXT p=" + p, folder, "DKIM s1", OK, "rsa", nil},
		{"not published", "acme.example A 192.0.2.1", folder, "DKIM s1", Missing, "not published", long},
		{"another key", name + " TXT v=DKIM1; k=rsa; p=AAAA", folder, "DKIM s1", Wrong, "another key", long},
		{"a key that was withdrawn", name + " TXT v=DKIM1; p=", folder, "DKIM s1", Wrong, "another key", long},
		{"two records", name + " TXT " + text + "\n" + name + " TXT v=DKIM1; p=AAAA", folder, "DKIM s1", Wrong, "several", long},
		{"tried out", name + " TXT " + text + "; t=y", folder, "DKIM s1", Warning, "t=y", long},
		{"no answer", name + " SERVFAIL", folder, "DKIM s1", Wrong, "DNS does not answer", nil},
		{"a secret that is not there", healthy, secretsOf{}, "DKIM", Wrong, "no mail of this mailbox goes out", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := doctorOf(t, test.zone)
			d.Keys = outbound.NewKeys(test.secrets, time.Now).Records
			f := finding(t, d.Examine(t.Context(), nil, []helpdesk.Mailbox{box}), "Mailbox", test.what)
			if f.State != test.state || !strings.Contains(f.Words, test.words) {
				t.Errorf("it is %s: %s, want %s: …%s…", f.State, f.Words, test.state, test.words)
			}
			if diff := cmp.Diff(test.set, f.Set); diff != "" {
				t.Errorf("to be set (-want +got):\n%s", diff)
			}
		})
	}
	f := finding(t, doctorOf(t, healthy).Examine(t.Context(), nil, []helpdesk.Mailbox{support}), "Mailbox", "DKIM")
	if f.State != Warning || !strings.Contains(f.Words, "the relay has to sign") {
		t.Errorf("without keys it is %s: %s", f.State, f.Words)
	}
}

// secretsOf are secrets by key.
type secretsOf map[string][]byte

func (s secretsOf) Secret(_ context.Context, _ string, ref helpdesk.SecretRef) ([]byte, error) {
	if text, ok := s[ref.Key]; ok {
		return text, nil
	}
	return nil, errors.New("there is no secret " + ref.Key)
}

// covers: P01, P11
func TestTheFailingStepIsNamed(t *testing.T) {
	imap := support
	imap.IMAP = &helpdesk.IMAP{Host: "imap.acme.example", Folder: "INBOX"}
	for _, test := range []struct {
		name  string
		hands steady
		what  string
		state State
	}{
		{"the relay takes us", steady{relay: Trial{Words: "fine"}}, "relay", OK},
		{"the relay does not", steady{relay: Trial{Step: "AUTH", Words: "535 no"}}, "relay AUTH", Wrong},
		{"the mailbox can't be opened", steady{imap: Trial{Step: "SELECT", Words: "no such folder"}}, "IMAP SELECT", Wrong},
		{"it can't be tried", steady{err: errors.New("only the daemon may")}, "IMAP", Skipped},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := doctorOf(t, healthy)
			d.Hands = test.hands
			report := d.Examine(t.Context(), nil, []helpdesk.Mailbox{imap})
			if f := finding(t, report, "Mailbox", test.what); f.State != test.state {
				t.Errorf("it is %s: %s, want %s", f.State, f.Words, test.state)
			}
			if report.Healthy() != (test.state != Wrong) {
				t.Errorf("healthy is %t", report.Healthy())
			}
		})
	}
}

func TestNamesForExamplesAreNotAskedFor(t *testing.T) {
	d := doctorOf(t, "")
	d.Reserved = false
	centers := []Center{{Account: "acme", Name: "acme", DisplayName: "Acme", BaseURL: "https://help.acme.example"}}
	report := d.Examine(t.Context(), centers, []helpdesk.Mailbox{support})
	if !report.Healthy() || report.Count(Skipped) != 3 {
		t.Errorf("reported %+v, want three names that are left out", report)
	}
}
