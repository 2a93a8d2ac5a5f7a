package outbound

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// purposes of mail to customers about a ticket.
var purposes = []helpdesk.Purpose{
	helpdesk.Acknowledgement, helpdesk.Confirmation, helpdesk.AgentReply, helpdesk.Update, helpdesk.Joined, helpdesk.Added,
	helpdesk.StatusChanged, helpdesk.Opened, helpdesk.PeopleChanged, helpdesk.NewLink,
}

// accountPurposes are those about a sign-in.
var accountPurposes = []helpdesk.Purpose{
	helpdesk.SignUpMail, helpdesk.Invited, helpdesk.ResetMail, helpdesk.CodeMail, helpdesk.LinkMail, helpdesk.Known, helpdesk.PasswordChanged,
	helpdesk.SignInAdded, helpdesk.SignInRemoved,
}

// sampleOccasion is a usual mail of the purpose.
func sampleOccasion(t testing.TB, purpose helpdesk.Purpose) occasion {
	t.Helper()
	ticket, box := sampleTicket(), sampleMailbox()
	to := &ticket.Participants[0]
	signer := newSigner(t)
	customer := helpdesk.Entry{
		Seq: 1, Kind: helpdesk.Message, At: noon.AddDate(0, 0, -1), Text: "Hello,\n\nwhere is my order?\n\nAlice", MessageID: "<1@customer.example>",
		Author: helpdesk.Author{Role: helpdesk.Customer, Name: "Alice", Address: to.Address},
	}
	o := occasion{
		ticket: ticket, to: to, box: box, center: sampleCenter(), now: noon, entry: &customer,
		delivery: &helpdesk.Delivery{
			ID: "aaaaaaaaaaaaaaaa", Ticket: ticket.ID, Entry: 1, Participant: to.Number, To: to.Address, Purpose: purpose, Mailbox: box.Name,
			MessageID: signer.MessageID(box.Audience, locator(ticket, to), [8]byte{1}, "acme.example"), Created: noon,
		},
	}
	if purpose == helpdesk.AgentReply {
		o.before = &customer
		o.entry = &helpdesk.Entry{
			Seq: 2, Kind: helpdesk.Message, At: noon, Text: "Hello Alice,\n\nit is on its way.\n.\n> and <b>soon</b> & safe",
			Author: helpdesk.Author{Role: helpdesk.AgentAs, Name: "Grace Hopper", Address: helpdesk.MustAddress("grace@acme.example")},
		}
	}
	switch purpose {
	case helpdesk.Opened:
		o.entry.Author = helpdesk.Author{Role: helpdesk.AgentAs, Name: "Grace Hopper"}
		o.ticket.MessageIDs = nil
	case helpdesk.Added:
		o.to = &ticket.Participants[1]
		o.delivery.Participant, o.delivery.To = o.to.Number, o.to.Address
	case helpdesk.PeopleChanged:
		ticket.Participants[1].Joined = noon
	}
	if purpose == helpdesk.Joined || purpose == helpdesk.StatusChanged || purpose == helpdesk.PeopleChanged {
		o.entry = &helpdesk.Entry{
			Seq: 2, Kind: helpdesk.Event, At: noon, Text: "Added alice@customer.example to the request.",
			Author: helpdesk.Author{Role: helpdesk.AgentAs, Name: "Grace Hopper", Address: helpdesk.MustAddress("grace@acme.example")},
		}
	}
	return o
}

