package portal

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Following tells pages that are open of changes. A glance is asked for again and
// again, and refused as the page itself would be.
type Following interface {
	GlanceByLink(ctx context.Context, h helpdesk.HelpCenter, token string) (actions.Glance, error)
	GlanceAtRequest(ctx context.Context, h helpdesk.HelpCenter, by *actions.Customer, number int64) (actions.Glance, error)
	// Follow is Unavailable when too many follow something.
	Follow(g actions.Glance) (actions.Tidings, error)
}

// Limits of the streams that pages which are open read (server-sent events, HTML
// standard section 9.2).
const (
	// MostStreams in all, and of one network: each costs a connection, some 20 KiB
	// and a look at the truth every few seconds. An office behind one address has
	// some dozen pages open; hidden ones close theirs.
	MostStreams          = 500
	MostStreamsOfNetwork = 40
	// lookAgain is how often it is checked that a page may still be seen. What was
	// revoked has to be dead within five seconds, a round trip included.
	lookAgain = 3 * time.Second
	// heartbeat keeps proxies from closing a silent connection; many do after 30 s.
	heartbeat = 15 * time.Second
	// writeWithin is how long a reader may take for a line of some bytes.
	writeWithin = 10 * time.Second
	// streamFor is how long a stream lasts; the browser opens another.
	streamFor = 15 * time.Minute
	// comeBack tells the browser how long to wait before it does.
	comeBack = 5 * time.Second
)

// streams are those that are open.
type streams struct {
	places *web.Places
	ending chan struct{}
	end    func()
}

func newStreams() streams {
	ending := make(chan struct{})
	return streams{places: web.NewPlaces(MostStreams, MostStreamsOfNetwork), ending: ending, end: sync.OnceFunc(func() { close(ending) })}
}

// Stop ends all streams, which would otherwise hold up the end of the server. It
// may be called more than once.
func (p *Handler) Stop() { p.streams.end() }

// ticketEvents tells the holder of a link of changes.
func (p *Handler) ticketEvents(v *visit) error {
	web.KeepSecret(v.w)
	token := v.r.PathValue("token")
	return p.stream(v, func(ctx context.Context, h helpdesk.HelpCenter) (actions.Glance, error) {
		g, err := p.desk.GlanceByLink(ctx, h, token)
		return g, closedTo(v, err)
	})
}

// requestEvents tells who is signed in of changes.
func (p *Handler) requestEvents(v *visit) error {
	number, err := strconv.ParseInt(v.r.PathValue("number"), 10, 64)
	if err != nil {
		return missing()
	}
	return p.stream(v, func(ctx context.Context, h helpdesk.HelpCenter) (actions.Glance, error) {
		who, err := p.desk.CustomerSignedIn(ctx, h.Account, web.Cookie(v.r, h, customerCookie))
		if err != nil {
			return actions.Glance{}, err
		}
		return p.desk.GlanceAtRequest(ctx, h, who, number)
	})
}

// glancing looks at the ticket as it is now, as who asked, or says that they may not.
type glancing func(ctx context.Context, h helpdesk.HelpCenter) (actions.Glance, error)

// stream sends what a page needs to know whether it is still true. No words of the
// ticket are in it: the page is asked for again.
func (p *Handler) stream(v *visit, glance glancing) error {
	first, err := glance(v.context(), v.center)
	if err != nil {
		return err
	}
	header := v.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // proxies keep it together otherwise
	if v.r.Method == http.MethodHead {
		return nil
	}
	leave, ok := p.streams.places.Take(p.site.Client(v.r))
	if !ok {
		header.Del("Content-Type")
		return web.ErrTooMany
	}
	defer leave()
	tidings, err := p.desk.Follow(first)
	if err != nil {
		header.Del("Content-Type")
		return err
	}
	defer tidings.Close()
	s := &stream{visit: v, out: http.NewResponseController(v.w)}
	if s.say("retry: %d\n", comeBack.Milliseconds()) != nil || s.look(first) != nil {
		return nil
	}
	p.follow(s, glance, tidings)
	return nil
}

// follow tells of changes until somebody has enough of it, or may not know any more.
// The help center is asked for anew each time: it may be declared another one by now.
func (p *Handler) follow(s *stream, glance glancing, tidings actions.Tidings) {
	again, beat, over := time.NewTicker(lookAgain), time.NewTicker(heartbeat), time.NewTimer(streamFor)
	defer again.Stop()
	defer beat.Stop()
	defer over.Stop()
	ctx := s.visit.context()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.streams.ending:
			return
		case <-over.C:
			return
		case <-beat.C:
			if s.say(":\n\n") != nil {
				return
			}
			continue
		case <-tidings.Changed():
		case <-again.C:
		}
		center, ok := p.site.Center(s.visit.r)
		if !ok {
			return
		}
		seen, err := glance(ctx, center)
		if err != nil || s.look(seen) != nil {
			return
		}
	}
}

// stream is one answer that goes on.
type stream struct {
	visit *visit
	out   *http.ResponseController
	last  string
}

// look tells how the ticket looks, if that is news.
func (s *stream) look(g actions.Glance) error {
	if g.Look == s.last {
		return nil
	}
	s.last = g.Look
	return s.say("event: look\ndata: %s\n\n", g.Look)
}

// say sends something at once. Whoever does not read is given up.
func (s *stream) say(format string, args ...any) error {
	_ = s.out.SetWriteDeadline(time.Now().Add(writeWithin)) // what has no connection needs none
	if _, err := fmt.Fprintf(s.visit.w, format, args...); err != nil {
		return err
	}
	return s.out.Flush()
}
