package live

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/examples"
)

var quiet = slog.New(slog.DiscardHandler)

func center(namespace, name, more string) string {
	return fmt.Sprintf(`---
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: %[2]s, namespace: %[1]s}
spec:
  displayName: Help of %[2]s
  host: %[2]s.example
  mailboxRef: {name: support}
  portal: {ticketSubmission: Enabled%[3]s}
`, namespace, name, more)
}

func mailbox(namespace, name, more string) string {
	return fmt.Sprintf(`---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: %[2]s, namespace: %[1]s}
spec: {address: %[2]s@%[1]s.example, displayName: %[2]s, inbound: {type: SMTP}, relay: {host: smtp.%[1]s.example, port: 465%[3]s}}
`, namespace, name, more)
}

func form(namespace, name, publication, refs string) string {
	return fmt.Sprintf(`---
apiVersion: postern.dev/v1alpha1
kind: TicketForm
metadata: {name: %[2]s, namespace: %[1]s}
spec: {title: {default: %[2]s}, publication: %[3]s, helpCenterRefs: [%[4]s]}
`, namespace, name, publication, refs)
}

// folder holds one file of manifests.
func folder(t *testing.T, manifests ...string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, manifests...)
	return dir
}

func write(t *testing.T, dir string, manifests ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "all.yaml"), []byte(strings.Join(manifests, "")), 0o600); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, options Options, manifests ...string) *Live {
	t.Helper()
	l, err := Load(folder(t, manifests...), options, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// covers: K03, S12, S15
func TestLoadSample(t *testing.T) {
	l := load(t, Options{}, sample(t))
	h, ok := l.HelpCenter("support", "acme")
	if !ok || h.BaseURL != "https://help.acme.example" || !h.PortalOn || h.View != helpdesk.ViewWithLink || h.LinkLifetime != 30*24*time.Hour ||
		h.AgentNames != helpdesk.FirstName || h.ButtonLabel != "Submit a request" || !h.SubmissionVisible() {
		t.Errorf("help center = %+v", h)
	}
	var forms []string
	for _, f := range h.FormsFor(helpdesk.Anonymous) {
		forms = append(forms, f.Name)
	}
	if diff := cmp.Diff([]string{"contact", "billing"}, forms); diff != "" {
		t.Errorf("forms (-want +got):\n%s", diff)
	}
	m, ok := l.MailboxByAddress(helpdesk.MustAddress("SUPPORT@acme.example"))
	want := helpdesk.Relay{Host: "smtp.acme.example", Port: 465, TLS: helpdesk.TLSImplicit,
		Login: helpdesk.Login{Account: "support", Username: "support@acme.example", Password: helpdesk.SecretRef{Name: "relay", Key: "password"}}}
	if !ok || m.Name != "support" || m.HelpCenter != "acme" || m.Relay != want || m.MaxBytes <= 0 {
		t.Errorf("mailbox = %+v", m)
	}
	if got := l.LargestMail(); got != m.MaxBytes {
		t.Errorf("the largest mail has %d bytes, want %d", got, m.MaxBytes)
	}
	if diff := cmp.Diff(helpdesk.FileLimits{Bytes: 25 << 20, Mail: 35 << 20}, m.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"support"}, l.Accounts()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

// covers: K03
func TestLoadTellsAllProblems(t *testing.T) {
	dir := folder(t, center("a", "one", ", colour: red"), strings.Replace(mailbox("a", "support", ""), "support@a.example", "support", 1))
	_, err := Load(dir, Options{}, quiet)
	if err == nil || !strings.Contains(err.Error(), "colour") {
		t.Fatalf("error = %v, want one that names the unknown field", err)
	}
	write(t, dir, center("a", "one", ", view: Nobody"), strings.Replace(mailbox("a", "support", ""), "support@a.example", "support", 1))
	_, err = Load(dir, Options{}, quiet)
	for _, part := range []string{"spec.portal.view", "spec.address"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error = %v, want it to tell of %s", err, part)
		}
	}
	if _, err := Load(filepath.Join(dir, "none"), Options{}, quiet); err == nil {
		t.Error("a folder that is not there was loaded")
	}
}

// covers: S18, S41, S15
func TestSubmissionIsHidden(t *testing.T) {
	box := mailbox("a", "support", "")
	for _, tt := range []struct {
		name      string
		manifests []string
		want      bool // submission is visible
	}{
		{"published and connected", []string{center("a", "one", ""), form("a", "f", "Published", "{name: one}")}, true},
		{"no form", []string{center("a", "one", "")}, false},
		{"draft", []string{center("a", "one", ""), form("a", "f", "Draft", "{name: one}")}, false},
		{"not connected", []string{center("a", "one", ""), form("a", "f", "Published", "")}, false},
		{"connected to another", []string{center("a", "one", ""), center("a", "two", ""), form("a", "f", "Published", "{name: two}")}, false},
		{"of another account", []string{center("a", "one", ""), center("b", "two", ""), mailbox("b", "support", ""), form("b", "f", "Published", "{name: one}")}, false},
		{"switched off", []string{strings.Replace(center("a", "one", ""), "Enabled", "Disabled", 1), form("a", "f", "Published", "{name: one}")}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t, append(tt.manifests, box)...)
			l, err := Load(dir, Options{}, quiet)
			if err != nil {
				if tt.want || !strings.Contains(err.Error(), "one") {
					t.Fatal(err)
				}
				return // refused as a whole: nothing is visible either
			}
			h, ok := l.HelpCenter("a", "one")
			if !ok || h.SubmissionVisible() != tt.want || (len(h.Forms) > 0) != tt.want {
				t.Errorf("found %t, visible %t with %d forms, want visible %t", ok, h.SubmissionVisible(), len(h.Forms), tt.want)
			}
		})
	}
}

