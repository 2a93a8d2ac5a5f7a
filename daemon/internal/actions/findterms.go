package actions

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/search"
)

// FindFilter is a filter of a search, as it was understood.
type FindFilter struct {
	Words   string // such as "Assigned to Robin Sample"
	Without string // the search without it
}

// termReader makes filters of terms that are none for the index of words.
type termReader struct {
	*finder
	terms    []search.Term
	filter   helpdesk.Filter
	not      []helpdesk.Filter
	settings *helpdesk.DeskSettings
	agents   []helpdesk.Agent
	teams    []helpdesk.Team
}

func (r *termReader) read(ctx context.Context) (err error) {
	for i, t := range r.terms {
		if t.Key == "" {
			continue
		}
		if t.Text == "" {
			return helpdesk.Errorf(helpdesk.Invalid, "say what behind %s:, as in %s", t.Key, examples[t.Key])
		}
		if r.settings == nil {
			if r.settings, err = r.desk.DeskSettings(ctx, r.by); err != nil {
				return err
			}
			if r.agents, err = r.desk.store.Agents(ctx, r.by.Account); err != nil {
				return err
			}
			if r.teams, err = r.desk.TeamList(ctx, r.by); err != nil {
				return err
			}
		}
		into := &r.filter
		if t.Not {
			into = &helpdesk.Filter{}
		}
		words, err := r.term(t, into)
		if err != nil {
			return err
		}
		if t.Not {
			words = "Not: " + words
			if !isIndexed(t.Key) && !is(t, "unread") && !is(t, "spam") {
				r.not = append(r.not, *into)
			}
		}
		without := slices.Delete(slices.Clone(r.terms), i, i+1)
		r.out.Filters = append(r.out.Filters, FindFilter{Words: words, Without: search.Join(without)})
	}
	for i := range r.not { // what is left out is left out of what is looked through
		r.not[i].Spam = r.filter.Spam
	}
	return nil
}

// isIndexed are keys that the index of words answers.
func isIndexed(key string) bool {
	return slices.Contains([]string{"subject", "from", "number", "has"}, key)
}

// is reports an is: of that word.
func is(t search.Term, word string) bool { return t.Key == "is" && strings.EqualFold(t.Text, word) }

// examples of what stands behind a key.
var examples = map[string]string{
	"subject": "subject:refund", "from": "from:alice@customer.example", "number": "number:1042", "status": "status:open", "priority": "priority:high", "tag": "tag:refund",
	"assignee": "assignee:me", "team": "team:mine", "mailbox": "mailbox:support", "center": "center:acme", "form": "form:billing", "is": "is:unread",
	"has": "has:attachment", "before": "before:2026-01-01", "after": "after:2026-01-01",
}

// term puts what a term asks for into a filter and tells it in words.
func (r *termReader) term(t search.Term, f *helpdesk.Filter) (words string, err error) {
	switch t.Key {
	case "subject":
		return "In the subject: " + t.Text, nil
	case "from":
		return "From " + t.Text, nil
	case "number":
		if strings.Trim(strings.TrimPrefix(t.Text, "#"), "0123456789") != "" {
			return "", helpdesk.Errorf(helpdesk.Invalid, "%q is not a number of a request", t.Text)
		}
		return "Number " + t.Text, nil
	case "has":
		if !slices.Contains([]string{"attachment", "attachments", "file", "files"}, strings.ToLower(t.Text)) {
			return "", helpdesk.Errorf(helpdesk.Invalid, "%q is nothing that requests have; use has:attachment", t.Text)
		}
		return "With a file", nil
	case "status":
		return r.status(t.Text, f)
	case "priority":
		p, err := helpdesk.ParsePriority(t.Text)
		f.Priorities = append(f.Priorities, p)
		return "Priority " + p, err
	case "tag":
		tag, err := helpdesk.ParseTag(t.Text)
		f.Tags = append(f.Tags, tag)
		return "Tag " + tag, err
	case "assignee":
		return r.assignee(t.Text, f)
	case "team":
		return r.team(t.Text, f)
	case "mailbox":
		return r.mailbox(t.Text, f)
	case "center":
		return r.center(t.Text, f)
	case "form":
		f.Forms = append(f.Forms, t.Text)
		return "Form " + t.Text, nil
	case "is":
		return r.is(t, f)
	case "before", "after":
		return r.day(t, f)
	}
	return value(t, f), nil
}

// value is a form.NAME or a field.NAME.
func value(t search.Term, f *helpdesk.Filter) string {
	if f.Values == nil {
		f.Values = map[string]string{}
	}
	kind, name, _ := strings.Cut(t.Key, ".")
	if kind == "form" {
		f.Values[t.Key] = t.Text
	} else {
		f.Values[name] = t.Text
	}
	return name + ": " + t.Text
}

