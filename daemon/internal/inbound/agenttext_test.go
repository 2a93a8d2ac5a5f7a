package inbound

import (
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// The worst that may happen to an agent who answers by mail is that customers
// read what was for agents alone. Each case is an answer to a notice as a mail
// program would write it; the ticket holds a note and a message that customers do
// not see, both marked SECRET.
//
// covers: P09, M02
func TestAnswersLeakNothing(t *testing.T) {
	const (
		note   = "SECRET note: this customer never pays before the third reminder has gone out."
		hidden = "SECRET message: please send everything to my new address in the harbour\r\nstreet, and tell nobody at home about it."
	)
	gmail := func(below string) string {
		return "\r\n\r\nOn Wed, Mar 4, 2026 at 12:00 PM Acme Support <\r\nsupport@acme.example> wrote:\r\n\r\n" + quoted(below)
	}
	outlook := func(below string) string {
		return "\r\n\r\n________________________________\r\nFrom: Acme Support <support@acme.example>\r\nSent: Wednesday, March 4, 2026 12:00 PM\r\n" +
			"To: Ann Agent <ann@acme.example>\r\nSubject: [#1] Order\r\n\r\n" + below
	}
	unmarked := func(s string) string { // an agent who trims the top of what is quoted
		_, rest, _ := strings.Cut(s, "\r\n\r\n")
		return rest
	}
	interleave := func(s, after, answer string) string {
		return strings.Replace(quoted(s), after, after+"\r\n\r\n"+answer+"\r\n\r\n", 1)
	}
	tests := []struct {
		name string
		text func(first, secret string) string // of the two notices
		want string                            // what customers read; "" for nothing
	}{
		{"above a quote", func(_, s string) string { return "It comes on Monday." + gmail(s) }, "It comes on Monday."},
		{"above a quote without marks", func(_, s string) string { return "It comes on Monday." + outlook(s) }, "It comes on Monday."},
		{"above a quote that nothing introduces", func(_, s string) string { return "It comes on Monday.\r\n\r\n" + quoted(s) }, "It comes on Monday."},
		{"above a bare quote", func(_, s string) string { return "It comes on Monday.\r\n\r\n" + s }, "It comes on Monday."},
		{"below a quote", func(_, s string) string { return strings.TrimLeft(gmail(s), "\r\n") + "\r\nIt comes on Monday." }, "It comes on Monday."},
		{"between quotes that customers know", func(f, _ string) string {
			return interleave(f, "> where is the blue lamp that I have ordered last week?", "It comes on Monday.")
		}, "> Hello,\n> where is the blue lamp that I have ordered last week?\n\nIt comes on Monday."},
		{"between quotes that customers do not know", func(_, s string) string {
			return interleave(s, "> street, and tell nobody at home about it.", "It comes on Monday.")
		}, "It comes on Monday."},
		{"above and between", func(f, _ string) string {
			return "Hello Alice," + strings.TrimSuffix(gmail(""), "> \r\n") + interleave(f, "> where is the blue lamp that I have ordered last week?", "It comes on Monday.")
		}, "Hello Alice,\n\n> Hello,\n> where is the blue lamp that I have ordered last week?\n\nIt comes on Monday."},
		{"between a quote without marks", func(_, s string) string {
			return "See below." + outlook(strings.Replace(s, "at home about it.", "at home about it.\r\n\r\nIt comes on Monday.", 1))
		}, "See below."},
		{"the mark cut off, marks left", func(_, s string) string { return "It comes on Monday.\r\n\r\n" + quoted(unmarked(s)) }, "It comes on Monday."},
		{"the mark cut off, no marks left", func(_, s string) string { return "It comes on Monday.\r\n\r\n" + unmarked(s) }, "It comes on Monday."},
		{"the mark cut off, no marks left, answered", func(_, s string) string { return unmarked(s) + "\r\nIt comes on Monday." }, ""},
		{"lines wrapped out of their marks", func(_, s string) string {
			return "It comes on Monday.\r\n\r\n" + strings.Replace(quoted(s), "to my new address in the harbour", "to my new\r\naddress in the harbour", 1) + "\r\nBye"
		}, "It comes on Monday.\n\nBye"},
		{"a note, marked", func(_, _ string) string { return "It comes on Monday.\r\n\r\n" + quoted(note) }, "It comes on Monday."},
		{"a note, marked, answered", func(_, _ string) string { return quoted(note) + "\r\nIt comes on Monday." }, "It comes on Monday."},
		{"a note, marked by bars", func(_, _ string) string {
			return "It comes on Monday.\r\n\r\n| SECRET note: this customer never pays before\r\n| the third reminder has gone out.\r\n"
		}, "It comes on Monday."},
		{"a note, pasted", func(_, _ string) string { return "It comes on Monday.\r\n\r\n" + note }, ""},
		{"a note, pasted in pieces", func(_, _ string) string {
			return "SECRET note: this customer never\r\npays before the third reminder\r\nhas gone out. It comes on Monday."
		}, ""},
		{"phrases that everybody uses", func(_, _ string) string {
			return "The third reminder has gone out by mistake, and you never pay before the lamp comes. Please send everything to my new colleague."
		}, "The third reminder has gone out by mistake, and you never pay before the lamp comes. Please send everything to my new colleague."},
		{"what customers know, pasted", func(_, _ string) string {
			return "You wrote: where is the blue lamp that I have ordered last week? It comes on Monday."
		}, "You wrote: where is the blue lamp that I have ordered last week? It comes on Monday."},
	}
	o := newOffice(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o.open("<" + tt.name + "@x>")
			o.accept(mail(ann, "<n."+tt.name+"@x>", note), o.address(o.ann, true))
			env := Envelope{ID: "t", From: helpdesk.MustAddress("x@elsewhere.example"), Peer: "192.0.2.1"}
			if got, err := o.tryEnvelope(env, mail(alice, "<h."+tt.name+"@x>", hidden), o.replyAddress(o.number, 1)); err != nil || !o.entry(got[0]).Hidden {
				t.Fatalf("%+v, %v", got, err)
			}
			got := o.accept(mail(ann, "<a."+tt.name+"@x>", tt.text(o.notice(1), o.notice(3)), "Subject: Re: [#1] Order"), o.address(o.ann, false))
			e := o.entry(got)
			if tt.want == "" {
				if e.Kind != helpdesk.Event || len(o.copies(got, helpdesk.AgentReply)) != 0 || strings.Contains(tt.name, "pasted") && e.Quoted == "" {
					t.Errorf("entry %s %q, mails %v; want it kept back", e.Kind, e.Text, o.deliveries(got))
				}
				return
			}
			if !e.Public() || e.Text != tt.want || e.Quoted != "" {
				t.Errorf("customers read\n%s\n--- want\n%s\n--- folded\n%s", e.Text, tt.want, e.Quoted)
			}
		})
	}
}

