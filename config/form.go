package config

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Form is a ticket form made ready to check what visitors enter. It may be used
// by many goroutines at once.
type Form struct {
	// Spec is what the form was compiled from. It must not be changed.
	Spec TicketFormSpec

	// Now tells what Today means in the bounds of a Date; nil is time.Now. It must
	// not be changed once the form is in use.
	Now func() time.Time

	inputs []input
	rules  []compiledRule
	routes []compiledRoute
}

type compiledRule struct {
	condition
	effects []Effect
}

type compiledRoute struct {
	condition
	set RoutingSet
}

// input is a field with what is computed from it once.
type input struct {
	Field
	pattern *regexp.Regexp // nil if there is none
	choices map[string]bool
	shown   bool // before any rule
}

// Compile makes a form ready. The spec is one with defaults that Validate
// accepts; of another one the error tells the first fault that stands in the way.
func Compile(spec TicketFormSpec) (*Form, error) {
	form := Form{Spec: spec}
	for _, field := range spec.Fields {
		in := input{Field: field, shown: !shownByRule(spec.Rules, field.Name)}
		if field.Pattern != "" {
			var err error
			if in.pattern, err = wholePattern(field.Pattern); err != nil {
				return nil, fmt.Errorf("compile the pattern of field %s: %w", field.Name, err)
			}
		}
		if len(field.Options) > 0 {
			in.choices = map[string]bool{}
			for _, value := range field.Choices() {
				in.choices[value] = true
			}
		}
		form.inputs = append(form.inputs, in)
	}
	if len(spec.Rules)+len(spec.Routing.Rules) == 0 {
		return &form, nil
	}
	return &form, form.compileConditions()
}

func (f *Form) compileConditions() error {
	compiler, err := newExpressions(f.Spec.Fields)
	if err != nil {
		return err
	}
	for i, rule := range f.Spec.Rules {
		c, err := compiler.compile(rule.When)
		if err != nil {
			return fmt.Errorf("compile rule %d: %w", i+1, err)
		}
		f.rules = append(f.rules, compiledRule{c, rule.Effects})
	}
	for i, rule := range f.Spec.Routing.Rules {
		c, err := compiler.compile(rule.When)
		if err != nil {
			return fmt.Errorf("compile routing rule %d: %w", i+1, err)
		}
		f.routes = append(f.routes, compiledRoute{c, rule.Set})
	}
	return nil
}

// FieldState is what the rules make of a field.
type FieldState struct {
	Name     string
	Visible  bool // always false for Hidden fields
	Required bool // never of a field that is not visible
}

// States returns what the page shows for what has been entered so far, a state
// for each field in the order of the spec.
func (f *Form) States(raw map[string][]string) []FieldState {
	states, _, _ := f.evaluate(raw)
	for i := range states {
		states[i].Visible = states[i].Visible && f.inputs[i].Type != Hidden
	}
	return states
}

// Check reads what a visitor has entered, by field name, as a browser sends it;
// of a File, one reference for each upload. Values are the answers of the fields
// that are not hidden, without empty ones, in the types that [FieldType] tells.
// With field errors, in the order of the fields, the form must not be taken in.
// Inputs that are no field of the form are passed over. Locale is the visitor's;
// it chooses the translation of a patternMessage.
func (f *Form) Check(raw map[string][]string, locale string) (values map[string]any, fieldErrors []FieldError) {
	states, values, faults := f.evaluate(raw)
	for i, in := range f.inputs {
		if states[i].Visible {
			if fault := in.fault(faults[i], values[in.Name], states[i].Required); fault.key != "" {
				delete(values, in.Name)
				fieldErrors = append(fieldErrors, fault.fieldError(in.Field, locale))
			}
		}
	}
	return values, fieldErrors
}

// fault returns what is wrong with an input that is shown: what was, when it was
// read, or that nothing was entered.
func (in *input) fault(read fault, value any, required bool) fault {
	switch {
	case read.key != "":
		return read
	case required && (value == nil || value == false):
		return fault{key: missingKey(in.Type)}
	default:
		return fault{}
	}
}

