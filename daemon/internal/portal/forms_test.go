package portal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// KeepUpload implements portal.Keeping: it refuses what is called bad, and is away
// for what is called away.
func (d *desk) KeepUpload(_ context.Context, _ helpdesk.HelpCenter, form, field, name, mediaType string, r io.Reader) (actions.Upload, error) {
	content, err := io.ReadAll(r)
	switch {
	case err != nil:
		return actions.Upload{}, fmt.Errorf("keep file: %w", err)
	case strings.HasPrefix(name, "bad"):
		return actions.Upload{}, &helpdesk.Error{Kind: helpdesk.Invalid, Public: "“" + name + "” is no picture", Err: helpdesk.ErrFile}
	case strings.HasPrefix(name, "away"):
		return actions.Upload{}, helpdesk.Wrap(helpdesk.Unavailable, errors.New("hunter2"))
	}
	return actions.Upload{Field: field, Attachment: helpdesk.Attachment{Name: name, MediaType: mediaType, Size: int64(len(content)), Blob: form}, Seal: "s"}, nil
}

// KeptUpload implements portal.Keeping.
func (d *desk) KeptUpload(_ context.Context, _ helpdesk.HelpCenter, form, token string) (actions.Upload, error) {
	var u actions.Upload
	if err := json.Unmarshal([]byte(token), &u); err != nil || u.Blob != form || u.Seal != "s" {
		return u, &helpdesk.Error{Kind: helpdesk.Invalid, Public: "a file is gone", Err: helpdesk.ErrFile}
	}
	return u, nil
}

var kept = regexp.MustCompile(`name="kept" value="([^"]*)"`)

// tokens are the files that a page has.
func tokens(page string) []string {
	var all []string
	for _, m := range kept.FindAllStringSubmatch(page, -1) {
		all = append(all, strings.NewReplacer("&#34;", `"`, "&amp;", "&").Replace(m[1]))
	}
	return all
}

func named(uploads []actions.Upload) []string {
	var all []string
	for _, u := range uploads {
		all = append(all, u.Field+"/"+u.Name)
	}
	return all
}

// Files survive whatever is wrong with the rest of the form, and with each other.
// covers: P12, S31
func TestFilesOfAForm(t *testing.T) {
	d := &desk{err: &actions.Rejected{Problems: []helpdesk.FieldProblem{{Field: "subject", Message: "Say what."}}}}
	h := serve(d, io.Discard, center(full))
	address := base + "/en/submit/billing"
	typed := url.Values{"nonce": {"N"}, "message": {"My story"}}
	r := webtest.PostFiles(t, h, address, typed, []webtest.Upload{{Input: "field.file", Name: "a<b>.png", Content: "12"}, {Input: "field.file", Name: "c.png", Content: "345"}})
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusUnprocessableEntity || len(tokens(page)) != 2 {
		t.Fatalf("status %d, files %q", r.StatusCode, tokens(page))
	}
	has(t, page, "a&lt;b&gt;.png", "My story", "One answer needs another look.")

	// One is refused beside other mistakes, and all is told at once.
	r = webtest.PostFiles(t, h, address, typed, []webtest.Upload{{Input: "field.file", Name: "bad.exe", Content: "x"}})
	has(t, webtest.Page(t, r), "“bad.exe” is no picture.", "Say what.", "2 answers need another look.")

	// One is refused beside the others, and nothing is sent.
	d.err, d.submitted = nil, nil
	typed["kept"] = tokens(page)[:1] // the other one was taken out
	r = webtest.PostFiles(t, h, address, typed, []webtest.Upload{{Input: "field.file", Name: "bad.exe", Content: "x"}, {Input: "field.file", Name: "d.png", Content: "x"}})
	page = webtest.Page(t, r)
	if r.StatusCode != http.StatusUnprocessableEntity || len(d.submitted) != 0 {
		t.Errorf("status %d, submitted %d times", r.StatusCode, len(d.submitted))
	}
	has(t, page, "“bad.exe” is no picture.", `id="field.file-error"`, "My story")
	typed["kept"] = tokens(page)
	webtest.Post(t, h, address, typed)
	if len(d.submitted) != 1 {
		t.Fatalf("submitted %d times", len(d.submitted))
	}
	if diff := cmp.Diff([]string{"file/a<b>.png", "file/d.png"}, named(d.submitted[0].Uploads)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}

	// A file that is not ours is told of, and loses nothing else.
	typed["kept"] = append(typed["kept"], `{"name":"forged"}`, "x")
	r = webtest.Post(t, h, address, typed)
	page = webtest.Page(t, r)
	if r.StatusCode != http.StatusUnprocessableEntity || len(tokens(page)) != 2 || strings.Count(page, "A file is gone.") != 1 {
		t.Errorf("status %d, files %q", r.StatusCode, tokens(page))
	}

	// A part of ours that is away loses nothing either.
	typed["kept"] = typed["kept"][:2]
	r = webtest.PostFiles(t, h, address, typed, []webtest.Upload{{Input: "field.file", Name: "away.png", Content: "x"}})
	page = webtest.Page(t, r)
	if r.StatusCode != http.StatusServiceUnavailable || len(tokens(page)) != 2 {
		t.Errorf("status %d, files %q", r.StatusCode, tokens(page))
	}
	has(t, page, "My story", `value="N"`)
	hasNot(t, page, "hunter2")
}