func TestHelpCenterByHost(t *testing.T) {
	l := load(t, Options{}, center("a", "one", ""), center("a", "two", ""), mailbox("a", "support", ""))
	local := load(t, Options{BaseURL: func(h config.HelpCenter, first bool) string {
		if first {
			return "http://[::1]:8080"
		}
		return "http://Two.localhost:8080"
	}}, center("a", "one", ""), center("a", "two", ""), mailbox("a", "support", ""))
	for _, tt := range []struct {
		name string
		live *Live
		host string
		want string // "" = none
	}{
		{"plain", l, "one.example", "one"},
		{"case", l, "TWO.Example", "two"},
		{"port", l, "two.example:8443", "two"},
		{"dot at the end", l, "one.example.:80", "one"},
		{"unknown", l, "three.example", ""},
		{"suffix", l, "evil-one.example", ""},
		{"empty", l, "", ""},
		{"IPv6 with port", local, "[::1]:8080", "one"},
		{"IPv6", local, "[::1]", "one"},
		{"declared host when links go elsewhere", local, "one.example", ""},
		{"base in another case", local, "two.localhost", "two"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, ok := tt.live.HelpCenterByHost(tt.host)
			if h.Name != tt.want || ok != (tt.want != "") {
				t.Errorf("help center %q, %t, want %q", h.Name, ok, tt.want)
			}
		})
	}
}

func TestLookups(t *testing.T) {
	l := load(t, Options{}, center("a", "one", ""), mailbox("a", "support", ""), mailbox("b", "support", ""))
	a, inA := l.Mailbox("a", "support")
	b, inB := l.Mailbox("b", "support")
	if !inA || !inB || a.Address == b.Address || a.Audience == b.Audience {
		t.Errorf("mailboxes %+v and %+v of two accounts", a, b)
	}
	if _, ok := l.HelpCenter("b", "one"); ok {
		t.Error("a help center was found in another account")
	}
	if _, ok := l.Mailbox("a", ""); ok {
		t.Error("a mailbox without a name was found")
	}
	l.HelpCenters()[0].Account, l.Mailboxes()[0].Account, l.Accounts()[0] = "x", "x", "x"
	if _, ok := l.HelpCenter("a", "one"); !ok || l.Accounts()[0] != "a" || l.Mailboxes()[0].Account != "a" {
		t.Error("a caller changed what is served")
	}
}

