package portal

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// filled is a form as it was typed.
type filled struct {
	nonce   string
	own     map[string]string // of what every form asks, by name
	fields  map[string][]string
	uploads []actions.Upload
	refused []helpdesk.FieldProblem // about other files
	// shown are the names of the fields that the page showed; nil where it did not
	// tell.
	shown []string
}

// ownFields are what every form asks besides its own fields.
var ownFields = []string{"name", "address", "subject", "message"}

// fieldPrefix keeps the names of a form's fields apart from ours.
const fieldPrefix = "field."

// messageFiles is the input for files beside the message, in forms that ask for
// none themselves.
const messageFiles = "files"

// blank is a form that nobody has filled in: with what is declared, and what the
// address of the page fills in.
func blank(nonce string, query url.Values, form *helpdesk.Form) filled {
	typed := filled{nonce: nonce, own: map[string]string{}, fields: map[string][]string{}}
	for _, f := range form.Fields {
		value := f.Initial
		if f.Prefill != "" && query.Get(f.Prefill) != "" {
			value = query.Get(f.Prefill)
		}
		if value != "" && f.Type != helpdesk.FileField {
			typed.fields[f.Name] = []string{value}
		}
	}
	return typed
}

func readTyped(post url.Values, form *helpdesk.Form) filled {
	typed := filled{nonce: post.Get("nonce"), own: map[string]string{}, fields: map[string][]string{}}
	for _, name := range ownFields {
		typed.own[name] = post.Get(name)
	}
	for _, f := range form.Fields {
		if values, ok := post[fieldPrefix+f.Name]; ok && f.Type != helpdesk.FileField {
			typed.fields[f.Name] = values
		}
	}
	if post.Has("shown") {
		typed.shown = strings.Split(post.Get("shown"), ",")
	}
	return typed
}

func (t *filled) submission(v *visit, form *helpdesk.Form) actions.Submission {
	return actions.Submission{
		Agent: v.agent, Customer: v.customer, Form: form.Name, Nonce: t.nonce, Fields: t.fields, Uploads: t.uploads, Refused: t.refused,
		Name: t.own["name"], Address: t.own["address"], Subject: t.own["subject"], Message: t.own["message"],
	}
}

// states are those of the form's fields, files counted as answers.
func (t *filled) states(form *helpdesk.Form) map[string]helpdesk.FieldState {
	raw := map[string][]string{}
	for name, values := range t.fields {
		raw[name] = values
	}
	for _, u := range t.uploads {
		if u.Field != "" {
			raw[u.Field] = append(raw[u.Field], u.Name)
		}
	}
	states := map[string]helpdesk.FieldState{}
	for _, s := range form.States(raw) {
		states[s.Name] = s
	}
	return states
}

