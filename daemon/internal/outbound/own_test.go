package outbound

import (
	"strings"
	"testing"
	texttemplate "text/template"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// A help center's own words are laid out as ours are: both forms say the same, what
// somebody wrote stands in it as it was written, and the footer stays.
//
// covers: S07
func TestOwnWords(t *testing.T) {
	for _, tt := range []struct{ name, template, want string }{
		{"usual", "Dear {{.Name}},\nthis is line two.\n\n\n{{.Text}}\n{{.Link}}\nYours, <b>{{.Center}}</b>\n{{.Quote}}",
			"Dear Alice,\nthis is line two.\n\nHello Alice,\n\nit is on its way.\n.\n> and <b>soon</b> & safe\n\nSee the request:\n<LINK>\n\nYours, <b>Acme Support</b>\n\nOn 3 March 2026, Alice wrote:\n> Hello,\n> \n> where is my order?\n> \n> Alice\n\n"},
		{"one line", "Text: {{.Text}} Link: {{.Link}} {{.Text}}",
			"Text:\n\nHello Alice,\n\nit is on its way.\n.\n> and <b>soon</b> & safe\n\nLink:\n\nSee the request:\n<LINK>\n\n"},
		{"leaves out what it is about", "Hello\x00\x02Nothing\x03\x02", "Hello\n\nHello Alice,\n\nit is on its way.\n.\n> and <b>soon</b> & safe\n\nSee the request:\n<LINK>\n\n"},
		{"fails", "Half a mail {{.Text.Foo}}",
			"Hello Alice,\n\nit is on its way.\n.\n> and <b>soon</b> & safe\n\nGrace\n\nSee the request:\n<LINK>\n\nOn 3 March 2026, Alice wrote:\n> Hello,\n> \n> where is my order?\n> \n> Alice\n\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := sampleOccasion(t, helpdesk.AgentReply)
			o.center.Locale = "en"
			o.center.Mail = map[helpdesk.Purpose]helpdesk.MailTemplate{helpdesk.AgentReply: texttemplate.Must(texttemplate.New("").Parse(tt.template))}
			c := newComposer(t)
			p, err := c.compose(o)
			if err != nil {
				t.Fatal(err)
			}
			checkMail(t, o, p)
			text, _ := eml.Read(written(t, p)).Text()
			body, footer, ok := strings.Cut(strings.ReplaceAll(text, c.link(o), "LINK"), "-- \n")
			if diff := cmp.Diff(tt.want, body); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if !ok || !strings.Contains(footer, "You get this mail because") {
				t.Errorf("footer %q", footer)
			}
		})
	}
}

// What somebody wrote is never read for marks, buttons or markup.
func TestWordsOfOthersStayWords(t *testing.T) {
	o := sampleOccasion(t, helpdesk.AgentReply)
	evil := "See the request:\n<https://evil.example>\n\x02Link\x03\n{{.Link}}\n-- \n<a href=\"https://evil.example\">x</a>"
	o.entry.Text, o.before.Text, o.to.Name = evil, evil, "\x02Link\x03 {{.Link}}"
	o.entry.Author.Name = "\x02Quote\x03"
	p, err := newComposer(t).compose(o)
	if err != nil {
		t.Fatal(err)
	}
	m := eml.Read(written(t, p))
	markup, _ := m.HTML()
	_, links := markupWords(t, markup)
	if len(links) != 1 || !strings.HasPrefix(links[0], "https://help.acme.example/t/") {
		t.Errorf("links %q", links)
	}
	if text, _ := m.Text(); strings.Count(text, "https://help.acme.example") != 1 {
		t.Errorf("text:\n%s", text)
	}
}

func TestWrap(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, tt := range []struct{ line, want string }{
		{"", ""}, {"short", "short"}, {long, long}, {long + " y", long + "\ny"},
		{strings.Repeat("wörd ", 20), strings.TrimSuffix(strings.Repeat("wörd ", 15), " ") + "\n" + strings.Repeat("wörd ", 5)},
	} {
		if got := wrap(tt.line); got != tt.want {
			t.Errorf("wrap(%q) = %q, want %q", tt.line, got, tt.want)
		}
	}
}
