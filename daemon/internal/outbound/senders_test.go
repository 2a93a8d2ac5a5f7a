package outbound

import (
	"bytes"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// These hold every kind of mail that leaves to what Gmail, Yahoo and Microsoft ask
// of senders: docs/deliverability.md has the list.

// covers: P11
func TestEverySampleMeetsTheRulesForSenders(t *testing.T) {
	samples, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(samples) < 4*len(purposes) {
		t.Fatalf("%d samples, %v", len(samples), err)
	}
	for _, file := range samples {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			checkForm(t, raw)
			checkFields(t, raw)
			checkHTML(t, raw)
		})
	}
}

// checkForm is about bytes and lines.
func checkForm(t *testing.T, raw []byte) {
	t.Helper()
	header, _, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ok {
		t.Fatal("there is no end of the header")
	}
	if i := slices.IndexFunc(raw, func(b byte) bool { return b > '~' || b < ' ' && b != '\r' && b != '\n' && b != '\t' }); i >= 0 {
		t.Errorf("byte %#x at %d", raw[i], i)
	}
	if crlf := bytes.Count(raw, []byte("\r\n")); bytes.Count(raw, []byte("\r")) != crlf || bytes.Count(raw, []byte("\n")) != crlf {
		t.Error("there is a CR or LF on its own")
	}
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > 998 {
			t.Errorf("a line of %d characters", len(line))
		}
	}
	for line := range strings.SplitSeq(string(header), "\r\n") {
		// One word can be longer than the line that it must stand on.
		if len(line) > 78 && len(strings.Fields(line)) > 2 {
			t.Errorf("a header line of %d characters that could be folded: %s", len(line), line)
		}
	}
}

// checkFields is about the header.
func checkFields(t *testing.T, raw []byte) {
	t.Helper()
	std, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type"} {
		if n := len(std.Header[name]); n != 1 {
			t.Errorf("%d fields %s, want one", n, name)
		}
	}
	for _, name := range []string{"Sender", "Cc", "Bcc", "Return-Path", "Precedence", "List-Id", "Disposition-Notification-To"} {
		if n := len(std.Header[name]); n != 0 {
			t.Errorf("%d fields %s, want none", n, name)
		}
	}
	checkUnsubscribe(t, std.Header)
	domain := ""
	for _, name := range []string{"From", "Reply-To"} {
		if name == "Reply-To" && std.Header.Get(name) == "" {
			continue // of mail about a sign-in
		}
		list, err := std.Header.AddressList(name)
		if err != nil || len(list) != 1 {
			t.Fatalf("%s names %v, %v", name, list, err)
		}
		if _, at, _ := strings.Cut(list[0].Address, "@"); domain == "" {
			domain = at
		} else if at != domain {
			t.Errorf("%s is at %s, and From at %s", name, at, domain)
		}
	}
	if id := std.Header.Get("Message-Id"); !strings.HasSuffix(id, "@"+domain+">") {
		t.Errorf("Message-ID %s is not of %s", id, domain)
	}
	if at, err := std.Header.Date(); err != nil || at.After(noon.Add(time.Minute)) {
		t.Errorf("Date %v, %v", at, err)
	}
	if refs := eml.Read(raw).References(); len(refs) > 20 || len(strings.Join(refs, " ")) > 1900 {
		t.Errorf("%d References of %d characters", len(refs), len(strings.Join(refs, " ")))
	}
}

// checkUnsubscribe is about leaving by one click (RFC 8058): both fields or none, an
// https address, and both signed where we sign.
func checkUnsubscribe(t *testing.T, h mail.Header) {
	t.Helper()
	where, how := h["List-Unsubscribe"], h["List-Unsubscribe-Post"]
	if len(where) == 0 && len(how) == 0 {
		return
	}
	if len(where) != 1 || !strings.HasPrefix(where[0], "<https://help.acme.example/stop/pl1_") || len(how) != 1 || how[0] != "List-Unsubscribe=One-Click" {
		t.Errorf("List-Unsubscribe %q, List-Unsubscribe-Post %q", where, how)
	}
	for _, signature := range h["Dkim-Signature"] {
		signature = strings.Join(strings.Fields(signature), "")
		if !strings.Contains(signature, ":List-Unsubscribe:") || !strings.Contains(signature, "List-Unsubscribe-Post") {
			t.Errorf("signed without the fields for leaving: %s", signature)
		}
	}
}

var (
	loads = regexp.MustCompile(`(?i)<(img|script|iframe|link|video|audio|object|embed|form|input)\b|\b(src|srcset|background)\s*=|url\(`)
	leads = regexp.MustCompile(`(?i)href="([^"]*)"`)

	limited = regexp.MustCompile(`;\s*l=`)
)

// checkHTML is about what a reader's program would fetch: nothing; and about where
// links lead: to the help center, by the address that is shown.
func checkHTML(t *testing.T, raw []byte) {
	t.Helper()
	m := eml.Read(raw)
	markup, _ := m.HTML()
	text, _ := m.Text()
	if markup == "" || text == "" {
		t.Fatal("there are not both a text and an HTML part")
	}
	if found := loads.FindString(markup); found != "" {
		t.Errorf("the HTML loads something: %s", found)
	}
	for _, found := range leads.FindAllStringSubmatch(markup, -1) {
		u, err := url.Parse(found[1])
		if err != nil || u.Scheme != "mailto" && (u.Scheme != "https" || u.Host != "help.acme.example") {
			t.Errorf("a link leads to %s", found[1])
		}
	}
}

// Who gets reports, who signs and who writes are one domain: that is what DMARC
// looks at.
//
// covers: P11
func TestEverythingIsAligned(t *testing.T) {
	for _, purpose := range append([]helpdesk.Purpose{helpdesk.AgentNotice, helpdesk.CommandReceipt, helpdesk.MentionMail}, purposes...) {
		t.Run(string(purpose), func(t *testing.T) {
			var o occasion
			if purpose == helpdesk.AgentNotice || purpose == helpdesk.CommandReceipt || purpose == helpdesk.MentionMail {
				o = agentSample(t, purpose)
			} else {
				o = sampleOccasion(t, purpose)
			}
			o.box = signedBox()
			by, err := NewKeys(signingKeys(t), time.Now).Identities(t.Context(), o.box)
			if err != nil {
				t.Fatal(err)
			}
			c := newComposer(t)
			c.by = by
			p, err := c.compose(o)
			if err != nil {
				t.Fatal(err)
			}
			if !p.From.IsZero() && p.From.Domain() != "acme.example" {
				t.Errorf("reverse-path %s", p.From)
			}
			raw := written(t, p)
			checkForm(t, raw)
			checkFields(t, raw)
			for _, signature := range eml.Read(raw).Header.Values("DKIM-Signature") {
				if !strings.Contains(signature, "d=acme.example;") || limited.MatchString(signature) {
					t.Errorf("signed as %s", signature)
				}
			}
		})
	}
}