// Every form takes files; where it asks for none itself, they go with the message.
// covers: P12
func TestFilesBesideTheMessage(t *testing.T) {
	d := &desk{}
	h := serve(d, io.Discard, center(plain))
	has(t, webtest.Page(t, webtest.Get(t, h, base+"/en/submit/other")), `type="file" id="files" name="files" multiple`)
	webtest.PostFiles(t, h, base+"/en/submit/other", url.Values{"nonce": {"N"}}, []webtest.Upload{{Input: "files", Name: "a.png", Content: "x"}, {Input: "strange", Name: "b.png", Content: "x"}})
	if len(d.submitted) != 1 || !slices.Equal(named(d.submitted[0].Uploads), []string{"/a.png"}) {
		t.Errorf("submitted %+v", d.submitted)
	}
}

// covers: M04
func TestSubmissionsAreCounted(t *testing.T) {
	d := &desk{}
	h := serve(d, io.Discard, center(plain))
	post := func(cookies ...*http.Cookie) *http.Response {
		return webtest.Post(t, h, base+"/en/submit/other", url.Values{"nonce": {"N"}, "message": {"My story"}}, cookies...)
	}
	for i := range 20 {
		if r := post(); r.StatusCode != http.StatusOK {
			t.Fatalf("request %d answers %d", i, r.StatusCode)
		}
	}
	r := post()
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusTooManyRequests || len(d.submitted) != 20 {
		t.Errorf("status %d after %d requests", r.StatusCode, len(d.submitted))
	}
	has(t, page, "Too many tries", "My story", `value="N"`)
	if r := webtest.Do(t, h, apiRequest("other", `{"message": "x"}`)); r.StatusCode != http.StatusCreated {
		t.Errorf("another network: status %d", r.StatusCode)
	}
}

// Uploads of a network are bounded, and what was typed stays.
func TestUploadsAreCounted(t *testing.T) {
	d := &desk{}
	h := serve(d, io.Discard, center(plain))
	large := bytes.Repeat([]byte("x"), 64<<20)
	for i := range 5 {
		r := webtest.PostFiles(t, h, base+"/en/submit/other", url.Values{"nonce": {"N"}, "message": {"My story"}}, []webtest.Upload{{Input: "files", Name: "a.bin", Content: string(large)}})
		want := http.StatusOK
		if i == 4 { // 256 MiB are used up
			want = http.StatusTooManyRequests
		}
		if r.StatusCode != want {
			t.Fatalf("upload %d answers %d, want %d", i, r.StatusCode, want)
		}
		if want != http.StatusOK {
			has(t, webtest.Page(t, r), "My story")
		}
	}
}

