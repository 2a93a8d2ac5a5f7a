// Package doctor looks at an installation as the world does: what DNS says about
// its names, who answers there, whether its mail servers let it in, and whether a
// mail that it sends to itself arrives and can be opened.
//
// It asks and it tells; nothing that is declared or stored is changed by it, but
// for the one mail of a round trip, which it puts away again.
package doctor

import (
	"context"
	"crypto/x509"
	"slices"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// State is how well one thing is.
type State string

const (
	OK      State = "ok"
	Skipped State = "skipped" // it can't be told from here, or need not be
	Warning State = "warning" // it works, or may be meant so
	Missing State = "missing"
	Wrong   State = "wrong"
)

// Finding is what was found out about one thing.
type Finding struct {
	What  string   `json:"what"`
	State State    `json:"state"`
	Words string   `json:"words"`
	Is    []string `json:"is,omitempty"`  // records as they are
	Set   []string `json:"set,omitempty"` // lines of a zone file, to be set
	// Took is how many milliseconds a step of a round trip took.
	Took int64 `json:"tookMilliseconds,omitempty"`
}

// Chapter is all about one thing that is declared, or about the server.
type Chapter struct {
	Kind     string    `json:"kind"` // Server, HelpCenter, Mailbox or RoundTrip
	Account  string    `json:"account,omitempty"`
	Name     string    `json:"name,omitempty"`
	Title    string    `json:"title"` // a host or an address
	Findings []Finding `json:"findings"`
}

// Report is what a doctor says.
type Report struct {
	Chapters []Chapter `json:"chapters"`
}

// Count tells how many findings have a state.
func (r *Report) Count(s State) int {
	n := 0
	for _, c := range r.Chapters {
		for _, f := range c.Findings {
			if f.State == s {
				n++
			}
		}
	}
	return n
}

// Healthy reports that nothing has to be done.
func (r *Report) Healthy() bool { return r.Count(Missing)+r.Count(Wrong) == 0 }

// Trial is what came of trying a mail server.
type Trial struct {
	Step  string `json:"step,omitempty"` // the one that failed; "" when all went well
	Words string `json:"words"`
}

// Hands try what only who holds the passwords can. A mailbox is named by account
// and name. The error says that it could not be tried.
type Hands interface {
	TryRelay(ctx context.Context, account, mailbox string) (Trial, error)
	TryIMAP(ctx context.Context, account, mailbox string) (Trial, error)
}

// Doctor looks. All fields but SMTP, Roots and At must be set.
type Doctor struct {
	Hostname string // of the mail server
	SMTP     string // where it listens, seen from here; "" where none runs
	Resolver mailauth.Resolver
	// Reserved lets it ask about names that nobody can look up (RFC 2606): where
	// DNS is not the world's.
	Reserved bool
	Keys     func(ctx context.Context, box helpdesk.Mailbox) ([]outbound.KeyRecord, error)
	Hands    Hands
	Roots    *x509.CertPool // whom to believe; nil: those of the system
	At       string         // address at which help centers are visited; "": where DNS leads
	Now      func() time.Time

	auth *mailauth.Checker
}

// atOnce is how many things are looked at together: each waits for others.
const atOnce = 8

// Examine looks at everything that is declared.
func (d *Doctor) Examine(ctx context.Context, centers []Center, boxes []helpdesk.Mailbox) Report {
	d.auth = mailauth.New(mailauth.Options{Resolver: d.Resolver, Now: d.Now})
	var looks []func() Chapter
	if slices.ContainsFunc(boxes, func(b helpdesk.Mailbox) bool { return b.IMAP == nil }) {
		looks = append(looks, func() Chapter { return d.server(ctx) })
	}
	for _, h := range centers {
		looks = append(looks, func() Chapter { return d.center(ctx, h) })
	}
	for _, b := range boxes {
		looks = append(looks, func() Chapter { return d.mailbox(ctx, b) })
	}
	report := Report{Chapters: make([]Chapter, len(looks))}
	free := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, look := range looks {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			report.Chapters[i] = look()
		})
	}
	all.Wait()
	return report
}

func (d *Doctor) mailbox(ctx context.Context, b helpdesk.Mailbox) Chapter {
	c := Chapter{Kind: "Mailbox", Account: b.Account, Name: b.Name, Title: b.Address.String()}
	if b.IMAP != nil {
		c.Findings = append(c.Findings, d.imap(ctx, b))
	}
	if domain := b.Address.Domain(); d.unknowable(domain) {
		c.Findings = append(c.Findings, Finding{What: "DNS", State: Skipped, Words: domain + " is a name for examples: nobody can look it up"})
	} else {
		if b.IMAP == nil {
			c.Findings = append(c.Findings, d.mx(ctx, domain))
		}
		c.Findings = append(c.Findings, d.spf(ctx, b))
		c.Findings = append(c.Findings, d.dkim(ctx, b)...)
		c.Findings = append(c.Findings, d.dmarc(ctx, domain))
	}
	c.Findings = append(c.Findings, d.relay(ctx, b))
	return c
}

func (d *Doctor) relay(ctx context.Context, b helpdesk.Mailbox) Finding {
	t, err := d.Hands.TryRelay(ctx, b.Account, b.Name)
	return tried("relay", t, err)
}

func (d *Doctor) imap(ctx context.Context, b helpdesk.Mailbox) Finding {
	t, err := d.Hands.TryIMAP(ctx, b.Account, b.Name)
	return tried("IMAP", t, err)
}

// tried names the step that failed beside the thing.
func tried(what string, t Trial, err error) Finding {
	switch {
	case err != nil:
		return Finding{What: what, State: Skipped, Words: err.Error()}
	case t.Step != "":
		return Finding{What: what + " " + t.Step, State: Wrong, Words: t.Words}
	}
	return Finding{What: what, State: OK, Words: t.Words}
}
