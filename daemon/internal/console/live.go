package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Live tells pages that are open what happens, and hears from them what agents look
// at.
type Live interface {
	GlanceAtDesk(ctx context.Context, by actions.Actor, w actions.Watched) (*actions.DeskGlance, error)
	// FollowDesk is Unavailable when too many follow something.
	FollowDesk(ctx context.Context, by actions.Actor, w actions.Watched) (actions.Tidings, error)
	MarkSeen(ctx context.Context, by actions.Actor, number int64, entry int) error
	MarkUnread(ctx context.Context, by actions.Actor, number int64) error
	BeThere(ctx context.Context, by actions.Actor, number int64, typing helpdesk.EntryKind) error
	BeGone(ctx context.Context, by actions.Actor, number int64) error
}

// livePages registers them.
func (c *Handler) livePages() {
	c.handle("GET /agent/events", c.events)
	c.handle("POST /agent/tickets/{number}/seen", c.seen)
	c.handle("POST /agent/tickets/{number}/unread", c.unread)
	c.handle("POST /agent/tickets/{number}/presence", c.presence)
}

// Limits of the streams that agents' pages read (server-sent events, HTML standard
// section 9.2).
const (
	// mostStreams in all, and of one network: each costs a connection, some 20 KiB and
	// a look at the truth every few seconds. All agents of a company may sit behind
	// one address, each with a page or two in sight; hidden ones close theirs.
	mostStreams          = 400
	mostStreamsOfNetwork = 200
	// settle is the least between two looks: in a burst of mail, the last counts.
	settle = time.Second
	// comeBack tells the browser how long to wait before it does.
	comeBack = 2 * time.Second
)

// Stop ends all streams, which would otherwise hold up the end of the server. It may
// be called more than once.
func (c *Handler) Stop() { c.streams.Stop() }

// watched reads what a page shows: "list" is a queue or "view:ID", with its order and
// place as the page itself has them, and "ticket" the number of a request.
func watched(query url.Values) (w actions.Watched, err error) {
	if s := query.Get("ticket"); s != "" {
		if w.Number, err = strconv.ParseInt(s, 10, 64); err != nil || w.Number < 1 {
			return w, missing()
		}
	}
	w.List = askedList(query)
	return w, nil
}

// askedList is the list that "list" names; nil for none.
func askedList(query url.Values) *actions.ListQuery {
	name := query.Get("list")
	if name == "" {
		return nil
	}
	q := actions.ListQuery{Order: query.Get("order"), Before: query.Get("before"), After: query.Get("after"), Limit: listRows}
	if id, isView := strings.CutPrefix(name, actions.ViewQueue("")); isView {
		q.View = helpdesk.ID(id)
	} else {
		q.Queue = actions.Queue(name)
	}
	return &q
}

// events tells a page that is open what happens. Each event is the whole of what it
// is about, as it is now, so that whoever comes back has missed nothing.
func (c *Handler) events(v *visit) error {
	w, err := watched(v.r.URL.Query())
	if err != nil {
		return err
	}
	first, err := c.desk.GlanceAtDesk(v.context(), v.by, w)
	if err != nil {
		return err
	}
	return c.streams.Serve(v.w, v.r, c.site.Client(v.r), web.Telling{
		ComeBack: comeBack, Settle: settle,
		Follow: func() (web.Tidings, error) { return c.desk.FollowDesk(v.context(), v.by, w) },
		First:  func(s *web.Stream) error { return tell(s, first, w) },
		Again: func(s *web.Stream) error {
			seen, err := c.glance(v, w)
			if err != nil {
				return err
			}
			return tell(s, seen, w)
		},
	})
}

// glance looks again, as who asks: their session, their role and the help center may
// be gone by now.
func (c *Handler) glance(v *visit, w actions.Watched) (*actions.DeskGlance, error) {
	center, ok := c.site.Center(v.r)
	if !ok {
		return nil, missing()
	}
	by, err := c.desk.SignedIn(v.context(), center.Account, web.Cookie(v.r, center, cookieName))
	if err != nil {
		return nil, err
	}
	return c.desk.GlanceAtDesk(v.context(), by, w)
}

// tell sends what is news of a glance.
func tell(s *web.Stream, g *actions.DeskGlance, w actions.Watched) error {
	if err := news(s, "counts", g.Counts); err != nil {
		return err
	}
	if w.List != nil {
		if err := news(s, "list", g.List); err != nil {
			return err
		}
	}
	if w.Number == 0 {
		return nil
	}
	if err := news(s, "presence", g.Present); err != nil {
		return err
	}
	return news(s, "ticket", map[string]any{"number": w.Number, "look": g.Ticket})
}

func news(s *web.Stream, event string, what any) error {
	data, err := json.Marshal(what) // on one line
	if err != nil {
		return err
	}
	return s.News(event, string(data))
}

// done says that a script was heard, which shows nothing of it.
func (v *visit) done(err error) error {
	if err == nil {
		v.w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// seen hears up to which entry the agent has read a request.
func (c *Handler) seen(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	entry, err := strconv.Atoi(v.r.PostForm.Get("entry"))
	if err != nil || entry < 0 {
		return helpdesk.Errorf(helpdesk.Invalid, "that is no entry")
	}
	return v.done(c.desk.MarkSeen(v.context(), v.by, number, entry))
}

func (c *Handler) unread(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	return v.done(c.desk.MarkUnread(v.context(), v.by, number))
}

// presence hears that the agent is in front of a request, or leaves it.
func (c *Handler) presence(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	if v.r.PostForm.Get("leave") != "" {
		return v.done(c.desk.BeGone(v.context(), v.by, number))
	}
	return v.done(c.desk.BeThere(v.context(), v.by, number, helpdesk.EntryKind(v.r.PostForm.Get("typing"))))
}
