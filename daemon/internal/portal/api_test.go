package portal_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// A program submits as a page does.
// covers: S03, S31, S19
func TestAPISubmit(t *testing.T) {
	d := &desk{}
	h := serve(d, io.Discard, center(full))
	r := apiRequest("billing", `{"name": "Alice", "address": "alice@customer.example", "subject": "Pot", "message": "Broken",
		"fields": {"topic": "refund", "parts": ["lid", "pot"], "urgent": true, "count": 3, "price": 1.50, "order": null, "story": ["x", null, 1]},
		"files": [{"field": "file", "name": "a.png", "mediaType": "image/png", "content": "AQI="}]}`)
	r.Header.Set("Idempotency-Key", "once")
	answered := webtest.Do(t, h, r)
	if body := webtest.Body(t, answered); answered.StatusCode != http.StatusCreated || strings.TrimSpace(body) != `{"number":1042,"address":"alice@customer.example"}` {
		t.Errorf("status %d, %s", answered.StatusCode, body)
	}
	want := []actions.Submission{{
		Form: "billing", Nonce: "once", Name: "Alice", Address: "alice@customer.example", Subject: "Pot", Message: "Broken",
		Fields: map[string][]string{"topic": {"refund"}, "parts": {"lid", "pot"}, "urgent": {"true"}, "count": {"3"}, "price": {"1.50"}, "order": nil, "story": {"x", "1"}},
		Uploads: []actions.Upload{{
			Field: "file", Attachment: helpdesk.Attachment{Name: "a.png", MediaType: "image/png", Size: 2, Blob: "billing"}, Seal: "s",
		}},
	}}
	if diff := cmp.Diff(want, d.submitted); diff != "" {
		t.Errorf("submitted (-want +got):\n%s", diff)
	}
}

func TestAPIRefuses(t *testing.T) {
	rejected := &actions.Rejected{Problems: []helpdesk.FieldProblem{{Field: "field.order", Message: "Looks like ORD"}, {Field: "address", Message: "Whose?"}}}
	for _, tt := range []struct {
		name, body string
		err        error
		prepare    func(r *http.Request)
		status     int
		code       string
		has        string
	}{
		{"answers to mend", `{}`, rejected, nil, 422, "rejected", `"problems":[{"field":"fields.order","message":"Looks like ORD."},{"field":"address","message":"Whose?"}]`},
		{"unknown field", `{"fields": {"nope": "x"}}`, nil, nil, 422, "rejected", `"field":"fields.nope"`},
		{"refused file", `{"files": [{"field": "file", "name": "bad.exe"}]}`, nil, nil, 422, "rejected", `"field":"fields.file"`},
		{"unknown member", `{"adress": "x"}`, nil, nil, 422, "invalid", "adress"},
		{"no JSON", `x`, nil, nil, 422, "invalid", ""},
		{"half of it", `{"name": "x"`, nil, nil, 422, "invalid", "not whole"},
		{"more behind it", `{} {}`, nil, nil, 422, "invalid", ""},
		{"a list", `[]`, nil, nil, 422, "invalid", ""},
		{"object as an answer", `{"fields": {"topic": {}}}`, nil, nil, 422, "invalid", ""},
		{"lists in lists", `{"fields": {"topic": [[]]}}`, nil, nil, 422, "invalid", ""},
		{"too large", `{"message": "` + strings.Repeat("x", 1<<20) + `"}`, nil, nil, 413, "too-large", ""},
		{"another type", `{}`, nil, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415, "media-type", ""},
		{"no type", `{}`, nil, func(r *http.Request) { r.Header.Del("Content-Type") }, 415, "media-type", ""},
		{"long key", `{}`, nil, func(r *http.Request) { r.Header.Set("Idempotency-Key", strings.Repeat("k", 65)) }, 422, "invalid", "64"},
		{"away", `{}`, helpdesk.Wrap(helpdesk.Unavailable, errors.New("hunter2")), nil, 503, "unavailable", `"id":"`},
		{"broken", `{}`, errors.New("hunter2"), nil, 500, "internal", `"id":"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{err: tt.err}
			h := serve(d, io.Discard, center(full))
			r := apiRequest("billing", tt.body)
			if tt.prepare != nil {
				tt.prepare(r)
			}
			answered := webtest.Do(t, h, r)
			body := webtest.Body(t, answered)
			var told struct {
				Error struct{ Code, Message string }
			}
			if err := json.Unmarshal([]byte(body), &told); err != nil || answered.StatusCode != tt.status || told.Error.Code != tt.code || told.Error.Message == "" {
				t.Errorf("status %d, %s", answered.StatusCode, body)
			}
			has(t, body, tt.has)
			hasNot(t, body, "hunter2")
			if tt.err == nil && len(d.submitted) != 0 {
				t.Error("it was submitted")
			}
		})
	}
	// What another site makes a browser send is refused before anything reads it.
	d := &desk{}
	r := apiRequest("billing", `{}`)
	r.Header.Set("Origin", "https://evil.example")
	if answered := webtest.Do(t, serve(d, io.Discard, center(full)), r); answered.StatusCode != http.StatusForbidden || len(d.submitted) != 0 {
		t.Errorf("from elsewhere: status %d", answered.StatusCode)
	}
}

// covers: S31, S32
func TestAPIForms(t *testing.T) {
	h := serve(&desk{}, io.Discard, center(ruledForm, plain))
	answered := webtest.Get(t, h, base+"/api/v1/forms")
	var got struct {
		Locale string
		Forms  []struct {
			Name    string
			Subject struct{ Asked bool }
			Fields  []struct {
				Name              string
				Type              string
				Visible, Required bool
				Options           []struct{ Value, Label, Parent string }
			}
		}
	}
	if err := json.Unmarshal([]byte(webtest.Body(t, answered)), &got); err != nil || answered.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", answered.StatusCode, err)
	}
	if got.Locale != "en" || len(got.Forms) != 2 || got.Forms[0].Name != "r" || !got.Forms[0].Subject.Asked || len(got.Forms[0].Fields) != 2 {
		t.Fatalf("forms = %+v", got)
	}
	topic, order := got.Forms[0].Fields[0], got.Forms[0].Fields[1]
	if topic.Type != "Select" || !topic.Visible || len(topic.Options) != 2 || topic.Options[0].Label != "Refund" || order.Visible {
		t.Errorf("fields = %+v", got.Forms[0].Fields)
	}
}