// sampleAccount is a usual mail about a sign-in.
func sampleAccount(purpose helpdesk.Purpose) occasion {
	lifetime := helpdesk.SignUpLifetime
	switch purpose {
	case helpdesk.Invited:
		lifetime = helpdesk.InvitationLifetime
	case helpdesk.ResetMail:
		lifetime = helpdesk.ResetLifetime
	case helpdesk.CodeMail:
		lifetime = helpdesk.CodeLifetime
	}
	center := sampleCenter()
	center.Locale = "en"
	center.SignUp.OIDC = []helpdesk.OIDC{{Name: "id", Issuer: "https://id.example", Label: "Example ID"}}
	return occasion{
		box: sampleMailbox(), center: center, now: noon,
		pass: &helpdesk.Pass{ID: "bbbbbbbbbbbbbbbb", Created: noon, Expires: noon.Add(lifetime)},
		delivery: &helpdesk.Delivery{
			ID: "aaaaaaaaaaaaaaaa", To: helpdesk.MustAddress("alice@customer.example"), Purpose: purpose, Mailbox: "support", HelpCenter: "acme",
			Pass: "bbbbbbbbbbbbbbbb", Issuer: "id", Locale: "en", MessageID: "<1@acme.example>", Created: noon,
		},
	}
}

// inGerman has the help center speak German too, and the mail with it.
func inGerman(o *occasion) {
	german := *o.center
	german.Locale = "de"
	o.center.Locale, o.center.Locales = "en", []string{"en", "de"}
	o.center.In = func(string) helpdesk.HelpCenter { return german }
	if o.delivery.Locale = "de"; o.ticket != nil {
		o.delivery.Locale, o.ticket.Locale = "", "de"
	}
}

// twists are what makes mails hard to write.
var twists = []struct {
	name  string
	twist func(o *occasion)
}{
	{"plain", func(*occasion) {}},
	{"portal-off", func(o *occasion) { o.center.PortalOn = false }},
	{"de", inGerman},
	{"de-portal-off", func(o *occasion) { o.center.PortalOn = false; inGerman(o) }},
	{"names", func(o *occasion) {
		o.to.Name = "Zoë \"Z\" Müller\r\nBcc: evil@attacker.example\r\n\r\n, <x@y.example>"
		o.entry.Author.Name = "Jörg\nX-Evil: 1"
		o.box.DisplayName = "Köln, \"Support\""
		o.center.DisplayName = "Hilfe <i>Köln</i>\r\nBcc: evil@attacker.example"
		o.ticket.Subject = "Größe\r\nBcc: evil@attacker.example"
	}},
	{"long", func(o *occasion) {
		o.ticket.Subject = strings.Repeat("größer ", 300)
		o.ticket.MessageIDs = nil
		for i := range 40 {
			o.ticket.MessageIDs = append(o.ticket.MessageIDs, fmt.Sprintf("<%s.%d@customer.example>", strings.Repeat("r", 60), i))
		}
	}},
}

// covers: S09, S11, P11
func TestComposeGolden(t *testing.T) {
	for _, purpose := range purposes {
		for _, tw := range twists {
			name := string(purpose) + "-" + tw.name
			t.Run(name, func(t *testing.T) {
				o := sampleOccasion(t, purpose)
				tw.twist(&o)
				p, err := newComposer(t).compose(o)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, name, p)
				checkMail(t, o, p)
			})
		}
	}
}

// theLink is the part of a mail that leads to the portal, as text and as HTML.
var theLink = regexp.MustCompile(`See the request:\n<https://[^>]+/t/pl1_[^>]+>\n\n|(?s)<table role="presentation"[^>]*><tr><td[^>]*>\s*<a href="https://[^"]+/t/pl1_[^"]+"[^>]*>[^<]*</a></td></tr></table>\n`)

// A mail of a help center whose portal is off is the same to the byte, but for the
// link: envelope, header and words.
// covers: S11, S44
func TestPortalOffTakesTheLinkAlone(t *testing.T) {
	for _, purpose := range purposes {
		t.Run(string(purpose), func(t *testing.T) {
			composed := func(portal bool) (envelope string, header mail.Header, words string) {
				o := sampleOccasion(t, purpose)
				o.center.PortalOn = portal
				p, err := newComposer(t).compose(o)
				if err != nil {
					t.Fatal(err)
				}
				m, err := mail.ReadMessage(bytes.NewReader(written(t, p)))
				if err != nil {
					t.Fatal(err)
				}
				text, markup := alternatives(t, m)
				delete(m.Header, "Content-Type") // it has the boundary, which hangs on the words
				return fmt.Sprint(p.From, p.To), m.Header, strings.ReplaceAll(text+markup, "\r\n", "\n")
			}
			envelope, header, words := composed(true)
			offEnvelope, offHeader, offWords := composed(false)
			if got := theLink.FindAllString(words, -1); len(got) != 2 {
				t.Fatalf("the link is there %d times, want 2", len(got))
			}
			if envelope != offEnvelope {
				t.Errorf("envelope %s, with the portal %s", offEnvelope, envelope)
			}
			if diff := cmp.Diff(header, offHeader); diff != "" {
				t.Errorf("header (-on +off):\n%s", diff)
			}
			if diff := cmp.Diff(theLink.ReplaceAllString(words, ""), offWords); diff != "" {
				t.Errorf("words (-on +off):\n%s", diff)
			}
		})
	}
}

