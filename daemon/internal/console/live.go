package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
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
	// lookAgain is how often it is checked that who reads may. Who was disabled has to
	// be out within five seconds, a round trip included.
	lookAgain = 3 * time.Second
	// settle is the least between two looks: in a burst of mail, the last counts.
	settle = time.Second
	// heartbeat keeps proxies from closing a silent connection; many do after 30 s.
	heartbeat = 15 * time.Second
	// writeWithin is how long a reader may take for a line of some bytes.
	writeWithin = 10 * time.Second
	// streamFor is how long a stream lasts; the browser opens another.
	streamFor = 15 * time.Minute
	// comeBack tells the browser how long to wait before it does.
	comeBack = 2 * time.Second
)

// streams are those that are open.
type streams struct {
	places *web.Places
	ending chan struct{}
	end    func()
}

func newStreams() streams {
	ending := make(chan struct{})
	return streams{places: web.NewPlaces(mostStreams, mostStreamsOfNetwork), ending: ending, end: sync.OnceFunc(func() { close(ending) })}
}

// Stop ends all streams, which would otherwise hold up the end of the server. It may
// be called more than once.
func (c *Handler) Stop() { c.streams.end() }

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
	header := v.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // proxies keep it together otherwise
	if v.r.Method == http.MethodHead {
		return nil
	}
	leave, ok := c.streams.places.Take(c.site.Client(v.r))
	if !ok {
		header.Del("Content-Type")
		return web.ErrTooMany
	}
	defer leave()
	tidings, err := c.desk.FollowDesk(v.context(), v.by, w)
	if err != nil {
		header.Del("Content-Type")
		return err
	}
	defer tidings.Close()
	s := &stream{visit: v, out: http.NewResponseController(v.w), told: map[string]string{}}
	if s.say("retry: %d\n\n", comeBack.Milliseconds()) != nil || s.tell(first, w) != nil {
		return nil
	}
	c.follow(s, w, tidings)
	return nil
}

// follow tells of changes until somebody has enough of it, or may not know any more.
func (c *Handler) follow(s *stream, w actions.Watched, tidings actions.Tidings) {
	again, beat, over := time.NewTicker(lookAgain), time.NewTicker(heartbeat), time.NewTimer(streamFor)
	defer again.Stop()
	defer beat.Stop()
	defer over.Stop()
	ctx := s.visit.context()
	looked := time.Now()
	var settled <-chan time.Time // when what happened is looked at
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.streams.ending:
			return
		case <-over.C:
			return
		case <-beat.C:
			if s.say(":\n\n") != nil {
				return
			}
			continue
		case <-tidings.Changed():
			if settled == nil {
				settled = time.After(settle - time.Since(looked))
			}
			continue
		case <-settled:
		case <-again.C:
		}
		settled, looked = nil, time.Now()
		seen, err := c.glance(s.visit, w)
		if err != nil || s.tell(seen, w) != nil {
			return
		}
	}
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

// stream is one answer that goes on.
type stream struct {
	visit *visit
	out   *http.ResponseController
	told  map[string]string // by the name of the event
}

// tell sends what is news of a glance.
func (s *stream) tell(g *actions.DeskGlance, w actions.Watched) error {
	if err := s.news("counts", g.Counts); err != nil {
		return err
	}
	if w.List != nil {
		if err := s.news("list", g.List); err != nil {
			return err
		}
	}
	if w.Number == 0 {
		return nil
	}
	if err := s.news("presence", g.Present); err != nil {
		return err
	}
	return s.news("ticket", map[string]any{"number": w.Number, "look": g.Ticket})
}

func (s *stream) news(event string, what any) error {
	data, err := json.Marshal(what) // on one line
	if err != nil {
		return err
	}
	if s.told[event] == string(data) {
		return nil
	}
	s.told[event] = string(data)
	return s.say("event: %s\ndata: %s\n\n", event, data)
}

// say sends something at once. Whoever does not read is given up.
func (s *stream) say(format string, args ...any) error {
	_ = s.out.SetWriteDeadline(time.Now().Add(writeWithin)) // what has no connection needs none
	if _, err := fmt.Fprintf(s.visit.w, format, args...); err != nil {
		return err
	}
	return s.out.Flush()
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
