package eml

import (
	"strings"
	"time"
)

const (
	// maxEvents is how many events of a calendar are told: an invitation has one,
	// or one for each exception of a series.
	maxEvents = 20

	// maxCalendarLine bounds one unfolded content line. Descriptions with a whole
	// mail in them are some KiB long.
	maxCalendarLine = 64 << 10

	// maxCalendar is how much of a calendar is read, MaxTextBytes being meant for
	// what people write.
	maxCalendar = 1 << 20

	// maxAttendees is how many people of one event are told.
	maxAttendees = 50
)

// calendarLine is one content line of RFC 5545 section 3.1.
type calendarLine struct {
	name   string // upper case
	params string
	value  string
}

// event is what is told of a VEVENT, VTODO or VJOURNAL.
type event struct {
	kind                     string
	summary, location, where string
	start, end, due          string
	organizer                string
	attendees                []string
	status, rule             string
	description              string
}

// calendarText tells an iCalendar object in words: what is asked (METHOD), and
// of each event what, when, where and who. It is "" when there is no event.
func calendarText(src string) string {
	method := ""
	var out []string
	var e *event
	src = clipBytes(src, maxCalendar)
	depth := 0 // components inside the event, such as alarms
	calendarLines(src, func(l calendarLine) bool {
		kind := strings.ToUpper(strings.TrimSpace(l.value))
		switch {
		case l.name == "METHOD" && e == nil:
			method = cleanLine(l.value)
		case l.name == "BEGIN" && e != nil:
			depth++
		case l.name == "BEGIN" && (kind == "VEVENT" || kind == "VTODO" || kind == "VJOURNAL"):
			e = &event{kind: kind}
		case l.name == "END" && e != nil && depth > 0:
			depth--
		case l.name == "END" && e != nil:
			out = append(out, e.String())
			e = nil
		case e != nil && depth == 0:
			e.take(l)
		}
		return len(out) < maxEvents
	})
	if e != nil { // never ended
		out = append(out, e.String())
	}
	text := strings.Trim(strings.Join(out, "\n\n"), "\n")
	if method != "" && text != "" {
		text = "Method: " + method + "\n" + text
	}
	return text
}

// calendarLines unfolds the lines of src and calls take for each until it
// returns false.
func calendarLines(src string, take func(calendarLine) bool) {
	var line strings.Builder
	flush := func() bool {
		l, ok := splitCalendarLine(line.String())
		line.Reset()
		return !ok || take(l)
	}
	for physical := range strings.SplitSeq(src, "\n") {
		if rest, folded := strings.CutPrefix(physical, " "); folded || strings.HasPrefix(physical, "\t") {
			if !folded {
				rest = physical[1:]
			}
			if line.Len() < maxCalendarLine {
				line.WriteString(rest[:min(len(rest), maxCalendarLine)])
			}
			continue
		}
		if !flush() {
			return
		}
		line.WriteString(physical[:min(len(physical), maxCalendarLine)])
	}
	flush()
}

// splitCalendarLine divides at the first ":" outside quotes.
func splitCalendarLine(s string) (calendarLine, bool) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ':' && !quoted:
			name, params, _ := strings.Cut(s[:i], ";")
			return calendarLine{name: strings.ToUpper(strings.TrimSpace(name)), params: params, value: s[i+1:]}, true
		}
	}
	return calendarLine{}, false
}

// param returns one parameter of a line.
func (l calendarLine) param(name string) string {
	quoted, start := false, 0
	for i := 0; i <= len(l.params); i++ {
		if i < len(l.params) && (l.params[i] != ';' || quoted) {
			quoted = quoted != (l.params[i] == '"')
			continue
		}
		key, value, _ := strings.Cut(l.params[start:i], "=")
		if equalFold(key, name) {
			return cleanLine(validUTF8(strings.Trim(value, `"`)))
		}
		start = i + 1
	}
	return ""
}

var calendarEscapes = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)

// text is a value of RFC 5545 section 3.3.11.
func (l calendarLine) text() string {
	return strings.TrimSpace(validUTF8(calendarEscapes.Replace(l.value)))
}

func (l calendarLine) line() string { return strings.Join(strings.Fields(l.text()), " ") }

func (e *event) take(l calendarLine) {
	switch l.name {
	case "SUMMARY":
		e.summary = l.line()
	case "LOCATION":
		e.location = l.line()
	case "URL":
		e.where = l.line()
	case "DTSTART":
		e.start = l.when()
	case "DTEND":
		e.end = l.when()
	case "DUE":
		e.due = l.when()
	case "DURATION":
		if e.end == "" {
			e.end = "after " + l.line()
		}
	case "ORGANIZER":
		e.organizer = l.person()
	case "ATTENDEE":
		if len(e.attendees) < maxAttendees {
			e.attendees = append(e.attendees, l.person())
		}
	case "STATUS":
		e.status = l.line()
	case "RRULE":
		e.rule = l.line()
	case "DESCRIPTION":
		e.description = l.text()
	}
}

// person is a CAL-ADDRESS with the name and the answer that stand beside it.
func (l calendarLine) person() string {
	addr := strings.TrimSpace(validUTF8(l.value))
	if len(addr) > 7 && equalFold(addr[:7], "mailto:") {
		addr = addr[7:]
	}
	if name := l.param("CN"); name != "" && name != addr {
		addr = name + " <" + addr + ">"
	}
	if answer := l.param("PARTSTAT"); answer != "" && !equalFold(answer, "needs-action") {
		addr += " (" + strings.ToLower(answer) + ")"
	}
	return cleanLine(addr)
}

// when writes a date or a time for people, with its zone. Nothing is converted:
// the zone may be one that only the sender knows.
func (l calendarLine) when() string {
	value, zone := strings.TrimSpace(l.value), l.param("TZID")
	if t, err := time.Parse("20060102", value); err == nil {
		return t.Format("2006-01-02")
	}
	if v, utc := strings.CutSuffix(value, "Z"); utc {
		value, zone = v, "UTC"
	}
	if t, err := time.Parse("20060102T150405", value); err == nil {
		return strings.TrimSpace(t.Format("2006-01-02 15:04") + " " + zone)
	}
	return cleanLine(validUTF8(value))
}

// String tells the event, one property on a line.
func (e *event) String() string {
	var out []string
	for _, p := range []struct{ name, value string }{
		{"Summary", e.summary}, {"Start", e.start}, {"End", e.end}, {"Due", e.due}, {"Repeats", e.rule},
		{"Location", e.location}, {"URL", e.where}, {"Organizer", e.organizer}, {"Attendees", strings.Join(e.attendees, ", ")},
		{"Status", e.status},
	} {
		if p.value != "" {
			out = append(out, p.name+": "+p.value)
		}
	}
	if e.description != "" {
		out = append(out, "", e.description)
	}
	return strings.Join(out, "\n")
}
