package portal_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// covers: S31
func TestFormFields(t *testing.T) {
	h := serve(&desk{}, io.Discard, center(full))
	r := webtest.Get(t, h, base+"/en/submit/billing")
	page := webtest.Page(t, r)
	has(t, page,
		`type="email" id="address" name="address"`, `id="subject"`, `<textarea class="input" id="message"`, `id="name"`,
		`<select class="input" id="field.topic"`, `<option value="refund">Refund</option>`, `<select class="input" id="field.place"`,
		`type="text" id="field.order"`, `aria-describedby="field.order-help"`, `<textarea class="input" id="field.story"`,
		`id="field.count" name="field.count" value="" inputmode="numeric"`, `inputmode="decimal"`, `type="date" id="field.day"`,
		`type="checkbox" id="field.urgent"`, `name="field.parts" value="lid"`, `<legend>Parts`, `type="email" id="field.mail"`,
		`type="url" id="field.site"`, `type="tel" id="field.phone"`, `type="checkbox" id="field.agree"`, "I agree to the terms.",
		`<p class="told" data-field="info">Refunds take five days.</p>`, `type="file" id="field.file" name="field.file" multiple`, `<input type="hidden" name="field.source" value="">`)
	hasNot(t, page, `name="files"`, "autofocus", `role="alert"`)
	if got := r.Header.Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("Cache-Control is %q: going back would lose what was typed", got)
	}
	fixed := full
	fixed.Subject, fixed.MessageLabel = "Refund", "Your story"
	page = webtest.Page(t, webtest.Get(t, serve(&desk{}, io.Discard, center(fixed)), base+"/en/submit/billing"))
	hasNot(t, page, `id="subject"`)
	has(t, page, "Your story")
}

var nonce = regexp.MustCompile(`name="nonce" value="([A-Z2-7]{26})"`)

// covers: S03
func TestSubmit(t *testing.T) {
	d := &desk{}
	h := serve(d, io.Discard, center(full))
	var nonces []string
	for range 2 {
		m := nonce.FindStringSubmatch(webtest.Page(t, webtest.Get(t, h, base+"/en/submit/billing")))
		if m == nil {
			t.Fatal("page has no nonce")
		}
		nonces = append(nonces, m[1])
	}
	if nonces[0] == nonces[1] {
		t.Error("two pages have one nonce")
	}
	typed := url.Values{
		"nonce": {nonces[0]}, "name": {"Alice"}, "address": {"alice@customer.example"}, "subject": {"Pot"}, "message": {"Broken\r\nin two"},
		"field.topic": {"refund"}, "field.parts": {"lid", "pot"}, "field.unknown": {"x"}, "form": {"other"}, "visitor": {"agent"},
	}
	r := webtest.Post(t, h, base+"/en/submit/billing", typed)
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("status %d, Cache-Control %q", r.StatusCode, r.Header.Get("Cache-Control"))
	}
	has(t, page, "#1042", "alice@customer.example", "What happens next")
	want := []actions.Submission{{
		Form: "billing", Nonce: nonces[0], Name: "Alice", Address: "alice@customer.example", Subject: "Pot",
		Message: "Broken\r\nin two", Fields: map[string][]string{"topic": {"refund"}, "parts": {"lid", "pot"}},
	}}
	if diff := cmp.Diff(want, d.submitted); diff != "" {
		t.Errorf("submitted (-want +got):\n%s", diff)
	}
	// A reload sends the same again; the desk knows it by its nonce.
	webtest.Post(t, h, base+"/en/submit/billing", typed)
	if diff := cmp.Diff(d.submitted[0], d.submitted[1]); diff != "" {
		t.Errorf("a reload is another submission:\n%s", diff)
	}
	// No address shows a number, so there is nothing to count up.
	if r := webtest.Get(t, h, base+"/en/submit/sent?n=1042"); r.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", r.StatusCode)
	}
}

// covers: S31
func TestSubmitRejected(t *testing.T) {
	d := &desk{err: &actions.Rejected{Problems: []helpdesk.FieldProblem{
		{Field: "field.order", Message: "Looks like <ORD>"}, {Field: "field.agree", Message: "Tick this."},
		{Field: "field.parts", Message: "Choose at least one."}, {Field: "field.file", Message: "Add a file."},
	}}}
	h := serve(d, io.Discard, center(full))
	r := webtest.Post(t, h, base+"/en/submit/billing", url.Values{
		"nonce": {"N"}, "name": {`"><script>alert(1)</script>`}, "address": {"alice"}, "subject": {"S&S"}, "message": {"\nfirst line\nsecond"},
		"field.topic": {"copy"}, "field.parts": {"pot"}, "field.urgent": {"true"}, "field.count": {"many"}, "field.source": {"shop"},
	})
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("status %d, want 422", r.StatusCode)
	}
	has(t, page,
		`value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"`, `value="alice"`, `value="S&amp;S"`, "\n\nfirst line\nsecond</textarea>",
		`<option value="copy" selected>`, `value="pot" checked`, `id="field.urgent" name="field.urgent" value="true" checked`, `value="many"`,
		`name="field.source" value="shop"`, `name="nonce" value="N"`,
		`id="field.order-error"`, "Looks like &lt;ORD&gt;", `aria-describedby="field.order-help field.order-error"`, `<li><a href="#field.order">Order number</a> – Looks like &lt;ORD&gt;.</li>`,
		"4 answers need another look.", "Everything you typed is still here.", `<a href="#field.file">Photo</a> – Add a file.`)
	hasNot(t, page, "<script>alert", `value="lid" checked`)
	if n := strings.Count(page, " autofocus"); n != 1 || !strings.Contains(page, `aria-describedby="field.order-help field.order-error" autofocus`) {
		t.Errorf("%d fields are focused, want the first wrong one alone", n)
	}
}

// A part of ours that fails loses nothing of what was typed.
func TestSubmitFails(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want int
		kept bool
	}{
		{"away", helpdesk.Wrap(helpdesk.Unavailable, errors.New("hunter2")), http.StatusServiceUnavailable, true},
		{"broken", fmt.Errorf("commit: %w", errors.New("hunter2")), http.StatusInternalServerError, true},
		{"raced", helpdesk.Wrap(helpdesk.Conflict, errors.New("hunter2")), http.StatusConflict, true},
		{"withdrawn meanwhile", helpdesk.Errorf(helpdesk.NotFound, "gone"), http.StatusNotFound, false},
		{"closed to visitors meanwhile", helpdesk.Errorf(helpdesk.SignIn, "sign in"), http.StatusForbidden, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := serve(&desk{err: test.err}, io.Discard, center(plain))
			r := webtest.Post(t, h, base+"/en/submit/other", url.Values{"nonce": {"N"}, "message": {"My long story"}})
			page := webtest.Page(t, r)
			if r.StatusCode != test.want {
				t.Errorf("status %d, want %d", r.StatusCode, test.want)
			}
			if got := strings.Contains(page, "My long story") && strings.Contains(page, `value="N"`); got != test.kept {
				t.Errorf("what was typed is there: %t, want %t", got, test.kept)
			}
			hasNot(t, page, "hunter2")
		})
	}
	h := serve(&desk{}, io.Discard, center(plain))
	r := webtest.Post(t, h, base+"/en/submit/other", url.Values{"message": {strings.Repeat("x", 2<<20)}})
	if r.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("2 MiB: status %d", r.StatusCode)
	}
}
