package actions

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

func (b *bench) link(h helpdesk.HelpCenter, number int64, change func(*links.Link)) string {
	b.t.Helper()
	t := b.detail(number).Ticket
	l := links.Link{Scope: links.View, Ticket: uint64(t.ID), Participant: 1, Gen: t.Participants[0].LinkGen, Expires: b.time().Add(time.Hour)}
	if change != nil {
		change(&l)
	}
	return b.signer.Link(links.Audience(h.Audience), l)
}

// covers: S22, S21, M03
func TestViewByLink(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	if err := b.Note(t.Context(), operator, number, Note{Text: "secret"}); err != nil {
		t.Fatal(err)
	}
	other := center()
	other.Name, other.Audience = "other", links.AudienceOf("support", "HelpCenter", "other")
	for _, tt := range []struct {
		name   string
		center func(h *helpdesk.HelpCenter)
		token  func() string
		want   helpdesk.Kind // Internal = it opens
	}{
		{"good", nil, func() string { return b.link(center(), number, nil) }, helpdesk.Internal},
		{"tampered", nil, func() string { l := b.link(center(), number, nil); return l[:20] + swap(l[20]) + l[21:] }, helpdesk.NotFound},
		{"cut", nil, func() string { l := b.link(center(), number, nil); return l[:len(l)-1] }, helpdesk.NotFound},
		{"number", nil, func() string { return "1" }, helpdesk.NotFound},
		{"empty", nil, func() string { return "" }, helpdesk.NotFound},
		{"expired", nil, func() string {
			return b.link(center(), number, func(l *links.Link) { l.Expires = noon.Add(-time.Hour) })
		}, helpdesk.NotFound},
		{"of another help center", nil, func() string { return b.link(other, number, nil) }, helpdesk.NotFound},
		{"ticket of another help center", func(h *helpdesk.HelpCenter) { *h = other }, func() string { return b.link(other, number, nil) }, helpdesk.NotFound},
		{"of another account", func(h *helpdesk.HelpCenter) { h.Account = "elsewhere" }, func() string { return b.link(center(), number, nil) }, helpdesk.NotFound},
		{"without the right to see", nil, func() string {
			return b.link(center(), number, func(l *links.Link) { l.Scope = links.ReplyTo })
		}, helpdesk.NotFound},
		{"of nobody", nil, func() string {
			return b.link(center(), number, func(l *links.Link) { l.Participant = 9 })
		}, helpdesk.NotFound},
		{"of an older generation", nil, func() string { return b.link(center(), number, func(l *links.Link) { l.Gen-- }) }, helpdesk.NotFound},
		{"generation 256 later", nil, func() string { return b.link(center(), number, func(l *links.Link) { l.Gen += 256 }) }, helpdesk.NotFound},
		{"ticket that is gone", nil, func() string { return b.link(center(), number, func(l *links.Link) { l.Ticket++ }) }, helpdesk.NotFound},
		{"portal off", func(h *helpdesk.HelpCenter) { h.PortalOn = false }, func() string { return b.link(center(), number, nil) }, helpdesk.NotFound},
		{"signed-in only", func(h *helpdesk.HelpCenter) { h.View = helpdesk.ViewSignedIn }, func() string { return b.link(center(), number, nil) }, helpdesk.SignIn},
		{"signed-in only, tampered", func(h *helpdesk.HelpCenter) { h.View = helpdesk.ViewSignedIn }, func() string { return "pl1_x" }, helpdesk.NotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := center()
			if tt.center != nil {
				tt.center(&h)
			}
			token, before := tt.token(), b.revision()
			view, viewer, err := b.ViewByLink(t.Context(), h, token)
			if helpdesk.KindOf(err) != tt.want || (err == nil) != (tt.want == helpdesk.Internal) {
				t.Fatalf("view = %+v, %v, want %v", view, err, tt.want)
			}
			if after := b.revision(); after != before {
				t.Errorf("looking wrote to the store: revision %d, was %d", after, before)
			}
			switch {
			case tt.want == helpdesk.NotFound && helpdesk.Public(err) != "there is no such page":
				t.Errorf("%q tells what is wrong with a link", helpdesk.Public(err))
			case err == nil && (view.Number != number || viewer.Number != 1 || len(view.Thread) != 1 || !view.Thread[0].Mine):
				t.Errorf("view = %+v for %+v", view, viewer)
			}
		})
	}
}

