package console

import (
	"net/url"
	"strconv"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// laterToday is far enough to have done something else.
	laterToday = 3 * time.Hour
	// morning is when people begin to work.
	morning = 9
	// farthestZone is that of the Line Islands, in minutes.
	farthestZone = 14 * 60
)

// snoozeUntil is the time that was chosen; zero brings a request back. The zone is
// that of who chose, in minutes east of UTC, where a script said it.
func snoozeUntil(form url.Values, now time.Time) (time.Time, error) {
	minutes, err := strconv.Atoi(form.Get("zone"))
	if err != nil || minutes > farthestZone || minutes < -farthestZone {
		minutes = 0
	}
	now = now.In(time.FixedZone("", minutes*60))
	at := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, morning, 0, 0, 0, now.Location())
	}
	switch form.Get("until") {
	case "now":
		return time.Time{}, nil
	case "later":
		return now.Add(laterToday).Truncate(15 * time.Minute), nil
	case "tomorrow":
		return at(1), nil
	case "week": // on Monday
		return at((7-int(now.Weekday()))%7 + 1), nil
	}
	typed := form.Get("date")
	if typed == "" {
		return time.Time{}, helpdesk.Errorf(helpdesk.Invalid, "choose a time")
	}
	until, err := time.ParseInLocation("2006-01-02T15:04", typed, now.Location())
	if err != nil {
		return time.Time{}, helpdesk.Errorf(helpdesk.Invalid, "choose a day and a time")
	}
	return until, nil
}
