package console

import (
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// What can be done to a ticket; the last part of the address.
const (
	replyAct    = "reply"
	noteAct     = "note"
	statusAct   = "status"
	assignAct   = "assign"
	teamAct     = "team"
	priorityAct = "priority"
	tagsAct     = "tags"
	subjectAct  = "subject"
	fieldsAct   = "fields"
	snoozeAct   = "snooze"
	spamAct     = "spam"
	followAct   = "follow"
	unfollowAct = "unfollow"
)

// overSuffix marks, in what the notice is chosen by, that somebody else had changed
// the same since the page was shown.
const overSuffix = "-over"

// do does what the address names, and tells by which words that is told.
func (c *Handler) do(v *visit, d draft) (done string, err error) {
	form := v.r.PostForm
	switch d.Act {
	case replyAct:
		if _, err := helpdesk.ParseStatus(string(d.Status)); d.Status != "" && err != nil {
			return "", err
		}
		return d.Act, c.desk.Reply(v.context(), v.by, d.Number, actions.Reply{Text: d.Text, Files: d.Files, Status: d.Status, Nonce: d.Nonce, Expect: d.Expect})
	case noteAct:
		return d.Act, c.desk.Note(v.context(), v.by, d.Number, actions.Note{Text: d.Text, Files: d.Files, Nonce: d.Nonce})
	case followAct:
		return d.Act, c.desk.Watch(v.context(), v.by, d.Number, helpdesk.ID(form.Get("agent")))
	case unfollowAct:
		return d.Act, c.desk.Unwatch(v.context(), v.by, d.Number, helpdesk.ID(form.Get("agent")))
	}
	edit, err := c.edit(v, d)
	if err != nil {
		return "", err
	}
	edited, err := c.desk.Edit(v.context(), v.by, d.Number, edit)
	if err != nil {
		return "", err
	}
	return doneEdit(d.Act, edit, edited, form.Get("was")), nil
}

// edit is what is to become of the request.
func (c *Handler) edit(v *visit, d draft) (actions.Edit, error) {
	form := v.r.PostForm
	switch d.Act {
	case statusAct:
		_, err := helpdesk.ParseStatus(string(d.Status))
		return actions.Edit{Status: d.Status}, err
	case assignAct:
		agent := helpdesk.ID(form.Get("assignee"))
		return actions.Edit{Assignee: &agent}, nil
	case teamAct:
		team := helpdesk.ID(form.Get("team"))
		return actions.Edit{Team: &team}, nil
	case priorityAct:
		priority, err := helpdesk.ParsePriority(form.Get("priority"))
		return actions.Edit{Priority: priority}, err
	case tagsAct: // what somebody else added since the page was shown stays
		want, had := splitTags(d.Tags.Typed), splitTags(d.Tags.Had)
		return actions.Edit{AddTags: without(want, had), RemoveTags: without(had, want)}, nil
	case subjectAct:
		subject := form.Get("subject")
		return actions.Edit{Subject: &subject}, nil
	case fieldsAct:
		had, changed := typedFields(form, hadPrefix), map[string]string{}
		for name, value := range d.Fields {
			if value != had[name] { // the others are left as they may have become since
				changed[name] = value
			}
		}
		return actions.Edit{Fields: changed, Had: had}, nil
	case snoozeAct:
		until, err := snoozeUntil(form, c.site.Now())
		return actions.Edit{Snooze: &until}, err
	case spamAct:
		spam := form.Get("spam") == "yes"
		return actions.Edit{Spam: &spam}, nil
	}
	return actions.Edit{}, missing()
}

// doneEdit chooses the words for what was done. was is what the page showed.
func doneEdit(act string, in actions.Edit, done *actions.Edited, was string) string {
	before, now := "", ""
	switch act {
	case statusAct:
		before, now = string(done.Before.Status), string(in.Status)
	case assignAct:
		before, now = string(done.Before.Assignee), string(*in.Assignee)
	case teamAct:
		before, now = string(done.Before.Team), string(*in.Team)
	case priorityAct:
		before, now = or(done.Before.Priority, "Normal"), in.Priority
	case snoozeAct:
		if in.Snooze.IsZero() {
			return "awake"
		}
		return act
	case spamAct:
		if !*in.Spam {
			return "not-spam"
		}
		return "called-spam"
	default:
		return act
	}
	// Nobody is sent as such: a form always says what was there.
	if was != "" && was != noneWas+before && before != now {
		return act + overSuffix
	}
	return act
}

// noneWas stands before what a page showed, so that nobody and no team can be said.
const noneWas = "="

// tagging is tags as typed, and those that the page showed: others may have come
// since.
type tagging struct{ Typed, Had string }

// splitTags reads tags with blanks or commas between.
func splitTags(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}