// covers: P09
func TestTheSameAnswerAgain(t *testing.T) {
	o := newOffice(t)
	const words = "Thank you for writing. We are looking into it."
	for _, id := range []string{"<first@x>", "<again@x>"} {
		got := o.accept(mail(ann, id, words+"\r\n\r\n"+quoted(o.notice(1))), o.address(o.ann, false))
		if e := o.entry(got); !e.Public() || e.Text != words {
			t.Errorf("%s: customers read %q, want %q", id, e.Text, words)
		}
	}
}

// covers: P09
func TestAnswersInHTMLLeakNothing(t *testing.T) {
	o := newOffice(t)
	html := `<html><body><div dir="ltr">#resolve</div><div dir="ltr">It comes on <b>Monday</b>.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">` +
		`On Wed, Mar 4, 2026 at 12:00 PM Acme Support &lt;<a href="mailto:support@acme.example">support@acme.example</a>&gt; wrote:<br></div>` +
		`<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex"><p>` + strings.ReplaceAll(o.notice(1), "\r\n", "<br>\r\n") + `</p></blockquote></div></body></html>`
	got := o.accept(mail(ann, "<a@x>", html, "MIME-Version: 1.0", "Content-Type: text/html; charset=utf-8"), o.address(o.ann, false))
	if e := o.entry(got); e.Text != "It comes on Monday." || e.Quoted != "" || o.ticket(o.number).Status != helpdesk.Resolved {
		t.Errorf("entry %+v", e)
	}
}

// covers: P09, M02
func TestAnswersCarryNoAddressesOfAgents(t *testing.T) {
	o := newOffice(t)
	reply, note := o.address(o.ann, false), o.address(o.ann, true)
	got := o.accept(mail(ann, "<a@x>", "Write to ANN@acme.example or joann@acme.example or "+reply+" or mailto:"+note+" then."), reply)
	e := o.entry(got)
	for _, secret := range []string{" ann@", "ANN@", reply[:20], note[:20]} {
		if strings.Contains(e.Text, secret) {
			t.Errorf("customers read %q:\n%s", secret, e.Text)
		}
	}
	if !strings.HasPrefix(e.Text, "Write to support@acme.example or joann@acme.example or ") {
		t.Errorf("text %q", e.Text)
	}
}

// covers: P09
func TestAnswersCarryFilesButNoMails(t *testing.T) {
	o := newOffice(t)
	const part = "\r\n--b\r\nContent-Type: "
	body := "--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n" +
		part + "application/pdf\r\nContent-Disposition: attachment; filename=bill.pdf\r\n\r\n%PDF\r\n" +
		part + "message/rfc822\r\nContent-Disposition: attachment\r\n\r\nFrom: support@acme.example\r\nSubject: [#1] Order\r\n\r\n" + o.notice(1) +
		part + "application/octet-stream\r\nContent-Disposition: attachment; filename=Notice.EML\r\n\r\nFrom: support@acme.example\r\n\r\n" + o.notice(1) +
		"\r\n--b--\r\n"
	extra := []string{"MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"}
	for _, tt := range []struct {
		to   string
		want int
	}{{o.address(o.ann, false), 1}, {o.address(o.ann, true), 3}} {
		e := o.entry(o.accept(mail(ann, "<"+tt.to+">", body, extra...), tt.to))
		if len(e.Attachments) != tt.want || e.Attachments[0].Name != "bill.pdf" {
			t.Errorf("files %+v, want %d", e.Attachments, tt.want)
		}
	}
}

