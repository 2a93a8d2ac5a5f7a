package actions

import (
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// Who follows a request is told when customers see something else, and of nothing
// that agents do among themselves; what may not be seen may not be followed.
// covers: S22, S21
func TestGlance(t *testing.T) {
	b := newBench(t)
	number := b.submitted("Order", "Where is it?")
	token := b.link(center(), number, nil)
	alice := b.person("alice@customer.example", true)
	agent := b.agent("ada@acme.example")
	look := func() string {
		t.Helper()
		link, err := b.GlanceByLink(t.Context(), center(), token)
		if err != nil {
			t.Fatal(err)
		}
		own, err := b.GlanceAtRequest(t.Context(), center(), alice, number)
		if err != nil || own != link {
			t.Fatalf("signed in %+v, %v, by the link %+v", own, err, link)
		}
		view, _, err := b.ViewByLink(t.Context(), center(), token)
		if err != nil || view.Look != link.Look {
			t.Fatalf("the page has look %q, %v, want %q", view.Look, err, link.Look)
		}
		return link.Look
	}
	first := look()
	if err := b.Note(t.Context(), agent, number, Note{Text: "secret"}); err != nil {
		t.Fatal(err)
	}
	if got := look(); got != first {
		t.Error("a note changes how it looks")
	}
	b.wait(time.Minute)
	if err := b.Reply(t.Context(), agent, number, Reply{Text: "It is on its way."}); err != nil {
		t.Fatal(err)
	}
	second := look()
	b.change(number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Resolved })
	third := look()
	if second == first || third == second {
		t.Errorf("looks %q, %q, %q: an answer and a status change them", first, second, third)
	}
	g, err := b.GlanceByLink(t.Context(), center(), token)
	if err != nil {
		t.Fatal(err)
	}
	tidings, err := b.Follow(g)
	if err != nil {
		t.Fatal(err)
	}
	defer tidings.Close()
	b.change(number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Open })
	<-tidings.Changed()
}

// covers: S21, S22
func TestGlanceOfOthers(t *testing.T) {
	b := newBench(t)
	number := b.submitted("Order", "Where is it?")
	pretender := b.person("alice@customer.example", false)
	stranger := b.person("mallory@customer.example", true)
	for name, by := range map[string]*Customer{"who proved nothing": pretender, "a stranger": stranger} {
		if g, err := b.GlanceAtRequest(t.Context(), center(), by, number); helpdesk.KindOf(err) != helpdesk.NotFound || err == nil {
			t.Errorf("%s: %+v, %v", name, g, err)
		}
	}
	off, signedIn := center(), center()
	off.PortalOn, signedIn.View = false, helpdesk.ViewSignedIn
	for _, tt := range []struct {
		name   string
		h      helpdesk.HelpCenter
		change func(*links.Link)
		want   helpdesk.Kind
	}{
		{"portal off", off, nil, helpdesk.NotFound},
		{"signed-in only", signedIn, nil, helpdesk.SignIn},
		{"expired", center(), func(l *links.Link) { l.Expires = noon.Add(-time.Hour) }, helpdesk.NotFound},
		{"revoked", center(), func(l *links.Link) { l.Gen-- }, helpdesk.NotFound},
		{"of nobody", center(), func(l *links.Link) { l.Participant = 9 }, helpdesk.NotFound},
	} {
		if g, err := b.GlanceByLink(t.Context(), tt.h, b.link(center(), number, tt.change)); helpdesk.KindOf(err) != tt.want || err == nil {
			t.Errorf("%s: %+v, %v", tt.name, g, err)
		}
	}
}