// covers: M02
func TestWhatProvesForMailbox(t *testing.T) {
	l := load(t, Options{}, strings.Replace(mailbox("a", "support", ""), "inbound: {type: SMTP}",
		"aliases: [old@a.example, Sales@brand.example], inbound: {type: SMTP, authenticationResults: mx.a.example}", 1), mailbox("b", "support", ""))
	m, _ := l.Mailbox("a", "support")
	if m.Results != "mx.a.example" || len(m.Aliases) != 2 {
		t.Errorf("mailbox = %+v", m)
	}
	for _, tt := range []struct {
		account, address string
		want             bool
	}{
		{"a", "old@a.example", true},
		{"a", "sales@BRAND.example", true},
		{"b", "old@a.example", false},
		{"a", "support@a.example", false},
	} {
		if got := l.IsAlias(tt.account, helpdesk.MustAddress(tt.address)); got != tt.want {
			t.Errorf("%s is an alias in %s: %t, want %t", tt.address, tt.account, got, tt.want)
		}
	}
	if _, ok := l.MailboxByAddress(helpdesk.MustAddress("old@a.example")); ok {
		t.Error("an alias takes mail")
	}
}

func TestRelays(t *testing.T) {
	ours := helpdesk.Relay{Host: "localhost", Port: 25, TLS: helpdesk.TLSNone}
	bare := strings.Replace(mailbox("a", "bare", ""), ", relay: {host: smtp.a.example, port: 465}", "", 1)
	for _, tt := range []struct {
		name    string
		options Options
		want    map[string]string
	}{
		{"declared ones count", Options{Relay: ours}, map[string]string{"support": "smtp.a.example:465", "bare": "localhost:25"}},
		{"all to one", Options{Relay: ours, RelayAll: true}, map[string]string{"support": "localhost:25", "bare": "localhost:25"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]string{}
			for _, m := range load(t, tt.options, mailbox("a", "support", ""), bare).Mailboxes() {
				got[m.Name] = fmt.Sprintf("%s:%d", m.Relay.Host, m.Relay.Port)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("relays (-want +got):\n%s", diff)
			}
		})
	}
}

