package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// everything is a view that asks for all there is to ask for.
var everything = actions.SavedView{Rev: 12, View: helpdesk.View{
	ID: viewID, Name: "Angry <customers>", Owner: robin.ID, Order: "oldest", Columns: []string{"team", "opened", "field:tier"},
	Filter: helpdesk.Filter{
		Statuses: []helpdesk.Status{helpdesk.Open, helpdesk.Pending}, Priorities: []string{"High", "Urgent"}, Tags: []string{"refund", "vip"},
		Assignees: []string{"me", "nobody"}, Teams: []string{"mine", "teamteamteamteam"}, Mailboxes: []string{"support"}, HelpCenters: []string{"acme"}, Forms: []string{"billing"},
		Values: map[string]string{"tier": "gold", "form.topic": "Refund"}, OlderThan: 36 * time.Hour, NewerThan: 14 * 24 * time.Hour, Mentioned: true, Snoozed: true,
	},
}}

var everythingTyped = url.Values{
	"rev": {"12"}, "name": {"Angry <customers>"}, "status": {"Open", "Pending"}, "priority": {"High", "Urgent"}, "tags": {"Refund, vip"},
	"assignee": {"me", "nobody"}, "team": {"mine", "teamteamteamteam"}, "mailbox": {"support"}, "help-center": {"acme"}, "form": {"billing"},
	"field": {"tier", "form.topic", "", "other"}, "value": {" gold ", "Refund", "for nothing", ""}, "quiet": {"36"}, "quiet-unit": {"h"}, "fresh": {"14"}, "fresh-unit": {"d"},
	"mentioned": {"yes"}, "which": {"snoozed"}, "order": {"oldest"}, "column": {"team", "opened", "field:tier"},
}

// covers: P10
func TestSaveView(t *testing.T) {
	for _, test := range []struct {
		name, path string
		form       url.Values
		wantSaved  actions.SavedView
		want       string
	}{
		{"new", "/agent/views", url.Values{"name": {"Old ones"}, "quiet": {"3"}}, actions.SavedView{View: helpdesk.View{
			Name: "Old ones", Filter: helpdesk.Filter{OlderThan: 72 * time.Hour},
		}}, "save view Old ones false"},
		{"shared", "/agent/views", url.Values{"name": {"Spam"}, "which": {"spam"}, "shared": {"yes"}}, actions.SavedView{View: helpdesk.View{
			Name: "Spam", Filter: helpdesk.Filter{Spam: true},
		}}, "save view Spam true"},
		{"all of it", "/agent/views/" + string(viewID), everythingTyped, func() actions.SavedView {
			all := everything
			all.Owner = ""
			return all
		}(), "save view Angry <customers> false"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &desk{}
			r := webtest.Post(t, serve(d), base+test.path, test.form, session)
			if got, want := r.Header.Get("Location"), "/agent/views/"+string(viewID)+"?done=view"; got != want {
				t.Errorf("Location %q, want %q", got, want)
			}
			if diff := cmp.Diff([]string{test.want}, d.changes); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.wantSaved, d.saved, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a form shows and is sent again unchanged is the same view.
func TestViewFormKeepsAll(t *testing.T) {
	d := &desk{views: []actions.SavedView{everything}, teams: []helpdesk.Team{{ID: "teamteamteamteam", Name: "Billing"}}}
	page := webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/views/"+string(viewID)+"/edit", session))
	form := sentBy(t, page, "/agent/views/"+string(viewID))
	webtest.Post(t, serve(d), base+"/agent/views/"+string(viewID), form, session)
	want := everything
	want.Owner = ""
	if diff := cmp.Diff(want, d.saved, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	has(t, page, "Angry &lt;customers&gt;", "Billing", "support (gone)", "Remove this view")
}

func TestViewRefused(t *testing.T) {
	typed := url.Values{"name": {"Mine <too>"}, "tags": {"vip"}}
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"no name", helpdesk.Errorf(helpdesk.Invalid, "a view needs a name of at most 60 characters"), `id="view-name-error"`},
		{"changed meanwhile", helpdesk.Errorf(helpdesk.Conflict, "somebody else has changed this view since"), "What you typed is still here."},
		{"not allowed", helpdesk.Errorf(helpdesk.Forbidden, "your role does not let you do this"), "Your role does not include this"},
	} {
		t.Run(test.name, func(t *testing.T) {
			page := webtest.Page(t, webtest.Post(t, serve(&desk{writeErr: test.err}), base+"/agent/views", typed, session))
			has(t, page, test.want, `value="Mine &lt;too&gt;"`, `value="vip"`)
		})
	}
	d := &desk{}
	has(t, webtest.Page(t, webtest.Post(t, serve(d), base+"/agent/views", url.Values{"name": {"x"}, "quiet": {"soon"}}, session)), "whole number of hours or days")
	if len(d.changes) > 0 {
		t.Errorf("changed %v", d.changes)
	}
}

func TestLookWhatFits(t *testing.T) {
	d := &desk{newest: 30}
	page := webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/views/new?"+everythingTyped.Encode(), session))
	has(t, page, "30 requests fit now", "Subject &lt;30&gt;", `value="Angry &lt;customers&gt;"`)
	if diff := cmp.Diff(&everything.Filter, d.asked.Filter); diff != "" {
		t.Error(diff)
	}
	if len(d.changes) > 0 {
		t.Errorf("looking changed %v", d.changes)
	}
}

func TestRemoveView(t *testing.T) {
	d := &desk{views: []actions.SavedView{everything}}
	r := webtest.Post(t, serve(d), base+"/agent/views/"+string(viewID)+"/remove", url.Values{"rev": {"12"}}, session)
	if got := r.Header.Get("Location"); got != "/agent/q/mine?done=view-removed" {
		t.Errorf("Location %q", got)
	}
	if diff := cmp.Diff([]string{"remove view " + string(viewID) + " 12"}, d.changes); diff != "" {
		t.Error(diff)
	}
	d.writeErr = helpdesk.Errorf(helpdesk.Conflict, "somebody else has changed this view since")
	r = webtest.Post(t, serve(d), base+"/agent/views/"+string(viewID)+"/remove", url.Values{"rev": {"11"}}, session)
	if r.StatusCode != http.StatusConflict {
		t.Errorf("status %d", r.StatusCode)
	}
	has(t, webtest.Page(t, r), "Somebody else has changed this view since.", `name="rev" value="12"`)
}

// Views stand in the rail, and only who may change them is led to where that is done.
func TestViewsInTheRail(t *testing.T) {
	shared := everything
	shared.ID, shared.Owner, shared.Name = "sharedsharedshar", "", "Everybody's"
	d := &desk{views: []actions.SavedView{everything, shared}}
	has(t, webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/views/"+string(viewID), session)),
		`data-place="view:`+string(viewID)+`" aria-current="page"`, "Everybody&#39;s", "Change this view")
}

// sentBy is what a browser sends of a form that nobody touched.
func sentBy(t *testing.T, page, action string) url.Values {
	t.Helper()
	_, form, found := strings.Cut(page, `action="`+action+`"`)
	form, _, ended := strings.Cut(form, "</form>")
	if !found || !ended {
		t.Fatalf("there is no form for %s", action)
	}
	return webtest.Fields(t, form)
}
