package outbound

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// limit is how many automatic mails are let through in a window that begins with
// the first of them.
type limit struct {
	kind   string
	ticket bool // counts for the ticket, not for the address
	seat   bool // counts for the participant of the ticket
	part   int  // of a count that is parted, from 1; 0 for a whole one
	most   int
	window time.Duration
}

var (
	// unprovenADay: anyone can make us mail an unproven address by writing its name
	// into a form or a From, so it gets one fixed text a day (row M04). So does one whom a customer adds.
	unprovenADay = limit{kind: "unproven", most: 1, window: 24 * time.Hour}

	// A robot that answers each acknowledgement with a mail of its own, and strips
	// all that would tell so, answers within minutes and is not answered then: it
	// speaks only when spoken to. A slow one ends within a day (row P06). People
	// seldom open two requests within minutes.
	acknowledgedNow  = limit{kind: "acknowledged/now", most: 1, window: 10 * time.Minute}
	acknowledgedADay = limit{kind: "acknowledged/day", most: 4, window: 24 * time.Hour}

	// provenAnHour is more than a person causes to one address.
	provenAnHour = limit{kind: "proven", most: 20, window: time.Hour}

	// newLinksADay: whoever finds an old link can ask for a new one, which goes to who
	// had the old one. Three are enough for one who looks for them in a wrong folder.
	newLinksADay = limit{kind: "newlink", seat: true, most: 3, window: 24 * time.Hour}

	// ticketAnHour: a lively request with ten people and six mails an hour.
	ticketAnHour = limit{kind: "ticket", ticket: true, most: 60, window: time.Hour}
)

// limitsOf are the limits that a mail counts against; it goes out if all let it.
func limitsOf(p helpdesk.Purpose, byAgent bool) []limit {
	switch {
	case p == helpdesk.Confirmation, p == helpdesk.Added:
		return []limit{unprovenADay}
	case p == helpdesk.NewLink:
		return []limit{newLinksADay}
	case p == helpdesk.Acknowledgement && !byAgent:
		return []limit{acknowledgedNow, acknowledgedADay}
	}
	return []limit{provenAnHour, ticketAnHour}
}

// key names the budget. It does not show whom it counts: it outlives the contact.
func (l limit) key(o Occasion) string {
	if o.Agent != nil {
		return l.kind + "/" + string(o.Agent.ID) + "/" + strconv.Itoa(l.part)
	}
	if l.seat {
		return l.kind + "/" + o.Ticket.ID.String() + "/" + strconv.Itoa(int(o.To.Number))
	}
	if l.ticket {
		return l.kind + "/" + o.Ticket.ID.String()
	}
	return l.kind + "/" + addressKey(o.To.Address)
}

func addressKey(a helpdesk.Address) string {
	local, domain, _ := strings.Cut(a.Key(), "@")
	local, _, _ = strings.Cut(local, "+") // most servers bring a+1@ and a+2@ to the same person
	sum := sha256.Sum256([]byte(local + "@" + domain))
	return hex.EncodeToString(sum[:12])
}

// unwanted is how long an address that said "this was not me" gets no
// confirmation: a year.
const unwanted = 365 * 24 * time.Hour

// Suppress makes a budget that lets no confirmation to the address through for a
// year, and no mail about a sign-in while nobody has proven it. rev is that of the
// budget as it was read with [SuppressKey].
func Suppress(a helpdesk.Address, rev int64, now time.Time) helpdesk.Budget {
	return helpdesk.Budget{Key: SuppressKey(a), Used: unprovenADay.most + 1, Until: now.Add(unwanted), Rev: rev}
}

// suppressed tells "this was not me" from a confirmation that went out today: no
// mail is counted beyond the most, nor for longer than the window.
func suppressed(b helpdesk.Budget, now time.Time) bool {
	return now.Before(b.Until) && (b.Used > unprovenADay.most || b.Until.Sub(now) > unprovenADay.window)
}

// SuppressKey names the budget of confirmations to an address.
func SuppressKey(a helpdesk.Address) string { return unprovenADay.kind + "/" + addressKey(a) }