// Keys are named with whose they are; mail that is caught needs none.
func TestDKIM(t *testing.T) {
	signed := strings.Replace(mailbox("a", "support", ""), ", relay:", ", dkim: [{selector: s1, keySecretRef: {name: dkim}}, {selector: s2, domain: a.example, keySecretRef: {name: dkim, key: ed}}], relay:", 1)
	for _, tt := range []struct {
		name    string
		options Options
		want    []helpdesk.DKIM
	}{
		{"declared", Options{}, []helpdesk.DKIM{
			{Domain: "a.example", Selector: "s1", Key: helpdesk.SecretRef{Name: "dkim", Key: "private-key"}},
			{Domain: "a.example", Selector: "s2", Key: helpdesk.SecretRef{Name: "dkim", Key: "ed"}},
		}},
		{"caught", Options{RelayAll: true}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, ok := load(t, tt.options, signed).Mailbox("a", "support")
			if diff := cmp.Diff(tt.want, m.DKIM); !ok || diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHelpCenterOfMailbox(t *testing.T) {
	box, other := mailbox("a", "support", ""), mailbox("a", "sales", "")
	for _, tt := range []struct {
		name      string
		manifests []string
		want      string // of the mailbox sales
	}{
		{"named", []string{center("a", "one", ""), strings.Replace(center("a", "two", ""), "support}", "sales}", 1)}, "two"},
		{"the only one", []string{center("a", "one", "")}, "one"},
		{"one of two", []string{center("a", "one", ""), center("a", "two", "")}, ""},
		{"another account's", []string{center("b", "one", ""), mailbox("b", "support", "")}, ""},
		{"none", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, ok := load(t, Options{}, append(tt.manifests, box, other)...).Mailbox("a", "sales")
			if !ok || m.HelpCenter != tt.want {
				t.Errorf("help center %q, %t, want %q", m.HelpCenter, ok, tt.want)
			}
		})
	}
}

// covers: S16, K03
func TestWatch(t *testing.T) {
	good := []string{center("a", "one", ""), mailbox("a", "support", "")}
	dir := folder(t, good...)
	synctest.Test(t, func(t *testing.T) {
		l, err := Load(dir, Options{}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		// Changed between loading and watching.
		write(t, dir, append(good, form("a", "f", "Published", "{name: one}"))...)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); l.Watch(ctx, dir) }()
		for _, step := range []struct {
			name   string
			change func()
			want   int // forms of the help center
		}{
			{"before it looked", func() {}, 1},
			{"broken", func() { write(t, dir, "kind: Nonsense") }, 1},
			{"folder is gone", func() { rename(t, dir, dir+"-away") }, 1},
			{"folder is back, and good", func() {
				rename(t, dir+"-away", dir)
				write(t, dir, append(good, form("a", "f", "Draft", "{name: one}"))...)
			}, 0},
			{"published", func() {
				write(t, dir, append(good, form("a", "f", "Published", "{name: one}"), form("a", "g", "Published", "{name: one}"))...)
			}, 2},
		} {
			step.change()
			time.Sleep(pollEvery + time.Millisecond) // of the bubble's clock
			synctest.Wait()
			if h, ok := l.HelpCenter("a", "one"); !ok || len(h.Forms) != step.want {
				t.Errorf("%s: found %t with %d forms, want %d", step.name, ok, len(h.Forms), step.want)
			}
		}
		cancel()
		<-done
	})
}

// What is live is told with its revision, and why what is hidden is hidden; what was
// refused too.
// covers: S16, S18, S41
func TestStatuses(t *testing.T) {
	good := []string{center("a", "one", ""), center("a", "two", ""), mailbox("a", "support", ""), form("a", "f", "Published", "{name: one}"), form("a", "g", "Draft", "{name: one}, {name: two}")}
	dir := folder(t, good...)
	synctest.Test(t, func(t *testing.T) {
		l, err := Load(dir, Options{}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); l.Watch(ctx, dir) }()
		look := func() (told []string, revisions map[string]string) {
			revisions = map[string]string{}
			for _, s := range l.Statuses() {
				told = append(told, fmt.Sprintf("%s/%s %s %t %s: %s, %d and %d drafts", s.Account, s.Name, s.URL, s.Submission.Visible, s.Submission.Reason, s.Submission.Message, len(s.Forms), s.Drafts))
				revisions[s.Name] = s.Revision
				for _, f := range s.Forms {
					revisions[f.Name] = f.Revision
				}
			}
			return told, revisions
		}
		want := []string{
			"a/one https://one.example true Visible: published forms: 1, 1 and 1 drafts",
			"a/two https://two.example false NoPublishedForm: no published TicketForm is connected (connected as drafts: 1), 0 and 1 drafts",
		}
		told, before := look()
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		change := func(more string) {
			write(t, dir, append([]string{center("a", "one", more)}, good[1:]...)...)
			time.Sleep(pollEvery + time.Millisecond) // of the bubble's clock
			synctest.Wait()
		}
		at := l.Loading()
		change(", view: Nonsense")
		if now := l.Loading(); !strings.Contains(now.Refused, "view") || !now.At.Equal(at.At) {
			t.Errorf("refused: %+v", now)
		}
		if _, now := look(); now["one"] != before["one"] {
			t.Error("what was refused is live")
		}
		change(", view: SignedIn")
		if now := l.Loading(); now.Refused != "" || !now.At.After(at.At) {
			t.Errorf("loaded: %+v", now)
		}
		if _, now := look(); now["one"] == before["one"] || now["two"] != before["two"] || now["f"] != before["f"] {
			t.Errorf("revisions %v, were %v", now, before)
		}
		cancel()
		<-done
	})
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// sample is the example that is shipped.
func sample(t *testing.T) string {
	t.Helper()
	b, err := examples.FS.ReadFile("acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
