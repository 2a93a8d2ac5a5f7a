package portal

import (
	"context"
	"strconv"
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
	// comeBack tells the browser how long to wait before it does.
	comeBack = 5 * time.Second
)

// Stop ends all streams, which would otherwise hold up the end of the server. It
// may be called more than once.
func (p *Handler) Stop() { p.streams.Stop() }

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
	return p.streams.Serve(v.w, v.r, p.site.Client(v.r), web.Telling{
		ComeBack: comeBack,
		Follow:   func() (web.Tidings, error) { return p.desk.Follow(first) },
		First:    func(s *web.Stream) error { return s.News("look", first.Look) },
		Again: func(s *web.Stream) error {
			center, ok := p.site.Center(v.r) // it may be declared another one by now
			if !ok {
				return missing()
			}
			seen, err := glance(v.context(), center)
			if err != nil {
				return err
			}
			return s.News("look", seen.Look)
		},
	})
}
