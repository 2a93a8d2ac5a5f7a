package console_test

import (
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

var heldItem = helpdesk.HeldItem{
	ID: "abcdefghijklmnop", Cause: helpdesk.NotParticipant, Mailbox: "support", Number: 7, Ticket: 7, Expires: webtest.Now.Add(helpdesk.HeldFor), At: webtest.Now,
	From: helpdesk.MustAddress("carol@elsewhere.example"), FromName: "Carol <C>", Subject: "Re: <b>", Text: "<script>alert(1)</script> https://x.example",
	Recognised: helpdesk.Recognition{
		Rule: "proven-stranger", Token: helpdesk.TokenOther, Sender: helpdesk.SenderStranger, Class: helpdesk.ClassMessage,
		Trust: helpdesk.Trust{Proof: helpdesk.ProofPass, Reasons: []string{"SPF of <elsewhere.example> passed."}}, Evidence: []string{"It names #7."}, Faults: []string{"no date"},
	},
	Raw: "00", Entry: &helpdesk.Entry{
		Kind: helpdesk.Message, Quoted: "> <old>", TextBlob: "00", Attachments: []helpdesk.Attachment{{Name: "list<1>.csv", MediaType: "text/csv", Size: 9}},
	},
	Copied: []helpdesk.Suggestion{{Address: helpdesk.MustAddress("dave@elsewhere.example")}},
}

// covers: P04
func TestHeld(t *testing.T) {
	d := &desk{held: []helpdesk.HeldItem{heldItem, {ID: "bbbbbbbbbbbbbbbb", Cause: helpdesk.NoSender, At: webtest.Now}}}
	h := serve(d)
	page := webtest.Page(t, webtest.Get(t, h, base+"/agent/held", session))
	has(t, page, "Carol &lt;C&gt;", "Re: &lt;b&gt;", "takes no part in the request", "#7", "Nobody", "No subject", "It does not say clearly who wrote it.",
		`href="/agent/held/abcdefghijklmnop"`, "Nothing of this is shown to customers before you decide.", `href="/agent/held?show=decided"`)
	has(t, webtest.Page(t, webtest.Get(t, serve(&desk{}), base+"/agent/held", session)), "No mail is held")

	page = webtest.Page(t, webtest.Get(t, h, base+"/agent/held/abcdefghijklmnop", session))
	has(t, page, "Carol &lt;C&gt;", "carol@elsewhere.example", "takes no part in the request", "Who wrote it is proven.", "SPF of &lt;elsewhere.example&gt; passed.",
		`<a href="/agent/tickets/7">Request #7</a>`, "issued to another participant", "It names #7.", "no date", "<code>proven-stranger</code>",
		"&lt;script&gt;alert(1)&lt;/script&gt;", `<a href="https://x.example"`, "Nothing of this mail is shown to customers", "What shall become of it?")
	hasNot(t, page, "<script>alert")

	page = webtest.Page(t, webtest.Get(t, h, base+"/agent/held/bbbbbbbbbbbbbbbb", session))
	has(t, page, "No subject", "Nobody", "Nothing proves who wrote it.", "No request that we know", "The mail has no text.")
}

// Each cause has words of its own.
func TestHeldCauses(t *testing.T) {
	seen := map[string]helpdesk.Cause{}
	for _, cause := range helpdesk.Causes {
		item := heldItem
		item.Cause = cause
		page := webtest.Page(t, webtest.Get(t, serve(&desk{held: []helpdesk.HeldItem{item}}), base+"/agent/held", session))
		hasNot(t, page, string(cause))
		if other, ok := seen[page]; ok {
			t.Errorf("%s has the words of %s", cause, other)
		}
		seen[page] = cause
	}
}

func TestHeldListIsBounded(t *testing.T) {
	d := &desk{held: []helpdesk.HeldItem{{ID: "a", Subject: "The newest"}}, more: 1234}
	page := webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/held", session))
	has(t, page, "The newest", "1234 older ones wait besides")
	list := webtest.Page(t, webtest.Get(t, serve(d), base+"/agent", session))
	has(t, list, "1235")
}