// covers: S24, S28
func TestComposeAccountGolden(t *testing.T) {
	for _, purpose := range accountPurposes {
		for name, twist := range map[string]func(*occasion){"plain": func(*occasion) {}, "de": inGerman} {
			t.Run(string(purpose)+"-"+name, func(t *testing.T) {
				o := sampleAccount(purpose)
				twist(&o)
				p, err := newComposer(t).compose(o)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, string(purpose)+"-"+name, p)
				checkMail(t, o, p)
			})
		}
	}
}

// golden compares a mail with the one in testdata.
func golden(t *testing.T, name string, p Parcel) {
	t.Helper()
	file := filepath.Join("testdata", name+".eml")
	if *update {
		if err := os.WriteFile(file, written(t, p), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(written(t, p))); diff != "" {
		t.Errorf("mail (-want +got):\n%s", diff)
	}
}

// checkMail is what holds for every mail that we send.
func checkMail(t *testing.T, o occasion, p Parcel) {
	t.Helper()
	const mostBytes = 30_000
	if len(written(t, p)) > mostBytes {
		t.Errorf("mail of %d bytes, want at most %d", len(written(t, p)), mostBytes)
	}
	m := eml.Read(written(t, p))
	if len(m.Faults) > 0 {
		t.Errorf("our own reader finds %v", m.Faults)
	}
	if from, ok := m.OneFrom(); !ok || !from.Address.Same(o.box.Address) {
		t.Errorf("From = %v, want %v", from, o.box.Address)
	}
	if to := m.To(); len(to) != 1 || !to[0].Address.Same(o.delivery.To) || !p.To.Same(o.delivery.To) {
		t.Errorf("To = %v in an envelope for %v, want %v alone", to, p.To, o.delivery.To)
	}
	if m.MessageID() != o.delivery.MessageID {
		t.Errorf("Message-ID = %s, want %s", m.MessageID(), o.delivery.MessageID)
	}
	automatic := o.delivery.Purpose != helpdesk.AgentReply
	want := map[string]int{
		"To": 1, "From": 1, "Reply-To": 1, "List-Unsubscribe": 0, "List-Unsubscribe-Post": 0, "Subject": 1, "Message-Id": 1, "Date": 1, "Cc": 0, "Bcc": 0, "X-Evil": 0,
		"Auto-Submitted": 0, "X-Auto-Response-Suppress": 0,
	}
	if automatic {
		want["Auto-Submitted"], want["X-Auto-Response-Suppress"] = 1, 1
	}
	if o.ticket == nil {
		want["Reply-To"] = 0
	} else if o.to.Role == helpdesk.Collaborator {
		want["List-Unsubscribe"], want["List-Unsubscribe-Post"] = 1, 1
	}
	std, err := mail.ReadMessage(bytes.NewReader(written(t, p)))
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range want {
		if got := len(std.Header[name]); got != n {
			t.Errorf("%d fields %s, want %d", got, name, n)
		}
	}
	if p.From.IsZero() != automatic {
		t.Errorf("reverse-path <%v>, want the null one only for automatic mail", p.From)
	}
	text, markup := alternatives(t, std)
	gotText, textLinks := plainWords(text)
	htmlText, htmlLinks := markupWords(t, markup)
	if diff := cmp.Diff(gotText, htmlText); diff != "" {
		t.Errorf("text and HTML differ (-text +html):\n%s", diff)
	}
	if diff := cmp.Diff(textLinks, htmlLinks); diff != "" {
		t.Errorf("links of text and HTML differ (-text +html):\n%s", diff)
	}
	checkLinks(t, o, textLinks)
	locale := "en"
	if o.delivery.Locale == "de" || o.ticket != nil && o.ticket.Locale == "de" {
		locale = "de"
	}
	if !strings.Contains(markup, `<html lang="`+locale+`">`) || strings.Contains(text, "You get this") == (locale == "de") {
		t.Errorf("the mail is not in the language %s:\n%s", locale, text)
	}
}

// checkLinks compares the links of a mail with those that its purpose and recipient
// call for, in order.
func checkLinks(t *testing.T, o occasion, links []string) {
	t.Helper()
	var want []string
	switch purpose := o.delivery.Purpose; {
	case purpose == helpdesk.Known:
		want = []string{"/" + o.delivery.Locale + "/sign-in"}
	case purpose == helpdesk.PasswordChanged:
		want = []string{"/" + o.delivery.Locale + "/forgot"}
	case purpose == helpdesk.SignInAdded, purpose == helpdesk.SignInRemoved:
		want = []string{"/" + o.delivery.Locale + "/account"}
	case purpose == helpdesk.CodeMail:
	case purpose.OfAccount():
		want = []string{"/pass/pp1_"}
	case o.center.PortalOn:
		want = []string{"/t/pl1_"}
	}
	if o.delivery.Purpose == helpdesk.Confirmation {
		want = append(want, "/not-me/pl1_")
	}
	if o.ticket != nil && o.to.Role == helpdesk.Collaborator && o.delivery.Purpose != helpdesk.NewLink {
		want = append(want, "/stop/pl1_")
	}
	if len(links) != len(want) {
		t.Fatalf("links %q, want %q", links, want)
	}
	for i, link := range links {
		if path, ok := strings.CutPrefix(link, o.center.BaseURL); !ok && o.center.BaseURL != "" || !strings.HasPrefix(path, want[i]) {
			t.Errorf("link %s, want %s…", link, want[i])
		}
	}
}

// alternatives reads both texts with the standard library.
func alternatives(t *testing.T, m *mail.Message) (text, markup string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type %q, %v, want alternatives", kind, err)
	}
	parts := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if enc := p.Header.Get("Content-Transfer-Encoding"); enc != "quoted-printable" {
			t.Fatalf("part in %q", enc)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		parts[kind] = string(body)
	}
	if len(parts) != 2 {
		t.Fatalf("%d parts, want 2", len(parts))
	}
	return parts["text/plain"], parts["text/html"]
}

