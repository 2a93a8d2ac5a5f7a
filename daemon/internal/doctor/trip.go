package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Sent is what a relay said to the mail of a round trip.
type Sent struct {
	MessageID string `json:"messageID"`
	Relay     string `json:"relay"`
	Step      string `json:"step,omitempty"` // that failed; "" when the relay took it
	Words     string `json:"words"`          // the relay's
}

// Landed is what became of it.
type Landed struct {
	Found   bool           `json:"found"`
	Ticket  int64          `json:"ticket,omitempty"`
	Held    helpdesk.Cause `json:"held,omitempty"` // why it is kept back, if it is
	Rule    string         `json:"rule,omitempty"` // that decided
	Trust   helpdesk.Trust `json:"trust"`
	Subject string         `json:"subject,omitempty"`
	Link    string         `json:"link,omitempty"`   // of its requester; "" with NoLink
	NoLink  string         `json:"noLink,omitempty"` // why there is none
}

// Prober makes the mail of a round trip and looks for it. A mailbox is named by
// account and name.
type Prober interface {
	SendProbe(ctx context.Context, account, mailbox string) (Sent, error)
	FindProbe(ctx context.Context, account, mailbox, messageID string) (Landed, error)
	// EndProbe puts away what came in.
	EndProbe(ctx context.Context, account, mailbox, messageID string) error
}

// lookEvery is how often it is looked whether the mail has come in.
const lookEvery = time.Second

// RoundTrip sends a mail of a mailbox to the mailbox, follows it until its
// requester's link has opened, and puts it away. told hears of each step when it
// is over.
func (d *Doctor) RoundTrip(ctx context.Context, p Prober, b helpdesk.Mailbox, wait time.Duration, told func(Finding)) Chapter {
	t := &trip{
		Doctor: d, prober: p, box: b, wait: wait, told: told, last: d.Now(),
		chapter: Chapter{Kind: "RoundTrip", Account: b.Account, Name: b.Name, Title: b.Address.String()},
	}
	if t.send(ctx) && t.arrive(ctx) {
		t.judge()
		t.open(ctx)
		t.end(ctx)
	}
	return t.chapter
}

// trip is one round trip.
type trip struct {
	*Doctor
	prober  Prober
	box     helpdesk.Mailbox
	wait    time.Duration
	told    func(Finding)
	last    time.Time // when the step before was over
	chapter Chapter
	sent    Sent
	landed  Landed
}

// step ends one.
func (t *trip) step(what string, s State, format string, args ...any) {
	now := t.Now()
	f := Finding{What: what, State: s, Words: fmt.Sprintf(format, args...), Took: now.Sub(t.last).Milliseconds()}
	t.last = now
	t.chapter.Findings = append(t.chapter.Findings, f)
	t.told(f)
}

func (t *trip) send(ctx context.Context) bool {
	var err error
	t.sent, err = t.prober.SendProbe(ctx, t.box.Account, t.box.Name)
	switch {
	case err != nil:
		t.step("send", Wrong, "%v", err)
	case t.sent.Step != "":
		t.step("send "+t.sent.Step, Wrong, "%s: %s", t.sent.Relay, t.sent.Words)
	default:
		t.step("send", OK, "%s took it: %s", t.sent.Relay, t.sent.Words)
		return true
	}
	return false
}

// arrive waits until it has come in by whatever way.
func (t *trip) arrive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		var err error
		t.landed, err = t.prober.FindProbe(ctx, t.box.Account, t.box.Name, t.sent.MessageID)
		switch {
		case err != nil && ctx.Err() == nil:
			t.step("arrive", Wrong, "%v", err)
			return false
		case err == nil && t.landed.Held != "":
			t.step("arrive", Warning, "it came in and is held: %s", t.landed.Held)
			return true
		case err == nil && t.landed.Found:
			t.step("arrive", OK, "it came in and became request #%d", t.landed.Ticket)
			return true
		}
		select {
		case <-ctx.Done():
			t.step("arrive", Wrong, "it has not come in within %v: the relay's log tells where %s went, and a report that came back is in “postern held list”", t.wait, t.sent.MessageID)
			return false
		case <-ticker.C:
		}
	}
}

// judge tells whether others can believe our mail: we judge it as they do.
func (t *trip) judge() {
	reasons := strings.Join(t.landed.Trust.Reasons, " ")
	switch t.landed.Trust.Proof {
	case helpdesk.ProofPass:
		t.step("proof", OK, "%s", reasons)
	case helpdesk.ProofFail:
		t.step("proof", Wrong, "it counts as forged: %s", reasons)
	default:
		t.step("proof", Warning, "nothing proves that it is ours: %s", reasons)
	}
}

// open visits the link as the mail's reader would.
func (t *trip) open(ctx context.Context) {
	if t.landed.Link == "" {
		t.step("link", Skipped, "%s", t.landed.NoLink)
		return
	}
	page, err := t.visit(ctx, t.landed.Link)
	where, _, _ := strings.Cut(t.landed.Link, "/t/")
	switch {
	case err != nil:
		t.step("link", Wrong, "the link to %s does not open: %v", where, err)
	case !strings.Contains(page, t.landed.Subject):
		t.step("link", Wrong, "the page at %s does not show the request", where)
	default:
		t.step("link", OK, "the link to %s shows the request", where)
	}
}

func (t *trip) end(ctx context.Context) {
	err := t.prober.EndProbe(ctx, t.box.Account, t.box.Name, t.sent.MessageID)
	switch {
	case err != nil:
		t.step("put away", Wrong, "%v", err)
	case t.landed.Held != "":
		t.step("put away", OK, "the held mail was dropped")
	default:
		t.step("put away", OK, "request #%d is closed", t.landed.Ticket)
	}
}