// evaluate reads all inputs and applies the rules in order. The answers of hidden
// fields are dropped as soon as they are hidden: a condition never sees them.
func (f *Form) evaluate(raw map[string][]string) (states []FieldState, visible answers, faults []fault) {
	states = make([]FieldState, len(f.inputs))
	faults = make([]fault, len(f.inputs))
	visible = answers{}
	all := answers{}
	for i, in := range f.inputs {
		var value any
		value, faults[i] = in.read(raw[in.Name], f.now())
		if faults[i].key == "" && value != nil {
			all[in.Name] = value
		}
		states[i] = FieldState{Name: in.Name, Required: in.Requirement == Required}
		f.show(&states[i], in.shown, all, visible)
	}
	for _, rule := range f.rules {
		if rule.holds(visible) {
			for _, effect := range rule.effects {
				f.apply(effect, states, all, visible)
			}
		}
	}
	for i := range states {
		states[i].Required = states[i].Required && states[i].Visible
	}
	return states, visible, faults
}

func (f *Form) apply(effect Effect, states []FieldState, all, visible answers) {
	i := slices.IndexFunc(states, func(s FieldState) bool { return s.Name == effect.target() })
	if i < 0 {
		return
	}
	switch {
	case effect.Show != "":
		f.show(&states[i], true, all, visible)
	case effect.Hide != "":
		f.show(&states[i], false, all, visible)
	case effect.Require != "":
		states[i].Required = true
	case effect.Optional != "":
		states[i].Required = false
	}
}

func (f *Form) show(state *FieldState, show bool, all, visible answers) {
	state.Visible = show
	delete(visible, state.Name)
	if answer, ok := all[state.Name]; show && ok {
		visible[state.Name] = answer
	}
}

func (f *Form) now() time.Time {
	if f.Now != nil {
		return f.Now()
	}
	return time.Now()
}

// Route returns how a ticket with these values, as Check returned them, is
// sorted: its priority, its tags without repetition, and the name of the mailbox
// it is answered from, "" for that of the help center.
func (f *Form) Route(values map[string]any) (priority Priority, tags []string, mailbox string) {
	priority = PriorityNormal
	for _, route := range f.routes {
		if !route.holds(values) {
			continue
		}
		if route.set.Priority != "" {
			priority = route.set.Priority
		}
		for _, tag := range route.set.Tags {
			if !slices.Contains(tags, tag) {
				tags = append(tags, tag)
			}
		}
		if route.set.MailboxRef != nil {
			mailbox = route.set.MailboxRef.Name
		}
	}
	return priority, tags, mailbox
}

// Reads returns the names of the fields that conditions ask about, sorted: only
// their answers can change what [Form.States] says.
func (f *Form) Reads() []string {
	var names []string
	for _, rule := range f.rules {
		names = append(names, rule.reads...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// target returns the name of the field an effect speaks of.
func (e Effect) target() string {
	for _, name := range []string{e.Show, e.Hide, e.Require, e.Optional} {
		if name != "" {
			return name
		}
	}
	return ""
}

// shownByRule reports whether some rule shows the field: until one does, it is
// hidden.
func shownByRule(rules []Rule, name string) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool {
		return slices.ContainsFunc(r.Effects, func(e Effect) bool { return e.Show == name })
	})
}

// Choices returns the values a visitor may choose: all options, of a Tree those
// that no other is nested in.
func (f Field) Choices() []string {
	groups := map[string]bool{}
	for _, option := range f.Options {
		groups[option.Parent] = f.Type == Tree
	}
	var values []string
	for _, option := range f.Options {
		if !groups[option.Value] {
			values = append(values, option.Value)
		}
	}
	return values
}

// wholePattern compiles a pattern that must match all of a text, as the pattern
// of an HTML input does.
func wholePattern(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile(`\A(?:` + pattern + `)\z`)
}