// covers: S31
func TestTreeAndHints(t *testing.T) {
	form := helpdesk.Form{Name: "f", Title: "F", Access: everybody, Fields: []helpdesk.Field{
		{Name: "place", Type: "Tree", Label: "Place", Options: []helpdesk.Option{
			{Value: "eu", Label: "Europe"}, {Value: "de", Label: "Germany", Parent: "eu"}, {Value: "berlin", Label: "Berlin", Parent: "de"},
			{Value: "fr", Label: "France", Parent: "eu"}, {Value: "moon", Label: "Moon"},
		}},
		{Name: "count", Type: "Integer", Label: "Count", Min: "1", Max: "9", Initial: "3", Placeholder: "How <many>", Prefill: "n"},
		{Name: "day", Type: "Date", Label: "Day", Min: "2020-01-01", Max: "Today"},
		{Name: "parts", Type: "MultiSelect", Label: "Parts", MaxItems: 1, Options: []helpdesk.Option{{Value: "a", Label: "A"}, {Value: "b", Label: "B"}}},
		{Name: "source", Type: "Hidden", Initial: "web", Prefill: "src"},
		{Name: "ok", Type: "Checkbox", Label: "Fine", Initial: "true"},
	}}
	h := serve(&desk{}, io.Discard, center(form))
	page := webtest.Page(t, webtest.Get(t, h, base+"/en/submit/f"))
	has(t, page, `<optgroup label="Europe › Germany">`, `<option value="berlin">Berlin</option>`, `<optgroup label="Europe">`, `<option value="moon">Moon</option>`,
		`value="3" placeholder="How &lt;many&gt;"`, "From 1 to 9.", `min="2020-01-01" max="2026-11-`, "Choose at most 1.", `name="field.source" value="web"`, `value="true" checked`)
	hasNot(t, page, `<option value="eu"`, `<option value="de"`)
	page = webtest.Page(t, webtest.Get(t, h, base+"/en/submit/f?n=7&src=<shop>&day=2026-01-01&field.day=2026-01-01"))
	has(t, page, `name="field.count" value="7"`, `name="field.source" value="&lt;shop&gt;"`, `name="field.day" value=""`)
}

// ruled asks for an order if the topic is a refund.
type ruled struct{ helpdesk.FormChecker }

func (ruled) States(raw map[string][]string) []helpdesk.FieldState {
	refund := slices.Equal(raw["topic"], []string{"refund"})
	return []helpdesk.FieldState{{Name: "topic", Visible: true}, {Name: "order", Visible: refund, Required: refund}}
}

var ruledForm = helpdesk.Form{Name: "r", Title: "R", Access: everybody, Checker: ruled{}, Fields: []helpdesk.Field{
	{Name: "topic", Type: "Select", Label: "Topic", Asked: true, Options: []helpdesk.Option{{Value: "refund", Label: "Refund"}, {Value: "copy", Label: "Copy"}}},
	{Name: "order", Type: "ShortText", Label: "Order", Help: "See above."},
}}

