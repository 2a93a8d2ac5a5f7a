package devmail

import (
	"crypto/rand"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// declared is one help center in two languages.
type declared struct{}

func (declared) HelpCenters() []helpdesk.HelpCenter { return []helpdesk.HelpCenter{acme("en")} }

func (declared) HelpCenter(account, name string) (helpdesk.HelpCenter, bool) {
	return acme("en"), account == "support" && name == "acme"
}

func (declared) Mailbox(_, name string) (helpdesk.Mailbox, bool) {
	return helpdesk.Mailbox{Address: helpdesk.MustAddress("support@acme.example"), DisplayName: "Acme Support"}, name == "support"
}

func acme(locale string) helpdesk.HelpCenter {
	return helpdesk.HelpCenter{
		Account: "support", Name: "acme", DisplayName: "Acme", Mailbox: "support", BaseURL: base, PortalOn: true, LinkLifetime: 24 * time.Hour,
		Locale: locale, Locales: []string{"en", "de"}, In: acme,
	}
}

func sampled(t *testing.T) http.Handler {
	t.Helper()
	ring, err := links.NewRing(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return webtest.Now }
	signer, err := links.NewSigner(ring, now)
	if err != nil {
		t.Fatal(err)
	}
	site := webtest.Site(io.Discard, helpdesk.HelpCenter{DisplayName: "Dev", BaseURL: base})
	return site.Handler(Samples{declared{}, signer, now}.Pages(site))
}

// Every mail is there in every language, each in three forms, and each renders.
//
// covers: S07
func TestSamples(t *testing.T) {
	h := sampled(t)
	list := webtest.Page(t, webtest.Get(t, h, base+"/dev/mails"))
	paths := regexp.MustCompile(`href="(/dev/mails/[^"]+)"`).FindAllStringSubmatch(list, -1)
	if want := 2 * len(outbound.Samples); len(paths) != want {
		t.Fatalf("%d mails are listed, want %d", len(paths), want)
	}
	for _, p := range paths {
		r := webtest.Get(t, h, base+p[1]+"/eml")
		raw, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d, %v", p[1], r.StatusCode, err)
		}
		m := eml.Read(raw)
		if len(m.Faults) > 0 || len(raw) > 30_000 || m.Subject() == "" {
			t.Errorf("%s: %d bytes with %v", p[1], len(raw), m.Faults)
		}
		text, _ := m.Text()
		if german := strings.Contains(text, "Sie bekommen diese E-Mail"); german != strings.Contains(p[1], "/de/") {
			t.Errorf("%s is in German: %t", p[1], german)
		}
		page := webtest.Page(t, webtest.Get(t, h, base+p[1]))
		if !strings.Contains(page, `src="`+p[1]+`/html"`) || !strings.Contains(page, `sandbox="allow-popups`) {
			t.Errorf("%s does not show the HTML in a frame", p[1])
		}
		frame := webtest.Get(t, h, base+p[1]+"/html")
		if policy := frame.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox ") {
			t.Errorf("%s: the frame's policy is %q", p[1], policy)
		}
	}
	for _, path := range []string{"/support/acme/fr/reply", "/support/acme/en/spam", "/support/other/en/reply", "/support/acme/en/reply/pdf", "/support"} {
		if r := webtest.Get(t, h, base+"/dev/mails"+path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", path, r.StatusCode)
		}
	}
}

func TestEverySampleHasATitle(t *testing.T) {
	for _, p := range outbound.Samples {
		if sampleTitles[p] == "" {
			t.Errorf("%s has none", p)
		}
	}
}
