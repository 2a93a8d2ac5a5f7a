package actions

import (
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// What was written before signing in is found by who takes part, and by nobody else.
//
// covers: S23, S10
func TestDraft(t *testing.T) {
	b := newBench(t)
	ctx, number, other, h := t.Context(), b.ticket("n1"), b.ticket("n2"), shared()
	link := b.linkOf(number, 1)
	alice, eve := b.proven("alice@customer.example"), b.proven("eve@customer.example")
	kept, err := b.KeepDraft(ctx, h, link, " Half \r\nwritten ")
	if err != nil || kept.Number != number {
		t.Fatalf("kept = %+v, %v", kept, err)
	}
	draft := string(kept.Draft)
	before := b.revision()
	shows := func(number int64, draft string) string {
		seen, err := b.Request(ctx, h, alice, number, draft)
		if err != nil {
			t.Fatal(err)
		}
		return seen.Draft
	}
	for _, tt := range []struct{ name, got, want string }{
		{"hers", shows(number, draft), "Half \nwritten"},
		{"on another request", shows(other, draft), ""},
		{"none", shows(number, ""), ""},
		{"a key of the store", shows(number, "../../ticket"), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	if _, err := b.Request(ctx, h, eve, number, draft); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("somebody else: %v", err)
	}
	second := shared()
	second.Name = "second"
	for _, tt := range []struct {
		name   string
		center helpdesk.HelpCenter
		by     *Customer
		number int64
		draft  string
		want   string
	}{
		{"who wrote it as somebody else", h, eve, number, draft, "Half \nwritten"},
		{"nobody", h, nil, number, draft, ""},
		{"another number", h, eve, other, draft, ""},
		{"another help center", second, eve, number, draft, ""},
		{"another draft", h, eve, number, "aaaaaaaaaaaaaaaa", ""},
	} {
		if got, err := b.StrayDraft(ctx, tt.center, tt.by, tt.number, tt.draft); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
	if b.revision() != before {
		t.Error("looking changed the store")
	}
	if _, err := b.AnswerRequest(ctx, h, alice, number, Answer{Text: "Whole", Nonce: "x", Draft: draft}); err != nil {
		t.Fatal(err)
	}
	if got := shows(number, draft); got != "" {
		t.Errorf("after sending: %q", got)
	}
}

// covers: S23
func TestDraftRefused(t *testing.T) {
	b := newBench(t)
	ctx, number := t.Context(), b.ticket("n1")
	link := b.linkOf(number, 1)
	closed, off := shared(), shared()
	closed.SignUp, off.PortalOn = helpdesk.SignUp{}, false
	for _, tt := range []struct {
		name, token, text string
		center            helpdesk.HelpCenter
		want              helpdesk.Kind
	}{
		{"nothing written", link, " \n", shared(), helpdesk.Invalid},
		{"too much", link, strings.Repeat("x", MaxDraft+1), shared(), helpdesk.TooLarge},
		{"no link", forged(link), "x", shared(), helpdesk.NotFound},
		{"nobody can sign in", link, "x", closed, helpdesk.Invalid},
		{"portal off", link, "x", off, helpdesk.NotFound},
	} {
		before := b.revision()
		if _, err := b.KeepDraft(ctx, tt.center, tt.token, tt.text); helpdesk.KindOf(err) != tt.want || err == nil || b.revision() != before {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for i := range draftsADay + 1 {
		_, err := b.KeepDraft(ctx, shared(), link, "x")
		if (err == nil) != (i < draftsADay) {
			t.Fatalf("draft %d: %v", i+1, err)
		}
	}
	b.wait(25 * time.Hour)
	if _, err := b.KeepDraft(ctx, shared(), b.linkOf(number, 1), "x"); err != nil {
		t.Errorf("the next day: %v", err)
	}
}
