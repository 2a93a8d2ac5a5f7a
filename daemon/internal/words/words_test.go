package words

import (
	"html/template"
	"testing"

	"golang.org/x/text/language"
)

func TestBest(t *testing.T) {
	for _, tt := range []struct {
		name, accept string
		offered      []string
		want         string
	}{
		{"nothing said", "", []string{"en", "de"}, "en"},
		{"the other one", "de-CH,de;q=0.9,en;q=0.5", []string{"en", "de"}, "de"},
		{"the default by weight", "de;q=0.3,en;q=0.5", []string{"en", "de"}, "en"},
		{"unknown", "ja", []string{"en", "de"}, "en"},
		{"nonsense", "%%%;;", []string{"en", "de"}, "en"},
		{"only one", "de", []string{"en"}, "en"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Best(tt.accept, tt.offered, "en"); got != tt.want {
				t.Errorf("Best = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWords(t *testing.T) {
	de := &Words{Locale: "de", tag: all["de"].tag, texts: map[string]forms{
		"%s wrote to %s.": {"other": "An %[2]s schrieb %[1]s."},
		"%d answers":      {"one": "eine Antwort", "other": "%d Antworten"},
	}}
	en := For("en")
	for _, tt := range []struct{ name, got, want string }{
		{"own order", de.T("%s wrote to %s.", "A", "B"), "An B schrieb A."},
		{"lacking", de.T("Nothing of it %d"), "Nothing of it %d"},
		{"one", de.N(1, "one answer", "%d answers"), "eine Antwort"},
		{"several", de.N(3, "one answer", "%d answers"), "3 Antworten"},
		{"one in English", en.N(1, "one answer", "%d answers"), "one answer"},
		{"none in English", en.N(0, "one answer", "%d answers"), "0 answers"},
		{"markup", string(en.HTML("%s & %s", "<i>", template.HTML("<b>x</b>"))), "&lt;i&gt; &amp; <b>x</b>"},
		{"wider", For("de-AT").Locale, "de"},
		{"unknown", For("xx").Locale, "en"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ name, got, want string }{
		{"decimal mark", For("de").T("%s has %.1f", "x", 2.5), "x has 2,5"},
		{"English", For("en").T("%s has %.1f", "x", 2.5), "x has 2.5"},
		{"a written one", For("de").Decimal("1.8"), "1,8"},
		{"a whole one", For("de").Decimal("18"), "18"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

func TestNames(t *testing.T) {
	for locale, want := range map[string]string{"de": "Deutsch", "en": "English", "fr": "Français", "pt-BR": "Português", "ja": "日本語", "xx": "xx"} {
		if got := Name(locale); got != want {
			t.Errorf("Name(%s) = %q, want %q", locale, got, want)
		}
	}
}

func TestRTL(t *testing.T) {
	for locale, want := range map[string]bool{"en": false, "ar": true, "he-IL": true, "ur": true, "az-Arab": true, "ja": false} {
		w := &Words{tag: language.MustParse(locale)}
		if w.RTL() != want {
			t.Errorf("RTL of %s is %t", locale, w.RTL())
		}
	}
}
