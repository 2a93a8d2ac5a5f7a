package live

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/words"
)

var visitors = map[helpdesk.Visitor]config.Visitor{
	helpdesk.Anonymous: config.Anonymous, helpdesk.SignedIn: config.Customer, helpdesk.AgentVisitor: config.Agent,
}

var accesses = map[config.Access]helpdesk.Access{
	config.AccessGranted: helpdesk.Granted, config.AccessNeedsSignIn: helpdesk.NeedsSignIn, config.AccessNone: helpdesk.NotOffered,
}

func buildForm(declared *config.TicketForm, compiled *config.Form, submit config.SubmitAccess, locale string) helpdesk.Form {
	spec := &declared.Spec
	f := helpdesk.Form{
		Name: declared.Metadata.Name, Title: spec.Title.For(locale), Description: spec.Description.For(locale),
		SubjectLabel: spec.Subject.Label.For(locale), MessageLabel: spec.Message.Label.For(locale),
		Revision: config.Hash(*spec), Checker: checker{form: compiled, locale: locale}, Access: map[helpdesk.Visitor]helpdesk.Access{},
	}
	if spec.Subject.Mode == config.SubjectFixed {
		if f.Subject = spec.Subject.Text.For(locale); f.Subject == "" {
			f.Subject = f.Title
		}
	}
	for ours, theirs := range visitors {
		f.Access[ours] = accesses[spec.Access(submit, theirs)]
	}
	for i := range spec.Fields {
		field := buildField(&spec.Fields[i], locale)
		field.Asked = slices.Contains(compiled.Reads(), field.Name)
		f.Fields = append(f.Fields, field)
	}
	return f
}

func buildField(declared *config.Field, locale string) helpdesk.Field {
	f := helpdesk.Field{
		Name: declared.Name, Type: string(declared.Type), Label: declared.Label.For(locale), Help: declared.Help.For(locale),
		Placeholder: declared.Placeholder.For(locale), Required: declared.Requirement == config.Required, Pattern: declared.Pattern,
		Initial: declared.Initial, Prefill: declared.Prefill, Version: declared.Version,
		Min: declared.Min, Max: declared.Max, Decimals: int(declared.Decimals),
		MinLength: int(declared.MinLength), MaxLength: int(declared.MaxLength), MinItems: int(declared.MinItems), MaxItems: int(declared.MaxItems),
	}
	if declared.Type == config.Consent || declared.Type == config.Info {
		f.Text = f.Label
	}
	for _, o := range declared.Options {
		f.Options = append(f.Options, helpdesk.Option{Value: o.Value, Label: o.Label.For(locale), Parent: o.Parent})
	}
	if limits := declared.File; limits != nil {
		f.File = helpdesk.FieldFiles{Bytes: int64(limits.MaxMiB) << 20, Types: limits.Types}
	}
	return f
}

// checker is a compiled form in the domain's words, and in one language.
type checker struct {
	form   *config.Form
	locale string
}

// Check implements helpdesk.FormChecker.
func (c checker) Check(raw map[string][]string) helpdesk.FormResult {
	values, faults := c.form.Check(raw, c.locale)
	result := helpdesk.FormResult{Raw: values}
	for _, f := range faults {
		result.Problems = append(result.Problems, helpdesk.FieldProblem{Field: f.Field, Message: f.Message, Format: f.Format, Args: f.Args})
	}
	for i := range c.form.Spec.Fields {
		field := &c.form.Spec.Fields[i]
		if value, ok := values[field.Name]; ok {
			result.Values = append(result.Values, helpdesk.FormValue{
				Name: field.Name, Label: cmp.Or(field.Label.For(c.locale), field.Name), Text: c.words(field, value), Version: field.Version,
			})
		}
	}
	priority, tags, mailbox := c.form.Route(values)
	result.Priority, result.Tags, result.Mailbox = string(priority), tags, mailbox
	return result
}

// States implements helpdesk.FormChecker.
func (c checker) States(raw map[string][]string) []helpdesk.FieldState {
	found := c.form.States(raw)
	states := make([]helpdesk.FieldState, len(found))
	for i, s := range found {
		states[i] = helpdesk.FieldState{Name: s.Name, Visible: s.Visible, Required: s.Required}
	}
	return states
}

// words says a value as the visitor saw it.
func (c checker) words(field *config.Field, value any) string {
	switch v := value.(type) {
	case bool:
		if v {
			return words.For(c.locale).T("Yes")
		}
		return words.For(c.locale).T("No")
	case []string:
		labels := make([]string, len(v))
		for i, one := range v {
			labels[i] = c.option(field, one)
		}
		return strings.Join(labels, ", ")
	case string:
		return c.option(field, v)
	}
	if n, ok := value.(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64) // never 1e+06
	}
	return fmt.Sprint(value)
}

func (c checker) option(field *config.Field, value string) string {
	for _, o := range field.Options {
		if o.Value == value {
			return o.Label.For(c.locale)
		}
	}
	return value
}
