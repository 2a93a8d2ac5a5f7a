package eml

import (
	"testing"
	"time"
)

func TestDate(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"usual", "Mon, 03 Mar 2025 10:15:30 +0100", "2025-03-03T10:15:30+01:00"},
		{"no day of the week", "3 Mar 2025 10:15:30 -0330", "2025-03-03T10:15:30-03:30"},
		{"no seconds", "3 Mar 2025 10:15 +0000", "2025-03-03T10:15:00Z"},
		{"comment", "Mon, 3 Mar 2025 (a (nested) one) 10:15:30 +0100 (CET)", "2025-03-03T10:15:30+01:00"},
		{"two digit year", "3 Mar 25 10:15:30 GMT", "2025-03-03T10:15:30Z"},
		{"old two digit year", "3 Mar 97 10:15:30 EST", "1997-03-03T10:15:30-05:00"},
		{"three digit year", "3 Mar 125 10:15:30 UT", "2025-03-03T10:15:30Z"},
		{"no zone", "3 Mar 2025 10:15:30", "2025-03-03T10:15:30Z"},
		{"unknown local zone", "3 Mar 2025 10:15:30 -0000", "2025-03-03T10:15:30Z"},
		{"zone with a colon", "3 Mar 2025 10:15:30 +01:00", "2025-03-03T10:15:30+01:00"},
		{"zone after gmt", "3 Mar 2025 10:15:30 GMT+0100", "2025-03-03T10:15:30+01:00"},
		{"zone glued", "3 Mar 2025 10:15:30+0100", "2025-03-03T10:15:30+01:00"},
		{"double zone", "3 Mar 2025 10:15:30 EST5EDT", "2025-03-03T10:15:30-05:00"},
		{"impossible zone", "3 Mar 2025 10:15:30 +9999", "2025-03-03T10:15:30Z"},
		{"ctime", "Mon Mar  3 10:15:30 2025", "2025-03-03T10:15:30Z"},
		{"rfc 3339", "2025-03-03T10:15:30.5+01:00", "2025-03-03T10:15:30+01:00"},
		{"rfc 3339 zulu", "2025-03-03T10:15:30Z", "2025-03-03T10:15:30Z"},
		{"dashes", "03-Mar-2025 10:15:30 +0100", "2025-03-03T10:15:30+01:00"},
		{"afternoon", "3 Mar 2025 1:15:30 PM", "2025-03-03T13:15:30Z"},
		{"midnight", "3 Mar 2025 12:15:30 AM", "2025-03-03T00:15:30Z"},
		{"whole month name", "3 march 2025 10:15:30", "2025-03-03T10:15:30Z"},
		{"foreign day of the week", "Mo, 3 Mar 2025 10:15:30 MEZ", "2025-03-03T10:15:30+01:00"},
		{"leap second", "31 Dec 2016 23:59:60 +0000", "2017-01-01T00:00:00Z"},
		{"no time", "3 Mar 2025", "2025-03-03T00:00:00Z"},
		{"empty", "", ""},
		{"words", "yesterday at noon", ""},
		{"no such day", "31 Feb 2025 10:00:00 +0000", ""},
		{"no such hour", "3 Mar 2025 25:00:00 +0000", ""},
		{"year beyond JSON", "3 Mar 99999 10:00:00 +0000", ""},
		{"broken time", "3 Mar 2025 10:xx", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Read([]byte("Date: " + c.in + "\r\n\r\n"))
			d, ok := m.Date()
			got := ""
			if ok {
				got = d.Format(time.RFC3339)
			}
			if got != c.want {
				t.Errorf("Date = %q, want %q", got, c.want)
			}
			if ok == m.HasFault(FaultDate) {
				t.Errorf("ok = %v, faults %v", ok, m.Faults)
			}
		})
	}
	if _, ok := Read(nil).Date(); ok {
		t.Error("a date without a field")
	}
}