// Without a script, nobody is sent off before they saw what their answers led to,
// and nobody is asked for what is hidden.
// covers: S31
func TestQuestionsThatFollow(t *testing.T) {
	d := &desk{}
	h := serve(d, io.Discard, center(ruledForm))
	address := base + "/en/submit/r"
	page := webtest.Page(t, webtest.Get(t, h, address))
	has(t, page, `<div class="field" data-field="order" hidden>`, `name="shown" value="topic"`, `data-asked`, `data-state="/en/submit/r/state"`,
		`<noscript><button class="button" type="submit" name="step" value="update">`)

	typed := url.Values{"nonce": {"N"}, "message": {"My story"}, "shown": {"topic"}, "field.topic": {"refund"}, "field.order": {""}}
	r := webtest.Post(t, h, address, typed)
	page = webtest.Page(t, r)
	if r.StatusCode != http.StatusUnprocessableEntity || len(d.submitted) != 0 {
		t.Errorf("status %d, submitted %d times", r.StatusCode, len(d.submitted))
	}
	has(t, page, "one more question", `<div class="field" data-field="order">`, `name="shown" value="topic,order"`, "My story")
	if !regexp.MustCompile(`id="field.order"[^>]* autofocus`).MatchString(page) {
		t.Error("the new question is not focused")
	}

	update := url.Values{"step": {"update"}}
	for name, values := range typed {
		update[name] = values
	}
	r = webtest.Post(t, h, address, update)
	page = webtest.Page(t, r)
	if r.StatusCode != http.StatusOK || len(d.submitted) != 0 {
		t.Errorf("update: status %d, submitted %d times", r.StatusCode, len(d.submitted))
	}
	has(t, page, `<div class="field" data-field="order">`, "My story")
	hasNot(t, page, `role="alert"`)

	typed.Set("shown", "topic,order")
	if r := webtest.Post(t, h, address, typed); r.StatusCode != http.StatusOK || len(d.submitted) != 1 {
		t.Errorf("seen: status %d, submitted %d times", r.StatusCode, len(d.submitted))
	}
	typed.Set("field.topic", "copy")
	typed.Set("shown", "topic")
	if r := webtest.Post(t, h, address, typed); r.StatusCode != http.StatusOK || len(d.submitted) != 2 {
		t.Errorf("nothing follows: status %d, submitted %d times", r.StatusCode, len(d.submitted))
	}

	// The page's script asks the same.
	for topic, want := range map[string]string{
		"refund": `{"fields":[{"name":"topic","visible":true,"required":false},{"name":"order","visible":true,"required":true}]}`,
		"copy":   `{"fields":[{"name":"topic","visible":true,"required":false},{"name":"order","visible":false,"required":false}]}`,
	} {
		r := webtest.Post(t, h, address+"/state", url.Values{"field.topic": {topic}, "field.unknown": {"x"}})
		if got := strings.TrimSpace(webtest.Body(t, r)); r.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s: status %d, %s", topic, r.StatusCode, got)
		}
	}
	if r := webtest.Post(t, h, base+"/en/submit/none/state", url.Values{}); r.StatusCode != http.StatusNotFound {
		t.Errorf("no such form: status %d", r.StatusCode)
	}
}

// Errors are said in the visitor's language, also those of the form's own fields.
// covers: S31, S43
func TestProblemsInGerman(t *testing.T) {
	german := center(full)
	german.Locales = []string{"de"}
	d := &desk{err: &actions.Rejected{Problems: []helpdesk.FieldProblem{
		{Field: "field.count", Message: "Enter 3 or more.", Format: "Enter %s or more.", Args: []any{"3"}}, {Field: "field.order", Message: "Wie ORD-1"},
	}}}
	page := webtest.Page(t, webtest.Post(t, serve(d, io.Discard, german), base+"/de/submit/billing", url.Values{}))
	has(t, page, "Mindestens 3.", "Wie ORD-1.", "2 Angaben stimmen noch nicht.", "Dateien", "Senden")
	hasNot(t, page, "or more", "Send<")
}

// A sign-in that ends while somebody writes costs them nothing.
// covers: S20
func TestSignInEndsMeanwhile(t *testing.T) {
	form := full
	form.Access = map[helpdesk.Visitor]helpdesk.Access{helpdesk.Anonymous: helpdesk.NeedsSignIn, helpdesk.SignedIn: helpdesk.Granted}
	d := &desk{}
	h := serve(d, io.Discard, center(form))
	r := webtest.PostFiles(t, h, base+"/en/submit/billing", url.Values{"nonce": {"N"}, "message": {"My story"}, "field.order": {"ORD-1"}},
		[]webtest.Upload{{Input: "field.file", Name: "a.png", Content: "x"}})
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusForbidden || len(d.submitted) != 0 || len(tokens(page)) != 1 {
		t.Errorf("status %d, submitted %d times, files %q", r.StatusCode, len(d.submitted), tokens(page))
	}
	has(t, page, "Your sign-in has ended.", `href="/en/sign-in?next=%2Fen%2Fsubmit%2Fbilling" target="_blank"`, "My story", `value="ORD-1"`, `value="N"`)
	hasNot(t, page, `id="address"`)
	if r := webtest.Post(t, h, base+"/en/submit/billing/state", url.Values{}); r.StatusCode != http.StatusForbidden {
		t.Errorf("state: status %d", r.StatusCode)
	}
}