func (r *termReader) status(text string, f *helpdesk.Filter) (string, error) {
	var known []string
	for _, s := range helpdesk.Statuses {
		label := r.settings.StatusLabels[s]
		if strings.EqualFold(text, string(s)) || label != "" && search.Fold(text) == search.Fold(label) {
			f.Statuses = append(f.Statuses, s)
			return "Status " + orElse(label, string(s)), nil
		}
		known = append(known, strings.ToLower(string(s)))
	}
	return "", helpdesk.Errorf(helpdesk.Invalid, "%q is not a status; use %s", text, list(known))
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// list joins words with commas and an "or".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

func (r *termReader) assignee(text string, f *helpdesk.Filter) (string, error) {
	switch strings.ToLower(text) {
	case helpdesk.FilterMe:
		f.Assignees = append(f.Assignees, helpdesk.FilterMe)
		return "Assigned to you", nil
	case helpdesk.FilterNobody, helpdesk.FilterNone:
		f.Assignees = append(f.Assignees, helpdesk.FilterNobody)
		return "Assigned to nobody", nil
	}
	var names []string
	for _, a := range r.agents {
		if isCalled(text, a.Name) || strings.HasPrefix(search.Fold(a.Address.String()), search.Fold(text)) {
			f.Assignees, names = append(f.Assignees, string(a.ID)), append(names, a.Name)
		}
	}
	if len(names) == 0 {
		return "", helpdesk.Errorf(helpdesk.Invalid, "no agent is called %q; use a name, an address, me or nobody", text)
	}
	slices.Sort(names)
	return "Assigned to " + list(names), nil
}

// isCalled reports whether somebody or something has the name, or a word of it begins
// so.
func isCalled(text, name string) bool {
	text, name = search.Fold(text), search.Fold(name)
	return strings.HasPrefix(name, text) || strings.Contains(name, " "+text)
}

func (r *termReader) team(text string, f *helpdesk.Filter) (string, error) {
	switch strings.ToLower(text) {
	case helpdesk.FilterMine:
		f.Teams = append(f.Teams, helpdesk.FilterMine)
		return "Of your teams", nil
	case helpdesk.FilterNone:
		f.Teams = append(f.Teams, helpdesk.FilterNone)
		return "Of no team", nil
	}
	var names []string
	for _, t := range r.teams {
		if isCalled(text, t.Name) {
			f.Teams, names = append(f.Teams, string(t.ID)), append(names, t.Name)
		}
	}
	if len(names) == 0 {
		return "", helpdesk.Errorf(helpdesk.Invalid, "no team is called %q; use a name, mine or none", text)
	}
	slices.Sort(names)
	return "Of the team " + list(names), nil
}

func (r *termReader) mailbox(text string, f *helpdesk.Filter) (string, error) {
	if box, ok := r.desk.directory.Mailbox(r.by.Account, strings.ToLower(text)); ok {
		f.Mailboxes = append(f.Mailboxes, box.Name)
		return "Mailbox " + box.Name, nil
	}
	if a, err := helpdesk.ParseAddress(text); err == nil {
		if box, ok := r.desk.directory.MailboxByAddress(a); ok && box.Account == r.by.Account {
			f.Mailboxes = append(f.Mailboxes, box.Name)
			return "Mailbox " + box.Name, nil
		}
	}
	return "", helpdesk.Errorf(helpdesk.Invalid, "there is no mailbox %q; use its name or its address", text)
}

func (r *termReader) center(text string, f *helpdesk.Filter) (string, error) {
	var known []string
	for _, h := range r.desk.directory.HelpCenters() {
		switch {
		case h.Account != r.by.Account:
		case strings.EqualFold(h.Name, text) || isCalled(text, h.DisplayName):
			f.HelpCenters = append(f.HelpCenters, h.Name)
			return "Help center " + h.DisplayName, nil
		default:
			known = append(known, h.Name)
		}
	}
	slices.Sort(known)
	return "", helpdesk.Errorf(helpdesk.Invalid, "there is no help center %q; use %s", text, list(slices.Compact(known)))
}

// stands are what a request can be, besides its statuses.
var stands = map[string]struct {
	words string
	set   func(*helpdesk.Filter)
}{
	"snoozed":    {"Put aside", func(f *helpdesk.Filter) { f.Snoozed = true }},
	"spam":       {"Spam", func(f *helpdesk.Filter) { f.Spam = true }},
	"mentioned":  {"You were named in it", func(f *helpdesk.Filter) { f.Mentioned = true }},
	"mine":       {"Assigned to you", func(f *helpdesk.Filter) { f.Assignees = append(f.Assignees, helpdesk.FilterMe) }},
	"unassigned": {"Assigned to nobody", func(f *helpdesk.Filter) { f.Assignees = append(f.Assignees, helpdesk.FilterNobody) }},
}

func (r *termReader) is(t search.Term, f *helpdesk.Filter) (string, error) {
	text := strings.ToLower(t.Text)
	switch {
	case is(t, "unread"):
		r.unread = new(!t.Not)
		return "Unread", nil
	case is(t, "spam") && t.Not:
		return "Spam", nil // it is left out anyway
	}
	if s, ok := stands[text]; ok {
		s.set(f)
		return s.words, nil
	}
	if words, err := r.status(text, f); err == nil {
		return words, nil
	}
	known := append(slices.Sorted(maps.Keys(stands)), "unread", "or a status")
	return "", helpdesk.Errorf(helpdesk.Invalid, "%q is nothing that requests are; use %s", t.Text, strings.Join(known, ", "))
}

// day reads a date. It is taken in UTC: a search that is passed on means the same.
func (r *termReader) day(t search.Term, f *helpdesk.Filter) (string, error) {
	var day time.Time
	var err error
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if day, err = time.Parse(layout, t.Text); err == nil {
			break
		}
	}
	if err != nil {
		return "", helpdesk.Errorf(helpdesk.Invalid, "%q is not a day; write it as in %s", t.Text, examples[t.Key])
	}
	age := r.out.At.Sub(day)
	// A filter knows ages, and takes none for no filter.
	age = max(age, 1)
	words := fmt.Sprintf("Before %s", day.Format("2 January 2006"))
	if t.Key == "after" {
		words = fmt.Sprintf("Since %s", day.Format("2 January 2006"))
		f.NewerThan = least(f.NewerThan, age)
	} else {
		f.OlderThan = max(f.OlderThan, age)
	}
	return words, nil
}

// least is the smaller one of two ages, of which zero is none.
func least(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}
