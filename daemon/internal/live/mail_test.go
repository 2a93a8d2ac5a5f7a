package live

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
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
	if len(seen) != 17 {
		t.Errorf("%d purposes: %v", len(seen), slices.Sorted(maps.Keys(purposes)))
	}
}
