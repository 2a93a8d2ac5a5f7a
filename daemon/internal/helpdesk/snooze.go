package helpdesk

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Snooze puts a request out of sight until a time, or until a customer writes.
type Snooze struct {
	Until time.Time `json:"until"`
	By    ID        `json:"by,omitempty"`
}

// MaxSnooze is how far ahead a request can be put out of sight: what is later than a
// year is forgotten, not postponed.
const MaxSnooze = 366 * 24 * time.Hour

// Wake says when a ticket is to come back. It may be out of date: the ticket itself
// tells whether it is still out of sight, and until when.
type Wake struct {
	Ticket TicketID  `json:"ticket"`
	At     time.Time `json:"at"`
}

// wakeLayout makes ids that sort by time.
const wakeLayout = "20060102T150405Z"

// WakeID is the id of the record of a ticket's return. Ids sort by time.
func WakeID(at time.Time, ticket TicketID) string {
	return at.UTC().Format(wakeLayout) + "/" + ticket.String()
}

// PutAway puts the ticket out of sight until a time, and returns the record that
// brings it back, which belongs into the same change. Invalid says why not.
func (t *Ticket) PutAway(until time.Time, by ID, now time.Time) (Record, error) {
	until = until.UTC().Truncate(time.Second)
	switch {
	case !until.After(now):
		return Record{}, Errorf(Invalid, "choose a time that is still to come")
	case until.Sub(now) > MaxSnooze:
		return Record{}, Errorf(Invalid, "choose a time within a year")
	case t.Status == Resolved || t.Status == Closed:
		return Record{}, Errorf(Invalid, "request #%d is %s: there is nothing to come back to", t.Number, t.Status)
	}
	t.Snoozed = &Snooze{Until: until, By: by}
	// Put again for the same second it is the same record, and says the same.
	return Record{Kind: WakeRecord, ID: WakeID(until, t.ID), Value: Wake{Ticket: t.ID, At: until}, Any: true}, nil
}

// ComeBack puts the ticket before agents again: what waited for a customer waits for
// an agent now. It reports whether it was out of sight.
func (t *Ticket) ComeBack() bool {
	if t.Snoozed == nil {
		return false
	}
	t.Snoozed = nil
	if t.Status == Pending {
		t.Status = Open
	}
	return true
}

// SnoozeWords tell a time at which something comes back.
func SnoozeWords(at time.Time) string { return at.UTC().Format("2 January 2006 15:04") + " UTC" }

// morning is the hour, in UTC, at which what was put away for a day comes back.
const morning = 8

var spans = map[string]time.Duration{
	"m": time.Minute, "min": time.Minute, "minute": time.Minute, "h": time.Hour, "hour": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour,
}

var span = regexp.MustCompile(`^([0-9]{1,4}) ?([a-z]+?)s?$`)

// ParseSnooze reads until when something is put out of sight: 3h, 2 days, 1w, tomorrow,
// monday, 2026-03-09 or 2026-03-09 14:30; none is the zero time, which brings it back.
// Days begin at eight, and all times are in UTC.
func ParseSnooze(words string, now time.Time) (time.Time, error) {
	words, now = strings.ToLower(strings.Join(strings.Fields(words), " ")), now.UTC()
	switch words {
	case "none", "off", "wake":
		return time.Time{}, nil
	case "tomorrow":
		return dawn(now.AddDate(0, 0, 1)), nil
	}
	if m := span.FindStringSubmatch(words); m != nil {
		n, _ := strconv.Atoi(m[1]) // of four digits at most
		if each, ok := spans[m[2]]; ok && n > 0 {
			return now.Add(time.Duration(n) * each), nil
		}
	}
	for days := 1; days <= 7; days++ {
		at := now.AddDate(0, 0, days)
		if name := strings.ToLower(at.Weekday().String()); words == name || words == name[:3] {
			return dawn(at), nil
		}
	}
	if at, err := time.Parse(time.DateOnly, words); err == nil {
		return dawn(at), nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02t15:04"} {
		if at, err := time.Parse(layout, words); err == nil {
			return at, nil
		}
	}
	return time.Time{}, Errorf(Invalid, "wants a time such as 3h, 2d, tomorrow, monday or 2026-03-09 14:30, or none")
}

func dawn(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), morning, 0, 0, 0, time.UTC)
}
