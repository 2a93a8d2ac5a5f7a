package live

import (
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// covers: S07
func TestMailTemplates(t *testing.T) {
	own := config.Mail{Templates: []config.MailTemplate{{
		Purpose: config.MailStatusChanged,
		Body:    config.LocalizedText{Default: "{{.Number}} is {{.Status}}\n{{.Link}}", Translations: []config.Translation{{Locale: "de", Text: "{{.Number}}: {{.Status}}\n{{.Link}}"}}},
	}}}
	facts := map[string]string{"Number": "#7", "Status": "Solved", "Link": "L"}
	for locale, want := range map[string]string{"en": "#7 is Solved\nL", "de-AT": "#7: Solved\nL"} {
		made, err := mailTemplates(own, locale)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := made[helpdesk.StatusChanged].Execute(&b, facts); err != nil || b.String() != want {
			t.Errorf("in %s: %q, %v", locale, b.String(), err)
		}
		if len(made) != 1 {
			t.Errorf("%d templates", len(made))
		}
	}
	own.Templates[0].Body.Default = "{{.Secret}}"
	if _, err := mailTemplates(own, "en"); err == nil {
		t.Error("a bad template is loaded")
	}
}

// Every purpose that can be declared is one that is sent, and its own.
func TestPurposesOfMail(t *testing.T) {
	seen := map[helpdesk.Purpose]bool{}
	for declared, sent := range purposes {
		if len(config.MailFacts(declared)) == 0 || seen[sent] {
			t.Errorf("%s is sent as %q", declared, sent)
		}
		seen[sent] = true
	}
	if len(seen) != 19 {
		t.Errorf("%d purposes: %v", len(seen), slices.Sorted(maps.Keys(purposes)))
	}
}

// Whatever a template may name is there when the mail is made: else the help center's
// own words would never be seen.
//
// covers: S07
func TestTemplatesMayNameWhatMailsKnow(t *testing.T) {
	ring, err := links.NewRing(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	signer, err := links.NewSigner(ring, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	box := helpdesk.Mailbox{Address: helpdesk.MustAddress("support@acme.example"), DisplayName: "Acme"}
	for declared, sent := range purposes {
		for _, on := range []bool{true, false} {
			body := "CANARY\n"
			for _, fact := range config.MailFacts(declared) {
				body += "{{." + fact + "}}\n"
			}
			made, err := mailTemplates(config.Mail{Templates: []config.MailTemplate{{Purpose: declared, Body: config.LocalizedText{Default: body}}}}, "de")
			if err != nil {
				t.Fatalf("%s: %v", declared, err)
			}
			center := helpdesk.HelpCenter{DisplayName: "Acme", BaseURL: "https://help.acme.example", PortalOn: on, Locale: "de", LinkLifetime: time.Hour, Mail: made}
			raw, err := outbound.Sample(signer, center, box, sent, now)
			if err != nil {
				t.Fatalf("%s: %v", declared, err)
			}
			text, _ := eml.Read(raw).Text()
			markup, _ := eml.Read(raw).HTML()
			for _, s := range []string{text, markup} {
				if !strings.Contains(s, "CANARY") || strings.Contains(s, "no value") {
					t.Errorf("%s with the portal on %t is not said in own words:\n%s", declared, on, s)
				}
			}
		}
	}
	if len(outbound.Samples) != len(purposes) {
		t.Errorf("%d purposes have samples, of %d", len(outbound.Samples), len(purposes))
	}
}