// covers: M03
func TestRevokedLink(t *testing.T) {
	b := newBench(t)
	for _, tt := range []struct {
		name   string
		revoke func(t *helpdesk.Ticket)
	}{
		{"participant left", func(t *helpdesk.Ticket) { t.Participants[0].Left = &noon }},
		{"links were killed", func(t *helpdesk.Ticket) { t.Participants[0].LinkGen++ }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			number := b.ticket(tt.name)
			token := b.link(center(), number, nil)
			if _, _, err := b.ViewByLink(t.Context(), center(), token); err != nil {
				t.Fatal(err)
			}
			b.change(number, tt.revoke)
			if _, _, err := b.ViewByLink(t.Context(), center(), token); helpdesk.KindOf(err) != helpdesk.NotFound || err == nil {
				t.Errorf("error = %v, want NotFound", err)
			}
		})
	}
}

// covers: S22
func TestViewShowsWholeTexts(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("ä", helpdesk.MaxInlineText)
	got, err := b.Submit(t.Context(), center(), filled(func(in *Submission) { in.Message = long }))
	if err != nil {
		t.Fatal(err)
	}
	view, _, err := b.ViewByLink(t.Context(), center(), b.link(center(), got.Number, nil))
	if err != nil || view.Thread[0].Text != long {
		t.Errorf("%d bytes, %v, want all %d", len(view.Thread[0].Text), err, len(long))
	}
}

func swap(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// covers: S21, S22, S40a
func TestLinkTarget(t *testing.T) {
	b := newBench(t)
	ctx, number, h := t.Context(), b.ticket("n1"), shared()
	alice, eve := b.proven("alice@customer.example"), b.proven("eve@customer.example")
	link := b.linkOf(number, 1)
	second := h
	second.Name, second.Audience = "second", links.AudienceOf("support", "HelpCenter", "second")
	check := func(name, token string, h helpdesk.HelpCenter, by *Customer, want Target, kind string) {
		t.Helper()
		got, err := b.LinkTarget(ctx, h, token, by)
		if got != want || kindOf(err) != kind {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	check("nobody", link, h, nil, Target{Number: number}, "ok")
	check("hers", link, h, alice, Target{Number: number, TakesPart: true}, "ok")
	check("somebody else's", link, h, eve, Target{Number: number}, "ok")
	check("another help center", link, second, alice, Target{}, "not found")
	check("nonsense", "pl1_x", h, alice, Target{}, "not found")
	b.wait(2 * time.Hour)
	check("expired", link, h, alice, Target{Number: number, TakesPart: true}, "ok")
	if got := b.opened(link); got != nil {
		t.Errorf("an expired link shows %q", got)
	}
}

// covers: S09, S22, M03
func TestMailNewLink(t *testing.T) {
	b := newBench(t)
	ctx, number, h := t.Context(), b.ticket("n1"), shared()
	if err := b.AddParticipant(ctx, operator, number, "bob@customer.example", "", false); err != nil {
		t.Fatal(err)
	}
	mine, bobs := b.linkOf(number, 1), b.linkOf(number, 2)
	b.wait(2 * time.Hour) // they are over
	ask := func(h helpdesk.HelpCenter, token string) []string {
		t.Helper()
		if err := b.MailNewLink(ctx, h, token); err != nil {
			t.Errorf("the answer differs: %v", err)
		}
		return sentTo(b.detail(number), helpdesk.NewLink)
	}
	off := shared()
	off.PortalOn = false
	if got := ask(h, forged(mine)); len(got) != 0 {
		t.Errorf("a forged one: %q", got)
	}
	if got := ask(off, mine); len(got) != 0 {
		t.Errorf("portal off: %q", got)
	}
	if diff := cmp.Diff([]string{"alice@customer.example"}, ask(h, mine)); diff != "" {
		t.Errorf("hers (-want +got):\n%s", diff)
	}
	if err := b.RemoveParticipant(ctx, operator, number, 2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"alice@customer.example"}, ask(h, bobs)); diff != "" {
		t.Errorf("of who was removed (-want +got):\n%s", diff)
	}
	for range 20 {
		ask(h, mine)
		b.wait(11 * time.Minute)
	}
	if got := len(ask(h, mine)); got < 2 || got > 5 {
		t.Errorf("%d mails, want a few a day", got)
	}
}