// A customer who was passed on a notice and quotes it in their own thread shows
// nothing of it.
//
// covers: P09, M02
func TestNoticesInCustomersMailAreCutOff(t *testing.T) {
	o := newOffice(t)
	got := o.accept(mail(alice, "<q@x>", "What is this?\r\n\r\nOn Monday, Ann <ann@acme.example> wrote:\r\n"+quoted(o.notice(1))), o.replyAddress(o.number, 1))
	e := o.entry(got)
	if e.Text != "What is this?" || strings.Contains(e.Quoted, "assigned to") || strings.Contains(e.Quoted, "agents only") {
		t.Errorf("entry %q, folded %q", e.Text, e.Quoted)
	}
}

// Wherever in a mail a note of ours stands, and however it is marked, customers
// do not read it.
//
// covers: P09
func FuzzAnswer(f *testing.F) {
	const secret = "this customer never pays before the third reminder has gone out"
	raw := "From: Ann Agent <ann@acme.example>\r\nTo: support@acme.example\r\nSubject: Re: [#1] Order\r\nIn-Reply-To: <x@y>\r\n\r\nx\r\n"
	c := &incoming{mail: eml.Read([]byte(raw))}
	c.writer, _ = c.mail.OneFrom()
	sent := outbound.AgentMark + "\n\nAlice wrote in request #1.\n\nWhere is it?\n\nIt is for agents only."
	f.Add("Hello\n\n> Where is it?\n\nOn Monday.\n", uint16(5), "> ", uint8(30))
	f.Add("On Monday.\n\n-----Original Message-----\nFrom: x <a@b.example>\nSent: today\nTo: y\nSubject: z\n\n"+sent, uint16(90), "", uint8(0))
	f.Add("#note\n"+sent, uint16(6), "| ", uint8(12))
	f.Add(strings.ReplaceAll(sent, "\n", "\n> "), uint16(60), ">>", uint8(64))
	f.Fuzz(func(t *testing.T, text string, at uint16, marks string, wrap uint8) {
		text = strings.ToValidUTF8(text, "")
		i := int(at) % (len(text) + 1)
		hidden := secret
		if w := int(wrap); w > 0 && w < len(hidden) {
			hidden = hidden[:w] + "\n" + hidden[w:]
		}
		text = strings.ToValidUTF8(text[:i], "") + "\n" + marks + hidden + "\n" + strings.ToValidUTF8(text[i:], "")
		a := &agentText{}
		top, below := splitMark(text)
		a.orders, top = readOrders(top)
		if a.orders.note {
			return
		}
		a.answer(ownWords{c: c, known: &memory{internal: []string{secret}, sent: []string{sent}, public: []string{"Where is it?"}}}, top, below)
		a.check(true)
		words := strings.Join(strings.FieldsFunc(a.text, func(r rune) bool { return !isWord(r) || strings.ContainsRune(">|", r) }), " ")
		if strings.Contains(words, "pays before the third reminder has gone") {
			t.Fatalf("of\n%q\ncustomers read\n%q", text, a.text)
		}
	})
}

// What tells an agent's own address to customers although nobody wrote it stays.
//
// covers: P12, S30
func TestAnswersCarryNoSignaturesAndCards(t *testing.T) {
	o := newOffice(t)
	const part = "\r\n--b\r\nContent-Disposition: attachment\r\nContent-Type: "
	body := "--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n" +
		part + "text/vcard; name=ann.vcf\r\n\r\nEMAIL:ann@acme.example\r\n" +
		part + "application/pkcs7-signature; name=smime.p7s\r\n\r\nMIIK\r\n" +
		part + "application/pgp-signature; name=s.asc\r\n\r\n-----BEGIN\r\n" +
		part + "application/pdf; name=bill.pdf\r\n\r\n%PDF\r\n--b--\r\n"
	extra := []string{"MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"}
	answer, note := o.address(o.ann, false), o.address(o.ann, true)
	e := o.entry(o.accept(mail(ann, "<1@x>", body, extra...), answer))
	if len(e.Attachments) != 1 || e.Attachments[0].Name != "bill.pdf" || !strings.Contains(strings.Join(e.Recognised.Evidence, " "), "ann.vcf") {
		t.Errorf("files %+v, evidence %q", e.Attachments, e.Recognised.Evidence)
	}
	if e := o.entry(o.accept(mail(ann, "<2@x>", body, extra...), note)); len(e.Attachments) != 4 {
		t.Errorf("files of a note %+v, want all 4", e.Attachments)
	}
}
