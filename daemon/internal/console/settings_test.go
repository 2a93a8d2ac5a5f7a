package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

func (d *desk) SaveDeskSettings(_ context.Context, by actions.Actor, in helpdesk.DeskSettings) (*helpdesk.DeskSettings, error) {
	before, err := d.DeskSettings(context.Background(), by)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(d.writeErr, in.Check(before)); err != nil {
		return nil, err
	}
	in.Rev++
	d.settings = &in
	return &in, nil
}

var thanks = helpdesk.Canned{ID: "aaaaaaaaaaaaaaaa", Name: "Thanks <you>", Text: "Dear {{customer.name}} <b>", Rev: 9}

func (d *desk) CannedReplies(_ context.Context, by actions.Actor) ([]helpdesk.Canned, error) {
	return []helpdesk.Canned{thanks, {ID: "bbbbbbbbbbbbbbbb", Name: "Mine", Owner: robin.ID}}, d.check(by)
}

func (d *desk) CannedReply(_ context.Context, by actions.Actor, id helpdesk.ID) (*helpdesk.Canned, error) {
	c := thanks
	if c.ID != id {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such canned reply")
	}
	return &c, d.check(by)
}

func (d *desk) SaveCanned(_ context.Context, by actions.Actor, in helpdesk.Canned) (*helpdesk.Canned, error) {
	d.changes = append(d.changes, fmt.Sprintf("canned %q %q %q of %q at %d", in.ID, in.Name, in.Text, in.Owner, in.Rev))
	return &in, errors.Join(d.check(by), d.writeErr)
}

func (d *desk) RemoveCanned(_ context.Context, by actions.Actor, id helpdesk.ID, rev int64) error {
	d.changes = append(d.changes, fmt.Sprintf("no canned %q at %d", id, rev))
	return errors.Join(d.check(by), d.writeErr)
}

