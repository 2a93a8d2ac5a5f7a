package console_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// hookDesk has one hook.
type hookDesk struct {
	desk
	hook helpdesk.Hook
	set  []actions.NewHook
}

func (d *hookDesk) Hook(context.Context, actions.Actor, helpdesk.ID) (*helpdesk.Hook, error) {
	return &d.hook, nil
}

func (d *hookDesk) Posts(context.Context, actions.Actor, helpdesk.ID, helpdesk.ID) ([]helpdesk.Post, error) {
	return nil, nil
}

func (d *hookDesk) SetHook(_ context.Context, _ actions.Actor, _ helpdesk.ID, rev int64, in actions.NewHook) (*helpdesk.Hook, error) {
	if rev != d.hook.Rev {
		return nil, helpdesk.Errorf(helpdesk.Conflict, "somebody else changed this first")
	}
	d.set = append(d.set, in)
	return &d.hook, nil
}

// The page of a hook that was stopped says why, and one press starts it as it was.
func TestHookIsStartedAgain(t *testing.T) {
	d := &hookDesk{hook: helpdesk.Hook{
		ID: "h", Name: "Old <billing>", URL: "https://billing.example/in", Events: []helpdesk.EventType{helpdesk.TicketCreated}, Rev: 7,
		Disabled: webtest.Now.Add(-time.Hour), Why: "it answered 410: it is <gone>",
	}}
	h := serveDesk(d)
	page := webtest.Page(t, webtest.Get(t, h, base+"/agent/access/hooks/h", session))
	has(t, page, "Stopped <time", "it answered 410: it is &lt;gone&gt;.", `action="/agent/access/hooks/h/start"`, ">Start it again<")
	r := webtest.Post(t, h, base+"/agent/access/hooks/h/start", url.Values{}, session)
	if at := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || at != "/agent/access/hooks/h?done=started" {
		t.Errorf("status %d, Location %q", r.StatusCode, at)
	}
	want := []actions.NewHook{{Name: d.hook.Name, URL: d.hook.URL, Events: d.hook.Events, On: true}}
	if diff := cmp.Diff(want, d.set); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
	d.hook.Disabled, d.hook.Why = time.Time{}, ""
	page = webtest.Page(t, webtest.Get(t, h, base+"/agent/access/hooks/h?done=started", session))
	has(t, page, "It is told what happens.", "The hook is told again")
	hasNot(t, page, "/start", "Stopped")
}
