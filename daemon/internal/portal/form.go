package portal

import (
	"net/url"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// filled is a form as it was typed.
type filled struct {
	nonce  string
	own    map[string]string // of what every form asks, by name
	fields map[string][]string
}

// ownFields are what every form asks besides its own fields.
var ownFields = []string{"name", "address", "subject", "message"}

// fieldPrefix keeps the names of a form's fields apart from ours.
const fieldPrefix = "field."

func readFilled(post url.Values, form *helpdesk.Form) filled {
	typed := filled{nonce: post.Get("nonce"), own: map[string]string{}, fields: map[string][]string{}}
	for _, name := range ownFields {
		typed.own[name] = post.Get(name)
	}
	for _, f := range form.Fields {
		if values, ok := post[fieldPrefix+f.Name]; ok {
			typed.fields[f.Name] = values
		}
	}
	return typed
}

func (t filled) submission(form *helpdesk.Form, v helpdesk.Visitor) actions.Submission {
	return actions.Submission{
		Visitor: v, Form: form.Name, Nonce: t.nonce, Fields: t.fields,
		Name: t.own["name"], Address: t.own["address"], Subject: t.own["subject"], Message: t.own["message"],
	}
}

// kind of an input, for the template.
type kind string

const (
	line    kind = "line"    // one line of text
	text    kind = "text"    // several lines
	choice  kind = "choice"  // one of several
	choices kind = "choices" // some of several
	tick    kind = "tick"    // yes or no
	told    kind = "told"    // something to read
	hidden  kind = "hidden"
)

// input is one field on the page.
type input struct {
	Kind         kind
	Name         string // in the form, and its id
	Label        string
	Help         string
	Optional     bool
	Type         string // of a line: how browsers help with it
	Mode         string // which keyboard telephones show
	Autocomplete string
	Short        bool
	Text         string // of told
	Value        string
	Options      []option
	Error        string
	Focus        bool
}

type option struct {
	Value, Label string
	Chosen       bool
}

// looks is how each type of field is shown. A File is left out: uploads have
// their own way in. Numbers are lines of text because browsers throw away what
// they can't read in an input of type number.
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
	"Consent":     {Kind: tick},
	"Info":        {Kind: told},
	"Hidden":      {Kind: hidden},
}

// inputs are the fields of a page, with what was typed.
func inputs(say *words.Words, form *helpdesk.Form, typed filled) []input {
	fields := []input{
		{Kind: line, Name: "name", Label: say.T("Your name"), Optional: true, Type: "text", Autocomplete: "name"},
		{Kind: line, Name: "address", Label: say.T("Your mail address"), Help: say.T("We answer to this address."), Type: "email", Autocomplete: "email"},
	}
	if form.Subject == "" {
		fields = append(fields, input{Kind: line, Name: "subject", Label: or(form.SubjectLabel, say.T("Subject")), Type: "text"})
	}
	fields = append(fields, input{Kind: text, Name: "message", Label: or(form.MessageLabel, say.T("Message"))})
	for i := range fields {
		fields[i].Value = typed.own[fields[i].Name]
	}
	for _, f := range form.Fields {
		if in, ok := looks[f.Type]; ok {
			fields = append(fields, in.of(f, typed.fields[f.Name]))
		}
	}
	return fields
}

// of fills the look in with one field.
func (in input) of(f helpdesk.Field, values []string) input {
	in.Name, in.Label, in.Help, in.Optional = fieldPrefix+f.Name, f.Label, f.Help, !f.Required
	if f.Text != "" {
		in.Label, in.Text = f.Text, f.Text
	}
	if in.Kind == told && in.Text == "" {
		in.Text = f.Label
	}
	if len(values) > 0 {
		in.Value = values[0]
	}
	for _, o := range f.Options {
		in.Options = append(in.Options, option{Value: o.Value, Label: o.Label, Chosen: slices.Contains(values, o.Value)})
	}
	return in
}
