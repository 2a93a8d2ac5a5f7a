package helpdesk

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// FieldType of a field that agents fill in.
type FieldType string

const (
	TextField   FieldType = "Text"
	NumberField FieldType = "Number"
	DateField   FieldType = "Date" // YYYY-MM-DD
	SelectField FieldType = "Select"
	TickField   FieldType = "Checkbox" // "yes" or ""
)

// FieldTypes in the order in which they are offered.
var FieldTypes = []FieldType{TextField, NumberField, DateField, SelectField, TickField}

// FieldSpec is a field of tickets or contacts that the account made for its agents.
type FieldSpec struct {
	Name    string    `json:"name"` // in addresses and the API; never changes
	Label   string    `json:"label"`
	Type    FieldType `json:"type"`
	Options []string  `json:"options,omitempty"` // of a Select
}

// Limits of fields: they stand beside each other in one column, and their values in
// the head of each ticket.
const (
	MaxFields     = 30
	MaxFieldName  = 32
	MaxFieldLabel = 60
	MaxFieldValue = 500 // bytes
	MaxOptions    = 100
	// MaxStatusLabel keeps a name in the column of a list.
	MaxStatusLabel = 24
)

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// number is what programs read as one everywhere.
var number = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,9})?$`)

// Read takes a value as typed and returns it as it is kept, "" for none; Invalid
// says what the field wants.
func (f *FieldSpec) Read(value string) (string, error) {
	value = strings.TrimSpace(value)
	switch {
	case value == "":
		return "", nil
	case len(value) > MaxFieldValue:
		return "", Errorf(Invalid, "%s: use at most %d characters", f.Label, MaxFieldValue)
	case strings.ContainsFunc(value, unicode.IsControl):
		return "", Errorf(Invalid, "%s: use one line", f.Label)
	}
	switch f.Type {
	case NumberField:
		if !number.MatchString(value) {
			return "", Errorf(Invalid, "%s: use a number such as 12 or 3.5", f.Label)
		}
	case DateField:
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return "", Errorf(Invalid, "%s: use a date such as 2026-03-09", f.Label)
		}
	case SelectField:
		i := slices.IndexFunc(f.Options, func(o string) bool { return strings.EqualFold(o, value) })
		if i < 0 {
			return "", Errorf(Invalid, "%s: use %s", f.Label, oneOf(f.Options))
		}
		return f.Options[i], nil
	case TickField:
		return readTick(f.Label, value)
	}
	return value, nil
}

func readTick(label, value string) (string, error) {
	switch strings.ToLower(value) {
	case "yes", "true", "on", "1":
		return "yes", nil
	case "no", "false", "off", "0":
		return "", nil
	}
	return "", Errorf(Invalid, "%s: use yes or no", label)
}

// oneOf lists the first few of what can be chosen.
func oneOf(options []string) string {
	const most = 8
	if len(options) > most {
		return fmt.Sprintf("one of its %d choices, such as %s", len(options), strings.Join(options[:most], ", "))
	}
	return "one of " + strings.Join(options, ", ")
}

// Number is the value of a Number as one, for sorting; false if it is none.
func Number(value string) (float64, bool) {
	n, err := strconv.ParseFloat(value, 64)
	return n, err == nil
}

// FieldNamed finds a field by its name, or by its label in any case; nil if there is
// none.
func FieldNamed(fields []FieldSpec, name string) *FieldSpec {
	i := slices.IndexFunc(fields, func(f FieldSpec) bool { return f.Name == name })
	if i < 0 {
		i = slices.IndexFunc(fields, func(f FieldSpec) bool { return strings.EqualFold(f.Label, name) })
	}
	if i < 0 {
		return nil
	}
	return &fields[i]
}

// ReadFields takes values by the names of fields, as typed. Invalid tells of a field
// that is not there, or what one wants.
func ReadFields(fields []FieldSpec, values map[string]string) (map[string]string, error) {
	read := map[string]string{}
	for name, value := range values {
		i := slices.IndexFunc(fields, func(f FieldSpec) bool { return f.Name == name })
		if i < 0 {
			return nil, Errorf(Invalid, "there is no field %q", clip(name))
		}
		var err error
		if read[name], err = fields[i].Read(value); err != nil {
			return nil, err
		}
	}
	return read, nil
}

// WithFields is what a record has when some of its values were changed; "" takes one
// out. What is of a field that is gone stays: the field may come back.
func WithFields(had, changed map[string]string) map[string]string {
	has := map[string]string{}
	for name, value := range had {
		has[name] = value
	}
	for name, value := range changed {
		if has[name] = value; value == "" {
			delete(has, name)
		}
	}
	if len(has) == 0 {
		return nil
	}
	return has
}

// StatusLabel is what agents call a status.
func (s *DeskSettings) StatusLabel(status Status) string {
	if label := s.StatusLabels[status]; label != "" {
		return label
	}
	return string(status)
}

// Check brings the settings into the form in which they are kept; before are those
// that they replace. Invalid says what is wrong.
func (s *DeskSettings) Check(before *DeskSettings) error {
	if err := s.checkLabels(); err != nil {
		return err
	}
	if err := checkFields(s.TicketFields, before.TicketFields); err != nil {
		return err
	}
	return checkFields(s.ContactFields, before.ContactFields)
}

func (s *DeskSettings) checkLabels() error {
	labels := map[Status]string{}
	for status, label := range s.StatusLabels {
		if _, err := ParseStatus(string(status)); err != nil {
			return err
		}
		label, err := shortName("a name of a status", label, MaxStatusLabel)
		if err != nil {
			return err
		}
		if label != "" && label != string(status) {
			labels[status] = label
		}
	}
	s.StatusLabels = labels
	for i, a := range Statuses {
		for _, b := range Statuses[:i] {
			if strings.EqualFold(s.StatusLabel(a), s.StatusLabel(b)) {
				return Errorf(Invalid, "%s and %s can't both be called %q", b, a, s.StatusLabel(a))
			}
		}
	}
	return nil
}

func checkFields(fields, before []FieldSpec) error {
	if len(fields) > MaxFields {
		return Errorf(Invalid, "there can be at most %d fields", MaxFields)
	}
	for i := range fields {
		f := &fields[i]
		if err := f.check(); err != nil {
			return err
		}
		for _, other := range fields[:i] {
			if other.Name == f.Name || strings.EqualFold(other.Label, f.Label) {
				return Errorf(Invalid, "there are two fields %q", f.Label)
			}
		}
		for _, was := range before {
			if was.Name == f.Name && was.Type != f.Type {
				return Errorf(Invalid, "%s is a %s already, and its values are kept as such: make another field", f.Label, was.Type)
			}
		}
	}
	return nil
}

func (f *FieldSpec) check() error {
	var err error
	if f.Label, err = shortName("a field", f.Label, MaxFieldLabel); err != nil {
		return err
	}
	switch {
	case f.Label == "":
		return Errorf(Invalid, "a field needs a label")
	case len(f.Name) > MaxFieldName || !fieldName.MatchString(f.Name):
		return Errorf(Invalid, "%q can't be the name of a field; use at most %d small letters, digits, - and _, with a letter first", clip(f.Name), MaxFieldName)
	case !slices.Contains(FieldTypes, f.Type):
		return Errorf(Invalid, "%q is not a kind of field", clip(string(f.Type)))
	case f.Type != SelectField:
		f.Options = nil
		return nil
	case len(f.Options) == 0 || len(f.Options) > MaxOptions:
		return Errorf(Invalid, "%s needs 1 to %d choices", f.Label, MaxOptions)
	}
	for i := range f.Options {
		if f.Options[i], err = shortName("a choice", f.Options[i], MaxFieldLabel); err != nil {
			return err
		}
		again := slices.ContainsFunc(f.Options[:i], func(o string) bool { return strings.EqualFold(o, f.Options[i]) })
		if f.Options[i] == "" || again {
			return Errorf(Invalid, "%s: each choice needs a name of its own", f.Label)
		}
	}
	return nil
}

// shortName is a name on one line.
func shortName(of, s string, most int) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if len([]rune(s)) > most || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
		return "", Errorf(Invalid, "%s: use at most %d letters on one line", of, most)
	}
	return s, nil
}
