package console

import (
	"net/url"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// What stands before the name of a field of the account in a form: for what is typed,
// and for what the page showed.
const (
	fieldPrefix = "field-"
	hadPrefix   = "had-"
)

// field is one of the account's own, with its value in a request.
type field struct {
	helpdesk.FieldSpec
	Value string
	Had   string // as the page showed it
}

// Shown is the value in words.
func (f field) Shown() string {
	if f.Type == helpdesk.TickField && f.Value != "" {
		return "Yes"
	}
	return f.Value
}

// newFields are all fields of the account, as they are or as somebody typed them.
func newFields(specs []helpdesk.FieldSpec, values, typed map[string]string) []field {
	var all []field
	for _, spec := range specs {
		f := field{FieldSpec: spec, Value: values[spec.Name], Had: values[spec.Name]}
		if value, ok := typed[spec.Name]; ok {
			f.Value = value
		}
		all = append(all, f)
	}
	return all
}

// typedFields reads fields by name from a form; nil if there are none. What is not
// ticked is not sent, so a form names its ticks by what it showed.
func typedFields(form url.Values, prefix string) map[string]string {
	var values map[string]string
	for key := range form {
		name, ok := strings.CutPrefix(key, prefix)
		if !ok && prefix == fieldPrefix {
			if name, ok = strings.CutPrefix(key, hadPrefix); ok && form.Has(fieldPrefix+name) {
				continue
			}
		}
		if !ok {
			continue
		}
		if values == nil {
			values = map[string]string{}
		}
		values[name] = form.Get(prefix + name)
	}
	return values
}
