package actions

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// tagKey stands before the name of a tag among what a change can be taken back of:
// each is taken back for itself.
const tagKey = "tag:"

// state is what can be taken back of a request, in words.
func state(t *helpdesk.Ticket) map[string]string {
	s := map[string]string{
		"status": string(t.Status), "assignee": string(t.Assignee), "team": string(t.Team), "priority": t.Urgency(), "snoozed": "", "spam": "",
	}
	if t.Snoozed != nil {
		s["snoozed"] = t.Snoozed.Until.UTC().Format(time.RFC3339)
	}
	if t.Spam != nil {
		s["spam"] = "yes"
	}
	for _, tag := range t.Tags {
		s[tagKey+tag] = "yes"
	}
	return s
}

// whatChanged keeps of a request what is another now.
func whatChanged(before, after *helpdesk.Ticket) *helpdesk.WasState {
	was := &helpdesk.WasState{Ticket: after.ID, Number: after.Number, Before: map[string]string{}, After: map[string]string{}}
	is, old := state(after), state(before)
	for key := range union(is, old) {
		if is[key] != old[key] {
			was.Before[key], was.After[key] = old[key], is[key]
		}
	}
	return was
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// takeBack is the change that makes of a request what it was, for all that is still
// as it was changed; left names what is not. Without If there is nothing to do.
func (d *Desk) takeBack(t *helpdesk.Ticket, was *helpdesk.WasState) (in Edit, left []string) {
	in.quiet = true
	is := state(t)
	for _, key := range slices.Sorted(maps.Keys(was.After)) {
		before := was.Before[key]
		switch tag, isTag := strings.CutPrefix(key, tagKey); {
		case is[key] == before: // somebody has taken it back already
			continue
		case is[key] != was.After[key]:
			left = append(left, "its "+strings.Replace(key, tagKey, "tag ", 1))
			continue
		case isTag && before == "":
			in.RemoveTags = append(in.RemoveTags, tag)
		case isTag:
			in.AddTags = append(in.AddTags, tag)
		case !in.takeBack(key, before, d.now()):
			continue
		}
		in.If = t.Rev
	}
	return in, left
}

// takeBack adds one thing that is no tag. What needs no taking back is false.
func (in *Edit) takeBack(key, before string, now time.Time) bool {
	id := helpdesk.ID(before)
	switch key {
	case "status":
		in.Status = helpdesk.Status(before)
	case "assignee":
		in.Assignee = &id
	case "team":
		in.Team = &id
	case "priority":
		in.Priority = before
	case "spam":
		spam := before != ""
		in.Spam = &spam
	case "snoozed":
		until, err := time.Parse(time.RFC3339, before)
		if before != "" && (err != nil || !until.After(now)) {
			return false // it would have come back by now
		}
		in.Snooze = &until // zero where there was none
	}
	return true
}