// covers: P10
func TestFieldsOfTheAccount(t *testing.T) {
	text := func(name, label string) helpdesk.FieldSpec {
		return helpdesk.FieldSpec{Name: name, Label: label, Type: helpdesk.TextField}
	}
	size := helpdesk.FieldSpec{Name: "size", Label: "Size", Type: helpdesk.SelectField, Options: []string{"S", "L"}}
	for _, tt := range []struct {
		name string
		set  string
		form url.Values
		want []helpdesk.FieldSpec // nil: refused
	}{
		{"add", "tickets", url.Values{"do": {"add"}, "label": {"Invoice no."}, "type": {"Text"}}, []helpdesk.FieldSpec{text("order", "Order"), size, text("invoice-no", "Invoice no.")}},
		{"add with a name", "tickets", url.Values{"do": {"add"}, "label": {"Invoice"}, "name": {"inv"}, "type": {"Text"}}, []helpdesk.FieldSpec{text("order", "Order"), size, text("inv", "Invoice")}},
		{"add a label of signs", "tickets", url.Values{"do": {"add"}, "label": {"数量"}, "type": {"Text"}}, []helpdesk.FieldSpec{text("order", "Order"), size, text("field", "数量")}},
		{"add a number first", "tickets", url.Values{"do": {"add"}, "label": {"2nd"}, "type": {"Text"}}, []helpdesk.FieldSpec{text("order", "Order"), size, text("field-2nd", "2nd")}},
		{"choices", "tickets", url.Values{"do": {"save"}, "name": {"size"}, "label": {"Size"}, "choices": {" S \r\n\r\nM\r\nL"}},
			[]helpdesk.FieldSpec{text("order", "Order"), {Name: "size", Label: "Size", Type: helpdesk.SelectField, Options: []string{"S", "M", "L"}}}},
		{"up", "tickets", url.Values{"do": {"up"}, "name": {"size"}}, []helpdesk.FieldSpec{size, text("order", "Order")}},
		{"remove", "tickets", url.Values{"do": {"remove"}, "name": {"order"}}, []helpdesk.FieldSpec{size}},
		{"the same label", "tickets", url.Values{"do": {"add"}, "label": {"order"}, "type": {"Text"}}, nil},
		{"no choices", "tickets", url.Values{"do": {"save"}, "name": {"size"}, "label": {"<Size>"}}, nil},
		{"what is gone", "tickets", url.Values{"do": {"save"}, "name": {"gone"}, "label": {"x"}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{settings: &helpdesk.DeskSettings{Rev: 5, TicketFields: []helpdesk.FieldSpec{text("order", "Order"), size}}}
			tt.form.Set("rev", "5")
			r := webtest.Post(t, serve(d), base+"/agent/settings/fields/"+tt.set, tt.form, session)
			if tt.want == nil {
				if r.StatusCode != http.StatusUnprocessableEntity || d.settings.Rev != 5 {
					t.Errorf("status %d", r.StatusCode)
				}
				has(t, webtest.Page(t, r), `role="alert"`)
				return
			}
			if want := "/agent/settings?done=" + tt.form.Get("do") + "#tickets"; r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != want {
				t.Fatalf("status %d, to %s, want %s", r.StatusCode, r.Header.Get("Location"), want)
			}
			if diff := cmp.Diff(tt.want, d.settings.TicketFields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			r = webtest.Post(t, serve(d), base+"/agent/settings/fields/"+tt.set, tt.form, session) // from a page that is out of date
			if has(t, webtest.Page(t, r), "Somebody else has changed the settings"); r.StatusCode != http.StatusConflict {
				t.Errorf("status %d", r.StatusCode)
			}
		})
	}
	r := webtest.Post(t, serve(&desk{}), base+"/agent/settings/fields/nothing", url.Values{"rev": {"0"}, "do": {"add"}, "label": {"x"}, "type": {"Text"}}, session)
	if r.StatusCode != http.StatusNotFound {
		t.Errorf("fields of nothing: status %d", r.StatusCode)
	}
}

// covers: P10
func TestNamesOfStatuses(t *testing.T) {
	d := &desk{}
	form := url.Values{"rev": {"0"}, "Pending": {"Waiting <for> them"}}
	r := webtest.Post(t, serve(d), base+"/agent/settings/statuses", form, session)
	if r.StatusCode != http.StatusSeeOther || d.settings.StatusLabels[helpdesk.Pending] != "Waiting <for> them" {
		t.Fatalf("status %d, %+v", r.StatusCode, d.settings)
	}
	has(t, webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/settings?done=statuses", session)), "The names are saved.", `value="Waiting &lt;for&gt; them"`)
	form = url.Values{"rev": {"1"}, "Pending": {"Open"}}
	r = webtest.Post(t, serve(d), base+"/agent/settings/statuses", form, session)
	if has(t, webtest.Page(t, r), "be called", `name="Pending" value="Open"`); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("status %d", r.StatusCode)
	}
}

// covers: P10
func TestCannedPages(t *testing.T) {
	d := &desk{}
	get := func(path string) string { return webtest.Page(t, webtest.Get(t, serve(d), base+path, session)) }
	has(t, get("/agent/settings/canned?done=saved"), "The reply is saved.", "Thanks &lt;you&gt;", "Only yours", "Everybody")
	has(t, get("/agent/settings/canned/"+string(thanks.ID)), "Dear {{customer.name}} &lt;b&gt;", `name="rev" value="9"`, "{{ticket.number}}")
	has(t, get("/agent/settings/canned/new"), "New canned reply")
	for _, tt := range []struct {
		name, path string
		form       url.Values
		want, done string
	}{
		{"new", "", url.Values{"name": {"N"}, "text": {"T"}, "whose": {"all"}}, `canned "" "N" "T" of "" at 0`, "saved"},
		{"own", "", url.Values{"name": {"N"}, "text": {"T"}}, `canned "" "N" "T" of "me" at 0`, "saved"},
		{"changed", "/" + string(thanks.ID), url.Values{"name": {"N"}, "text": {"T"}, "whose": {"all"}, "rev": {"9"}}, `canned "aaaaaaaaaaaaaaaa" "N" "T" of "" at 9`, "saved"},
		{"removed", "/" + string(thanks.ID), url.Values{"do": {"remove"}, "rev": {"9"}}, `no canned "aaaaaaaaaaaaaaaa" at 9`, "removed"},
		{"no revision", "/" + string(thanks.ID), url.Values{"do": {"remove"}}, `no canned "aaaaaaaaaaaaaaaa" at -1`, "removed"},
	} {
		d.changes, d.writeErr = nil, nil
		r := webtest.Post(t, serve(d), base+"/agent/settings/canned"+tt.path, tt.form, session)
		if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/agent/settings/canned?done="+tt.done || len(d.changes) != 1 || d.changes[0] != tt.want {
			t.Errorf("%s: status %d, to %s, %q, want %s", tt.name, r.StatusCode, r.Header.Get("Location"), d.changes, tt.want)
		}
		d.writeErr = helpdesk.Errorf(helpdesk.Conflict, "somebody else has changed it")
		r = webtest.Post(t, serve(d), base+"/agent/settings/canned"+tt.path, tt.form, session)
		if has(t, webtest.Page(t, r), "Somebody else has changed it.", tt.form.Get("text")); r.StatusCode != http.StatusConflict {
			t.Errorf("%s: status %d", tt.name, r.StatusCode)
		}
	}
}