// plainWords is what the text says, without the marks that stand for a layout.
func plainWords(text string) (words string, links []string) {
	var out []string
	quoted := false
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		switch {
		case line == "-- ":
		case strings.HasPrefix(line, "<https://"):
			links = append(links, strings.Trim(line, "<>"))
			out[len(out)-1] = strings.TrimSuffix(out[len(out)-1], ":")
		case quoted && strings.HasPrefix(line, ">"):
			out = append(out, line[1:])
		default:
			quoted = quoted || strings.HasSuffix(line, " wrote:") || strings.HasPrefix(line, "Am ")
			out = append(out, line)
		}
	}
	return strings.Join(strings.Fields(strings.Join(out, " ")), " "), links
}

// markupWords is what the HTML says.
func markupWords(t *testing.T, markup string) (words string, links []string) {
	t.Helper()
	var out []string
	z := html.NewTokenizer(strings.NewReader(markup))
	for skip := false; ; {
		kind := z.Next()
		tok := z.Token()
		switch {
		case kind == html.ErrorToken:
			return strings.Join(strings.Fields(strings.Join(out, "")), " "), links
		case tok.Data == "title":
			skip = kind == html.StartTagToken
		case kind == html.TextToken && !skip:
			out = append(out, tok.Data)
		case kind == html.StartTagToken:
			if tok.Data == "img" || tok.Data == "script" || tok.Data == "link" || tok.Data == "b" {
				t.Errorf("the HTML holds <%s>", tok.Data)
			}
			if tok.Data != "strong" {
				out = append(out, " ")
			}
			for _, a := range tok.Attr {
				if a.Key == "href" {
					links = append(links, a.Val)
				}
			}
		}
	}
}

