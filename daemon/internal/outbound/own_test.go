package outbound

import (
	"bytes"
	"strings"
	"testing"
	texttemplate "text/template"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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
			"Dear Alice,\nthis is line two.\n\nHello Alice,\n\nit is on its way.\n.\n> and <b>soon</b> & safe\n\nSee the request:\n<LINK>\n\nYours, <b>Acme Help</b>\n\nOn 3 March 2026, Alice wrote:\n> Hello,\n> \n> where is my order?\n> \n> Alice\n\n"},
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

// A name that passes for an address or for us gives way to the address.
func TestNamesOfCustomers(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"Alice", "Alice"}, {"", "alice@customer.example"}, {"ceo@bank.example", "alice@customer.example"},
		{"acme  support", "alice@customer.example"}, {"Acme Help", "alice@customer.example"}, {"Bob\x02Link\x03", "BobLink"},
	} {
		o := sampleOccasion(t, helpdesk.Update)
		o.entry.Author.Name = tt.name
		if got := o.writer(o.entry.Author); got != tt.want {
			t.Errorf("%q is named %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A fixed mail is the same bytes whatever a stranger chose.
//
// covers: M04
func TestFixedMailsAreTheSame(t *testing.T) {
	signer := newSigner(t)
	for _, purpose := range Samples {
		if !purpose.Fixed() {
			continue
		}
		var want []byte
		rapid.Check(t, func(t *rapid.T) {
			word := rapid.String()
			o := madeUp(*sampleCenter(), sampleMailbox(), purpose, noon)
			if o.pass != nil {
				o.pass.Name, o.pass.Next, o.pass.Browser = word.Draw(t, "name"), word.Draw(t, "next"), word.Draw(t, "browser")
				o.pass.Subject = &helpdesk.Subject{Issuer: word.Draw(t, "issuer"), Subject: word.Draw(t, "subject"), Name: word.Draw(t, "name")}
			} else {
				o.to.Name, o.ticket.Subject, o.ticket.MessageIDs = word.Draw(t, "name"), word.Draw(t, "subject"), []string{word.Draw(t, "id")}
				o.entry = &helpdesk.Entry{Text: word.Draw(t, "text"), MessageID: word.Draw(t, "id"), Author: helpdesk.Author{Role: helpdesk.Customer, Name: word.Draw(t, "writer")}}
				o.before = o.entry
			}
			o.speak()
			mail, err := composer{signer: signer}.wording(o)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if _, err := mail.WriteTo(&got); err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got.Bytes()
			}
			if !bytes.Equal(want, got.Bytes()) {
				t.Fatalf("%s differs:\n%s\nand\n%s", purpose, want, got.Bytes())
			}
		})
	}
}

// What is known of a mail that we sent is what it said, in its language, but for what
// was the recipient's own.
//
// covers: M08
func TestSaidIsWhatWasSent(t *testing.T) {
	for _, purpose := range []helpdesk.Purpose{helpdesk.AgentReply, helpdesk.Update} {
		for _, twist := range []func(*occasion){func(*occasion) {}, inGerman} {
			o := sampleOccasion(t, purpose)
			twist(&o)
			o.before = nil
			said := Said(o.ticket, o.entry, o.box, o.center)
			off := *o.center
			off.PortalOn = false
			if in := off.In; in != nil {
				off.In = func(locale string) helpdesk.HelpCenter {
					german := in(locale)
					german.PortalOn = false
					return german
				}
			}
			o.center = &off
			p, err := newComposer(t).compose(o)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := eml.Read(written(t, p)).Text()
			if diff := cmp.Diff(strings.TrimSpace(text), strings.TrimSpace(said)); diff != "" {
				t.Errorf("%s (-sent +said):\n%s", purpose, diff)
			}
		}
	}
}

// Whatever is put into a message, a mail has the links of its own and no more, in our
// words as in a help center's, and both forms hold every word of it.
func TestMessagesMakeNoLinks(t *testing.T) {
	c := newComposer(t)
	pieces := rapid.SliceOfN(rapid.SampledFrom([]string{
		"\x02Link\x03", "\x02Text\x03", "\x02", "\x03", "<https://evil.example>", "\n", "\n\n", "See the request:", "{{.Link}}", "-- ", "<a href=\"https://evil.example\">x</a>",
		"> ", "&lt;", "\x00", "\u202e", "wörd", " ", "Get no more mail about this request:",
	}), 0, 30)
	own := texttemplate.Must(texttemplate.New("").Parse("{{.Hello}} {{.Name}}\n{{.Text}} {{.Writer}} {{.Subject}}\n{{.Quote}}{{.Link}}"))
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(what string) string { return strings.Join(pieces.Draw(rt, what), "") }
		o := madeUp(*sampleCenter(), sampleMailbox(), helpdesk.AgentReply, noon)
		o.to = &o.ticket.Participants[1]
		if rapid.Bool().Draw(rt, "own words") {
			o.center.Mail = map[helpdesk.Purpose]helpdesk.MailTemplate{helpdesk.AgentReply: own}
		}
		o.entry.Text, o.before.Text = draw("text"), draw("quote")
		o.entry.Author.Name, o.before.Author.Name, o.to.Name, o.ticket.Subject = draw("agent"), draw("writer"), draw("name"), draw("subject")
		o.speak()
		mail, err := c.wording(o)
		if err != nil {
			rt.Fatal(err)
		}
		_, links := markupWords(t, mail.HTML)
		if len(links) != 2 || !strings.HasPrefix(links[0], "https://help.acme.example/t/") || !strings.HasPrefix(links[1], "https://help.acme.example/stop/") {
			rt.Fatalf("links %q", links)
		}
		if n := strings.Count(mail.Text, "https://help.acme.example/"); n != 2 {
			rt.Fatalf("%d links in the text:\n%s", n, mail.Text)
		}
		if !strings.Contains(mail.Text, strings.Join(lines(o.entry.Text), "\n")) {
			rt.Fatalf("the text lacks what was written:\n%s", mail.Text)
		}
	})
}