// unseen are the questions that the answers lead to and that the page did not
// show: without a script, it shows what the answers before this one led to.
func (t *filled) unseen(form *helpdesk.Form) []string {
	if t.shown == nil {
		return nil
	}
	var names []string
	states := t.states(form)
	for _, f := range form.Fields {
		if states[f.Name].Visible && f.Type != helpdesk.InfoField && !slices.Contains(t.shown, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// kind of an input, for the template.
type kind string

const (
	line    kind = "line"    // one line of text
	text    kind = "text"    // several lines
	choice  kind = "choice"  // one of several
	choices kind = "choices" // some of several
	tick    kind = "tick"    // yes or no
	files   kind = "files"
	told    kind = "told" // something to read
	hidden  kind = "hidden"
)

// input is one field on the page.
type input struct {
	Kind         kind
	Name         string // in the form, and its id
	Field        string // its name in the form's declaration; "" for ours
	Label        string
	Help         string
	Optional     bool
	Type         string // of a line: how browsers help with it
	Mode         string // which keyboard telephones show
	Autocomplete string
	Placeholder  string
	Min, Max     string // of a date, for the browser's calendar
	Short        bool
	Text         string // of told
	Value        string
	Groups       []optionGroup
	Choose       string // the first choice of a list, which is none; "" for no such
	Files        fileInput
	Hidden       bool // as the answers are now
	Ruled        bool // rules may make it optional, or not
	Asked        bool // other fields hang on its answer
	Error        string
	Focus        bool
}

// optionGroup of options; those without a label stand by themselves.
type optionGroup struct {
	Label   string
	Options []option
}

type option struct {
	Value, Label string
	Chosen       bool
}

// looks is how each type of field is shown. Numbers are lines of text because
// browsers throw away what they can't read in an input of type number.
var looks = map[string]input{
	"ShortText":   {Kind: line, Type: "text"},
	"LongText":    {Kind: text},
	"Integer":     {Kind: line, Type: "text", Mode: "numeric", Short: true},
	"Decimal":     {Kind: line, Type: "text", Mode: "decimal", Short: true},
	"Date":        {Kind: line, Type: "date", Short: true},
	"Checkbox":    {Kind: tick},
	"Select":      {Kind: choice},
	"Tree":        {Kind: choice},
	"MultiSelect": {Kind: choices},
	"Email":       {Kind: line, Type: "email", Autocomplete: "email"},
	"URL":         {Kind: line, Type: "url", Autocomplete: "url"},
	"Phone":       {Kind: line, Type: "tel", Autocomplete: "tel"},
	"File":        {Kind: files},
	"Consent":     {Kind: tick},
	"Info":        {Kind: told},
	"Hidden":      {Kind: hidden},
}

// inputs are the fields of a page, with what was typed.
func (p *Handler) inputs(v *visit, form *helpdesk.Form, typed *filled) []input {
	fields := personFields(v, form)
	if form.Subject == "" {
		fields = append(fields, input{Kind: line, Name: "subject", Label: or(form.SubjectLabel, v.say.T("Subject")), Type: "text"})
	}
	fields = append(fields, input{Kind: text, Name: "message", Label: or(form.MessageLabel, v.say.T("Message"))})
	for i := range fields {
		fields[i].Value = typed.own[fields[i].Name]
		fields[i].choose(typed.own[fields[i].Name])
	}
	states, ruled := typed.states(form), isRuled(form)
	for _, f := range form.Fields {
		in, ok := looks[f.Type]
		if !ok {
			continue
		}
		in.fill(v, f, typed.fields[f.Name], p.site.Now())
		in.Hidden, in.Ruled, in.Asked = !states[f.Name].Visible && in.Kind != hidden, ruled, f.Asked
		in.Optional = !states[f.Name].Required
		if in.Kind == files {
			in.Files = p.fileInput(v, form, f.Name, typed.uploads)
			in.Help = sentences(in.Help, in.Files.Limits)
		}
		fields = append(fields, in)
	}
	if !form.HasFiles() {
		in := input{Kind: files, Name: messageFiles, Label: v.say.T("Files"), Optional: true, Files: p.fileInput(v, form, "", typed.uploads)}
		in.Help = in.Files.Limits
		fields = append(fields, in)
	}
	return fields
}

// personFields ask whose request it is. Of a customer who is signed in that is
// known, but for which of their addresses; an agent may name somebody else.
func personFields(v *visit, form *helpdesk.Form) []input {
	switch {
	case form.Access[v.visitor] == helpdesk.NeedsSignIn: // a sign-in that has ended: it is known again afterwards
		return nil
	case v.agent != nil:
		return []input{
			{Kind: line, Name: "address", Label: v.say.T("Mail address of the customer"), Help: v.say.T("Leave this empty to submit the request as yourself."), Optional: true, Type: "email"},
			{Kind: line, Name: "name", Label: v.say.T("Name of the customer"), Optional: true, Type: "text"},
		}
	case v.customer != nil:
		proven := provenAddresses(v.customer.Contact)
		if len(proven) < 2 {
			return []input{{Kind: told, Name: "person", Text: v.say.T("You are signed in. We answer to %s.", strings.Join(proven, ""))}}
		}
		in := input{Kind: choice, Name: "address", Label: v.say.T("Where we answer"), Groups: []optionGroup{{}}}
		for _, a := range proven {
			in.Groups[0].Options = append(in.Groups[0].Options, option{Value: a, Label: a})
		}
		return []input{in}
	}
	return []input{
		{Kind: line, Name: "name", Label: v.say.T("Your name"), Optional: true, Type: "text", Autocomplete: "name"},
		{Kind: line, Name: "address", Label: v.say.T("Your mail address"), Help: v.say.T("We answer to this address."), Type: "email", Autocomplete: "email"},
	}
}

func provenAddresses(c *helpdesk.Contact) []string {
	var proven []string
	for _, a := range c.Addresses {
		if a.Proven != nil {
			proven = append(proven, a.Address.String())
		}
	}
	return proven
}

func isRuled(form *helpdesk.Form) bool {
	return slices.ContainsFunc(form.Fields, func(f helpdesk.Field) bool { return f.Asked })
}

// fill puts one field into the look.
func (in *input) fill(v *visit, f helpdesk.Field, values []string, now time.Time) {
	in.Name, in.Field, in.Label, in.Placeholder = fieldPrefix+f.Name, f.Name, f.Label, f.Placeholder
	in.Help = sentences(f.Help, limitsOf(v, f))
	if f.Text != "" {
		in.Label, in.Text = f.Text, f.Text
	}
	if in.Kind == told && in.Text == "" {
		in.Text = f.Label
	}
	if len(values) > 0 {
		in.Value = values[0]
	}
	switch f.Type {
	case "Date":
		in.Min, in.Max = dayOf(f.Min, now.UTC().Add(-dateLine)), dayOf(f.Max, now.UTC().Add(dateLine))
	case "Integer", "Decimal":
		in.Value = strings.TrimSpace(in.Value)
	case "Checkbox", helpdesk.ConsentField:
		if in.Value == "false" {
			in.Value = ""
		}
	case "Select", helpdesk.TreeField:
		in.Choose = v.say.T("Choose one")
	}
	in.Groups = optionGroups(f)
	in.choose(values...)
}

// dateLine is the greatest distance between UTC and anybody's clock.
const dateLine = 14 * time.Hour

// dayOf is a bound of a date, where "Today" stands for the day of then.
func dayOf(bound string, then time.Time) string {
	if bound == "Today" {
		return then.Format(time.DateOnly)
	}
	return bound
}

func (in *input) choose(values ...string) {
	for i := range in.Groups {
		for j := range in.Groups[i].Options {
			o := &in.Groups[i].Options[j]
			o.Chosen = slices.Contains(values, o.Value)
		}
	}
}

// optionGroups are the options of a field. A list can nest only once, so each group of a
// tree is named with those that it stands in.
func optionGroups(f helpdesk.Field) []optionGroup {
	if len(f.Options) == 0 {
		return nil
	}
	if f.Type != helpdesk.TreeField {
		all := optionGroup{}
		for _, o := range f.Options {
			all.Options = append(all.Options, option{Value: o.Value, Label: o.Label})
		}
		return []optionGroup{all}
	}
	return branches(nil, f.Options, "", "")
}

// branches adds what is nested in the parent, in the order of the declaration.
func branches(to []optionGroup, options []helpdesk.Option, parent, path string) []optionGroup {
	for _, o := range options {
		switch {
		case o.Parent != parent:
		case slices.ContainsFunc(options, func(other helpdesk.Option) bool { return other.Parent == o.Value }):
			label := o.Label
			if path != "" {
				label = path + " › " + o.Label
			}
			to = branches(to, options, o.Value, label)
		default:
			if len(to) == 0 || to[len(to)-1].Label != path {
				to = append(to, optionGroup{Label: path})
			}
			last := &to[len(to)-1]
			last.Options = append(last.Options, option{Value: o.Value, Label: o.Label})
		}
	}
	return to
}

// limitsOf says in words what an answer must keep to, before somebody runs into it.
func limitsOf(v *visit, f helpdesk.Field) string {
	switch f.Type {
	case "Integer", "Decimal":
		switch {
		case f.Min != "" && f.Max != "":
			return v.say.T("From %s to %s.", f.Min, f.Max)
		case f.Min != "":
			return v.say.T("Enter %s or more.", f.Min)
		case f.Max != "":
			return v.say.T("Enter %s or less.", f.Max)
		}
	case helpdesk.MultiSelectField:
		switch {
		case f.MinItems > 1:
			return v.say.T("Choose at least %d.", f.MinItems)
		case f.MaxItems > 0 && f.MaxItems < len(f.Options):
			return v.say.T("Choose at most %d.", f.MaxItems)
		}
	case "ShortText", "LongText":
		if f.MinLength > 1 {
			return v.say.T("At least %d characters.", f.MinLength)
		}
	}
	return ""
}

func sentences(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), " ")
}