// covers: M04
func TestConfirmationHoldsNothingOfTheWriter(t *testing.T) {
	const canary = "canary"
	o := sampleOccasion(t, helpdesk.Confirmation)
	o.to.Name, o.ticket.Subject = canary+" name", canary+" subject"
	o.ticket.MessageIDs = []string{"<" + canary + "1@x.example>", "<" + canary + "2@x.example>"}
	o.entry.Text, o.entry.Quoted, o.entry.MessageID = canary+" text", canary+" quote", "<"+canary+"3@x.example>"
	o.entry.Author.Name, o.entry.Author.Address = canary+" author", helpdesk.MustAddress(canary+"@x.example")
	o.entry.Attachments = []helpdesk.Attachment{{Name: canary + ".txt"}}
	o.ticket.Tags, o.ticket.Priority = []string{canary}, canary
	o.ticket.Form = &helpdesk.FormAnswer{Form: "f", Values: []helpdesk.FormValue{{Name: "n", Label: canary, Text: canary}}}
	o.before = o.entry
	p, err := newComposer(t).compose(o)
	if err != nil {
		t.Fatal(err)
	}
	m := eml.Read(written(t, p))
	text, _ := m.Text()
	markup, _ := m.HTML()
	for name, s := range map[string]string{"bytes": string(written(t, p)), "subject": m.Subject(), "text": text, "HTML": markup, "To": fmt.Sprint(m.To())} {
		if strings.Contains(strings.ToLower(s), canary) {
			t.Errorf("%s of the confirmation holds words of the writer:\n%s", name, s)
		}
	}
	// The same test must be able to fail.
	o.delivery.Purpose = helpdesk.Acknowledgement
	if p, err = newComposer(t).compose(o); err != nil || !bytes.Contains(written(t, p), []byte(canary)) {
		t.Errorf("an acknowledgement holds no canary: %v", err)
	}
}

// covers: S30
func TestComposeAgentNames(t *testing.T) {
	grace := helpdesk.Author{Role: helpdesk.AgentAs, Name: "Grace Hopper", Address: helpdesk.MustAddress("grace@acme.example")}
	for _, tt := range []struct {
		name   string
		change func(o *occasion)
		want   string
	}{
		{"full", func(o *occasion) { o.center.AgentNames = helpdesk.FullName }, "Grace Hopper"},
		{"first", func(o *occasion) { o.center.AgentNames = helpdesk.FirstName }, "Grace"},
		{"hidden", func(o *occasion) { o.center.AgentNames = helpdesk.HiddenName }, "Acme Help"},
		{"help center away", func(o *occasion) { o.center = nil }, "Acme Support"},
		{"no help center", func(o *occasion) { o.center, o.ticket.HelpCenter = nil, "" }, "Grace Hopper"},
		{"operator", func(o *occasion) { o.entry.Author = helpdesk.Author{Role: helpdesk.System, Name: "Grace"} }, "Acme Support"},
		{"no help center, no name", func(o *occasion) { o.center, o.ticket.HelpCenter, o.entry.Author.Name = nil, "", "" }, "Acme Support"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := sampleOccasion(t, helpdesk.AgentReply)
			o.entry.Author = grace
			tt.change(&o)
			p, err := newComposer(t).compose(o)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := eml.Read(written(t, p)).Text()
			if !strings.Contains(text, "\n"+tt.want+"\n") {
				t.Errorf("mail is not signed by %q:\n%s", tt.want, text)
			}
			for _, secret := range []string{"grace@", "Hopper", "Grace"} {
				if !strings.Contains(tt.want, secret) && strings.Contains(text, secret) {
					t.Errorf("mail tells %q:\n%s", secret, text)
				}
			}
		})
	}
}

