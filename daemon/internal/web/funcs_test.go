package web

import (
	"encoding/xml"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/words"
)

func TestWhen(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		at   time.Time
		want string
	}{
		{"now", now, "just now"},
		{"seconds", now.Add(-59 * time.Second), "just now"},
		{"clock ahead", now.Add(30 * time.Second), "just now"},
		{"one minute", now.Add(-time.Minute), "1 minute ago"},
		{"minutes", now.Add(-59 * time.Minute), "59 minutes ago"},
		{"one hour", now.Add(-119 * time.Minute), "1 hour ago"},
		{"hours", now.Add(-23 * time.Hour), "23 hours ago"},
		{"one day", now.Add(-25 * time.Hour), "1 day ago"},
		{"six days", now.Add(-6 * 24 * time.Hour), "6 days ago"},
		{"a week", now.Add(-7 * 24 * time.Hour), "15 November"},
		{"last year", now.AddDate(-1, 0, 0), "22 November 2025"},
		{"to come", now.Add(10 * time.Minute), "in 10 minutes"},
		{"to come, days", now.Add(50 * time.Hour), "in 2 days"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := relative(words.For("en"), now, test.at); got != test.want {
				t.Errorf("relative is %q, want %q", got, test.want)
			}
		})
	}
	zone := time.FixedZone("", 3600)
	want := `<time datetime="2026-11-22T11:00:00Z" title="Sunday, 22 November 2026, 11:00 UTC">1 hour ago</time>`
	if got := when(words.For("en"), now, time.Date(2026, 11, 22, 12, 0, 0, 0, zone)); string(got) != want {
		t.Errorf("when is %q, want %q", got, want)
	}
	if got := when(words.For("en"), now, time.Time{}); got != "" {
		t.Errorf("no time is %q", got)
	}
}

func TestDue(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		in   time.Duration
		want string
	}{
		{"late", -time.Second, "within a minute"},
		{"soon", 59 * time.Second, "within a minute"},
		{"later", 5 * time.Minute, string(when(words.For("en"), now, now.Add(5*time.Minute)))},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := due(words.For("en"), now, now.Add(test.in)); string(got) != test.want {
				t.Errorf("due is %q, want %q", got, test.want)
			}
		})
	}
}

func TestInitial(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"name", "acme", "A"}, {"quotes first", `"Ölberg"`, "Ö"}, {"digits", "24 help", "2"}, {"nothing", " ", "•"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := initial(test.in); got != test.want {
				t.Errorf("initial(%q) is %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func TestSentence(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"words", "write something first", "Write something first."},
		{"sentence", "Done.", "Done."},
		{"question", "really?", "Really?"},
		{"umlaut", "über dem Limit", "Über dem Limit."},
		{"nothing", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Sentence(test.in); got != test.want {
				t.Errorf("Sentence(%q) is %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func TestLinkify(t *testing.T) {
	link := func(address string) string {
		a := html.EscapeString(address)
		return `<a href="` + a + `" rel="noopener noreferrer nofollow" target="_blank">` + a + `</a>`
	}
	for _, test := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"no link", "1 < 2 & \"x\"", "1 &lt; 2 &amp; &#34;x&#34;"},
		{"link", "see https://a.example/b?c=d&e=f#g", "see " + link("https://a.example/b?c=d&e=f#g")},
		{"end of sentence", "at https://a.example/b.", "at " + link("https://a.example/b") + "."},
		{"in brackets", "(https://a.example/b)", "(" + link("https://a.example/b") + ")"},
		{"brackets inside", "https://a.example/b_(c)", link("https://a.example/b_(c)")},
		{"in angle brackets", "<https://a.example/>", "&lt;" + link("https://a.example/") + "&gt;"},
		{"two", "http://a.example,https://b.example", link("http://a.example,https://b.example")},
		{"two lines", "http://a.example\nhttps://b.example", link("http://a.example") + "\n" + link("https://b.example")},
		{"upper case", "HTTPS://A.example", link("HTTPS://A.example")},
		{"inside a word", "xhttps://a.example", "xhttps://a.example"},
		{"script", "javascript://x%0aalert(1)", "javascript://x%0aalert(1)"},
		{"other scheme", "ftp://a.example file:///etc/passwd", "ftp://a.example file:///etc/passwd"},
		{"user name to deceive", "https://acme.example@evil.example/", "https://acme.example@evil.example/"},
		{"no host", "https:// x", "https:// x"},
		{"quote to break out", `https://a.example/"onmouseover="x`, link("https://a.example/") + "&#34;onmouseover=&#34;x"},
		{"invisible character", "https://a.example/\u202egpj.exe", link("https://a.example/") + "\u202egpj.exe"},
		{"path in another script", "https://a.example/ä", link("https://a.example/ä")},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(linkify(test.in)); got != test.want {
				t.Errorf("linkify(%q)\n got %s\nwant %s", test.in, got, test.want)
			}
		})
	}
}

var anchor = regexp.MustCompile(`<a href="[^"<>]*" rel="noopener noreferrer nofollow" target="_blank">|</a>`)

// Whatever the text, all of it is shown, and nothing but links is added.
func FuzzLinkify(f *testing.F) {
	for _, seed := range []string{"", "a https://b.example c", "<script>", "http://x/)))((", "https://[::1]/]", "://http://http://", "http://\xff", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := string(linkify(text))
		bare := anchor.ReplaceAllString(out, "")
		if strings.ContainsAny(bare, "<>\"'") {
			t.Fatalf("%q became %q", text, out)
		}
		if got := html.UnescapeString(bare); got != text && !strings.Contains(text, "&") && !strings.Contains(text, "\x00") {
			t.Fatalf("%q is shown as %q", text, got)
		}
	})
}

// A long text full of brackets and schemes must not take long: it would stop
// everybody's pages.
func BenchmarkLinkify(b *testing.B) {
	for _, text := range []string{
		strings.Repeat("plain words ", 1<<16), strings.Repeat("http://a/)", 1<<16), "http://a/" + strings.Repeat(")", 1<<20), strings.Repeat("://", 1<<18),
	} {
		b.Run(text[:10], func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				linkify(text)
			}
		})
	}
}

func TestIcons(t *testing.T) {
	for name := range icons {
		drawn, err := icon(name)
		if err == nil {
			err = xml.Unmarshal([]byte(drawn), new(struct{}))
		}
		if err != nil {
			t.Errorf("icon %s: %v", name, err)
		}
	}
	if _, err := icon("other"); err == nil {
		t.Error("an unknown icon is drawn")
	}
}
