package helpdesk

import (
	"testing"
	"time"
)

func TestTimedIDsSortByTime(t *testing.T) {
	last := ID("")
	for at := noon; at.Before(noon.Add(200 * 365 * 24 * time.Hour)); at = at.Add(time.Millisecond + at.Sub(noon)/3) {
		id := NewTimedID(at)
		if _, err := ParseID(string(id)); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if id <= last {
			t.Fatalf("%s of %v does not sort behind %s", id, at, last)
		}
		last = id
	}
}
