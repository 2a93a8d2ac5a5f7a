package helpdesk

import (
	"mime"
	"strings"
)

// Types of fields that pages treat in a way of their own; all of them stand in
// the manifests (docs/manifests.md).
const (
	FileField        = "File"
	TreeField        = "Tree"
	MultiSelectField = "MultiSelect"
	ConsentField     = "Consent"
	InfoField        = "Info"
	HiddenField      = "Hidden"
)

// Field is one question of a form, in one language.
type Field struct {
	Name        string
	Type        string // ShortText, LongText, Integer, …
	Label       string
	Help        string
	Placeholder string
	Required    bool // before any rule
	Initial     string
	Prefill     string // query parameter of the page that fills it in; "" for none
	Options     []Option
	Pattern     string // of a ShortText, for the browser's own check
	Text        string // of Consent and Info
	Version     string // of the wording of a Consent

	Min, Max             string // of numbers and dates; "Today" is a date too
	Decimals             int
	MinLength, MaxLength int // characters; 0 for no limit
	MinItems, MaxItems   int // options or files; 0 for no limit
	File                 FieldFiles
	// Asked says that some rule asks for the answer: another one may show other
	// fields.
	Asked bool
}

// Option of a Select, MultiSelect or Tree. Options that others are nested in only
// group them.
type Option struct{ Value, Label, Parent string }

// FieldFiles limits what may be uploaded for a field.
type FieldFiles struct {
	Bytes int64    // of one file; 0 for no limit
	Types []string // media types, also as image/*; none for all
}

// Accepts reports whether a file of the media type may be uploaded.
func (f FieldFiles) Accepts(mediaType string) bool {
	got, _, err := mime.ParseMediaType(mediaType)
	for _, want := range f.Types {
		if prefix, wild := strings.CutSuffix(want, "*"); err == nil && (got == want || wild && strings.HasPrefix(got, prefix)) {
			return true
		}
	}
	return len(f.Types) == 0
}

// FormChecker validates what was typed, applies the form's rules and routes.
type FormChecker interface {
	// Check returns the answers to keep, in the order of the form, and one
	// problem per field that has one. Values of hidden fields are dropped.
	Check(raw map[string][]string) FormResult
	// States says, for each field in the order of the form, what the rules make of
	// it when so much has been entered.
	States(raw map[string][]string) []FieldState
}

// FieldState is what the rules of a form make of a field.
type FieldState struct {
	Name     string `json:"name"`
	Visible  bool   `json:"visible"`
	Required bool   `json:"required"`
}

// States is that of the form's checker; without one there are no rules.
func (f *Form) States(raw map[string][]string) []FieldState {
	if f.Checker != nil {
		return f.Checker.States(raw)
	}
	states := make([]FieldState, len(f.Fields))
	for i, field := range f.Fields {
		states[i] = FieldState{Name: field.Name, Visible: field.Type != HiddenField, Required: field.Required}
	}
	return states
}

// Field finds a field by name.
func (f *Form) Field(name string) *Field {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return &f.Fields[i]
		}
	}
	return nil
}

// HasFiles reports a form that asks for files itself.
func (f *Form) HasFiles() bool {
	for _, field := range f.Fields {
		if field.Type == FileField {
			return true
		}
	}
	return false
}

// UploadLimits are those of the files of one field, "" for those beside the message,
// where the mailbox that answers has such limits. ok is false for what the form
// does not ask for: it takes files beside the message only if no field is for files.
func (f *Form) UploadLimits(box FileLimits, field string) (limits FileLimits, ok bool) {
	if field == "" {
		return box, !f.HasFiles()
	}
	asked := f.Field(field)
	if asked == nil || asked.Type != FileField {
		return box, false
	}
	if most := asked.File.Bytes; most > 0 && (box.Bytes == 0 || most < box.Bytes) {
		box.Bytes = most
	}
	return box, true
}

// FormResult is what a FormChecker found.
type FormResult struct {
	Values   []FormValue
	Raw      map[string]any
	Problems []FieldProblem
	Priority string
	Tags     []string
	Mailbox  string
}

// FieldProblem is what is wrong with one answer, in words for who gave it.
type FieldProblem struct {
	Field   string
	Message string // in English, unless the form has words of its own
	// Format and Args are what Message was made of, as in [Error]; Format is "" where
	// Message stands for itself.
	Format string
	Args   []any
}

// In is the message in another language, as [PublicIn] says an error.
func (p FieldProblem) In(say func(english string, args ...any) string) string {
	if p.Format == "" {
		return p.Message
	}
	return say(p.Format, p.Args...)
}