// covers: P11
func TestComposeAddresses(t *testing.T) {
	signer := newSigner(t)
	for _, tt := range []struct {
		name string
		box  string
		want bool // there is room for a token
	}{
		{"usual", "support@acme.example", true},
		{"longest", strings.Repeat("s", 23) + "@acme.example", true},
		{"too long", strings.Repeat("s", 24) + "@acme.example", false},
		{"needs quoting", `"our support"@acme.example`, false},
		{"long domain", "support@" + strings.Repeat("a.", 100) + strings.Repeat("b", 20) + ".example", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := sampleOccasion(t, helpdesk.AgentReply)
			o.box.Address = helpdesk.MustAddress(tt.box)
			p, err := composer{signer: signer, spools: newSpools(t)}.compose(o)
			if err != nil {
				t.Fatal(err)
			}
			replyTo := eml.Read(written(t, p)).ReplyTo()
			if len(replyTo) != 1 {
				t.Fatalf("Reply-To = %v, want one", replyTo)
			}
			if !tt.want {
				if !replyTo[0].Address.Same(o.box.Address) || !p.From.Same(o.box.Address) {
					t.Errorf("Reply-To %v, reverse-path %v, want the plain address", replyTo[0], p.From)
				}
				return
			}
			local := replyTo[0].Address.Local()
			if r, err := signer.ParseReplyToken(o.box.Audience, local[max(0, len(local)-40):]); err != nil || r.Participant != 1 {
				t.Errorf("Reply-To %v says %+v, %v", replyTo[0], r, err)
			}
			local = p.From.Local()
			if r, err := signer.ParseBounceToken(o.box.Audience, local[max(0, len(local)-40):]); err != nil || r.Participant != 1 {
				t.Errorf("reverse-path %v says %+v, %v", p.From, r, err)
			}
		})
	}
}

// covers: S09
func TestLinkIsTheRecipientsOwn(t *testing.T) {
	signer := newSigner(t)
	for i := range 2 {
		o := sampleOccasion(t, helpdesk.AgentReply)
		o.to = &o.ticket.Participants[i]
		link := composer{signer: signer}.link(o)
		token, ok := strings.CutPrefix(link, "https://help.acme.example/t/")
		l, err := signer.ParseLink(o.center.Audience, token, noon)
		if !ok || err != nil || l.Participant != o.to.Number || l.Gen != o.to.LinkGen || l.Ticket != uint64(o.ticket.ID) {
			t.Errorf("link %s says %+v, %v, want participant %d", link, l, err, o.to.Number)
		}
		if want := noon.Add(o.center.LinkLifetime); !l.Expires.Equal(want) {
			t.Errorf("link expires %v, want %v", l.Expires, want)
		}
	}
}

func TestQuoteIsShort(t *testing.T) {
	o := sampleOccasion(t, helpdesk.AgentReply)
	o.before.Text = strings.Repeat(strings.Repeat("wörd ", 3000)+"\n", 100)
	p, err := newComposer(t).compose(o)
	if err != nil {
		t.Fatal(err)
	}
	checkMail(t, o, p)
	if n := len(shortQuote(words.For("en"), o.before, "x").Lines); n != quotedLines {
		t.Errorf("%d lines quoted, want %d", n, quotedLines)
	}
}

// The last line says why the recipient gets the mail.
//
// covers: S07
func TestReplySaysWhoseRequestItIs(t *testing.T) {
	for role, want := range map[helpdesk.Role]string{
		helpdesk.Requester: "is yours", helpdesk.Collaborator: "because you take part in request",
	} {
		o := sampleOccasion(t, helpdesk.AgentReply)
		o.to.Role = role
		p, err := newComposer(t).compose(o)
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := eml.Read(written(t, p)).Text(); !strings.Contains(text, want) {
			t.Errorf("to the %s it says:\n%s", role, text)
		}
	}
}
