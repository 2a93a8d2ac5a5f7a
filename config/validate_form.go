package config

import (
	"reflect"
	"regexp"
	"slices"
	"time"
)

var (
	fieldName     = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]{0,62}$`)
	prefillName   = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_-]{0,62}$`)
	tagText       = regexp.MustCompile(`^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$`)
	mediaTypeText = regexp.MustCompile(`^[a-z0-9][a-z0-9!#$&^_.+-]*/([a-z0-9][a-z0-9!#$&^_.+-]*|\*)$`)
)

// expressionWords cannot be field names, as values.NAME could not be written
// with them (CEL specification, "Syntax").
var expressionWords = []string{"false", "in", "null", "true"}

func (c *checker) form(s TicketFormSpec) {
	c.strings("spec", reflect.ValueOf(s))
	c.localized("spec.title", &s.Title, maxLabel)
	c.localized("spec.description", s.Description, maxText)
	c.number("spec.order", s.Order, -maxOrder, maxOrder)
	c.count("spec.helpCenterRefs", len(s.HelpCenterRefs), maxHelpCenterRefs)
	for i, ref := range s.HelpCenterRefs {
		c.name(element("spec.helpCenterRefs", i)+".name", ref.Name)
	}
	c.unique("spec.helpCenterRefs", ".name", texts(s.HelpCenterRefs, func(r LocalReference) string { return r.Name }))
	c.localized("spec.subject.label", s.Subject.Label, maxLabel)
	c.localized("spec.subject.text", s.Subject.Text, MaxSubject)
	if s.Subject.Mode != SubjectFixed && s.Subject.Text != nil {
		c.addf("spec.subject.text", "has a meaning only with mode Fixed")
	}
	c.localized("spec.message.label", s.Message.Label, maxLabel)
	c.localized("spec.message.help", s.Message.Help, maxText)
	c.count("spec.fields", len(s.Fields), maxFields)
	c.unique("spec.fields", ".name", texts(s.Fields, func(f Field) string { return f.Name }))
	for i, f := range s.Fields {
		c.field(element("spec.fields", i), f)
	}
	c.rules(s)
}

func (c *checker) field(path string, f Field) {
	switch {
	case f.Name == "":
		c.addf(path+".name", "is required")
	case !fieldName.MatchString(f.Name):
		c.addf(path+".name", "%s must be a lower-case letter, then up to 62 letters, digits and underscores", clip(f.Name))
	case slices.Contains(expressionWords, f.Name):
		c.addf(path+".name", "%s is a word of the expression language", f.Name)
	}
	if f.Type == "" {
		c.addf(path+".type", "is required")
		return // nothing else can be told
	}
	if !slices.Contains(f.Type.values(), string(f.Type)) {
		return
	}
	labelLimit := maxLabel
	if f.Type == Consent || f.Type == Info {
		labelLimit = maxText
	}
	if f.Label == nil && f.Type != Hidden {
		c.addf(path+".label", "is required")
	}
	c.localized(path+".label", f.Label, labelLimit)
	c.localized(path+".help", f.Help, maxText)
	c.localized(path+".placeholder", f.Placeholder, maxLabel)
	c.localized(path+".patternMessage", f.PatternMessage, maxLabel)
	c.settings(path, f)
	c.options(path, f)
	c.lengths(path, f)
	c.bounds(path, f)
	if f.Pattern != "" {
		c.pattern(path+".pattern", f.Pattern)
	} else if f.PatternMessage != nil {
		c.addf(path+".patternMessage", "has a meaning only with pattern")
	}
	c.initial(path, f)
	if f.Type == File && f.File != nil {
		c.files(path+".file", *f.File)
	}
}

// settings tells what is set and has no meaning for the type of the field.
func (c *checker) settings(path string, f Field) {
	noText := []FieldType{File, Consent, Info}
	for _, s := range []struct {
		name string
		set  bool
		of   []FieldType
		not  bool // of are the types that do not have the setting
	}{
		{"help", f.Help != nil, []FieldType{Info, Hidden}, true},
		{"placeholder", f.Placeholder != nil, []FieldType{ShortText, LongText, Integer, Decimal, Select, Tree, Email, URL, Phone}, false},
		{"requirement", f.Requirement == Required, []FieldType{Info, Hidden}, true},
		{"initial", f.Initial != "", noText, true},
		{"prefill", f.Prefill != "", noText, true},
		{"options", len(f.Options) > 0, []FieldType{Select, MultiSelect, Tree}, false},
		{"minItems", f.MinItems != 0, []FieldType{MultiSelect}, false},
		{"maxItems", f.MaxItems != 0, []FieldType{MultiSelect, File}, false},
		{"minLength", f.MinLength != 0, []FieldType{ShortText, LongText}, false},
		{"maxLength", f.MaxLength != 0, []FieldType{ShortText, LongText, Hidden}, false},
		{"pattern", f.Pattern != "", []FieldType{ShortText, Email, URL, Phone}, false},
		{"min", f.Min != "", []FieldType{Integer, Decimal, Date}, false},
		{"max", f.Max != "", []FieldType{Integer, Decimal, Date}, false},
		{"decimals", f.Decimals != 0, []FieldType{Decimal}, false},
		{"file", f.File != nil, []FieldType{File}, false},
		{"version", f.Version != "", []FieldType{Consent}, false},
	} {
		if s.set && slices.Contains(s.of, f.Type) == s.not {
			c.addf(path+"."+s.name, "has no meaning for a field of type %s", f.Type)
		}
	}
	if f.Type == Consent && f.Version == "" {
		c.addf(path+".version", "is required for a Consent")
	}
	c.length(path+".version", f.Version, maxVersion)
	if f.Prefill != "" && !prefillName.MatchString(f.Prefill) {
		c.addf(path+".prefill", "%s is not a query parameter such as order-id", clip(f.Prefill))
	}
}

func (c *checker) options(path string, f Field) {
	if slices.Contains([]FieldType{Select, MultiSelect, Tree}, f.Type) && len(f.Options) == 0 {
		c.addf(path+".options", "is required for a field of type %s", f.Type)
	}
	c.count(path+".options", len(f.Options), maxOptions)
	c.unique(path+".options", ".value", texts(f.Options, func(o Option) string { return o.Value }))
	depth := map[string]int{}
	for i, o := range f.Options {
		at := element(path+".options", i)
		c.required(at+".value", o.Value, maxName)
		if o.Value != cleanLine(o.Value) {
			c.addf(at+".value", "must not begin or end with a space")
		}
		c.localized(at+".label", &o.Label, maxLabel)
		depth[o.Value] = depth[o.Parent] + 1
		switch _, declared := depth[o.Parent]; {
		case o.Parent == "":
		case f.Type != Tree:
			c.addf(at+".parent", "has a meaning only in a Tree")
		case !declared || o.Parent == o.Value:
			c.addf(at+".parent", "no option declared before this one has the value %s", clip(o.Parent))
		case depth[o.Value] > maxTreeDepth:
			c.addf(at+".parent", "nests the option more than %d levels deep", maxTreeDepth)
		}
	}
}

// lengths checks the bounds of texts and of choices.
func (c *checker) lengths(path string, f Field) {
	switch f.Type {
	case ShortText, LongText, Hidden:
		most := int32(maxShortText)
		if f.Type == LongText {
			most = maxLongText
		}
		c.number(path+".maxLength", f.MaxLength, 1, most)
		c.number(path+".minLength", f.MinLength, 0, max(f.MaxLength, 0))
	case MultiSelect:
		if len(f.Options) > 0 {
			c.number(path+".maxItems", f.MaxItems, 1, int32(min(len(f.Options), maxOptions)))
			c.number(path+".minItems", f.MinItems, 0, max(f.MaxItems, 0))
		}
	case File:
		c.number(path+".maxItems", f.MaxItems, 1, maxFiles)
	case Decimal:
		c.number(path+".decimals", f.Decimals, 1, maxDecimals)
	}
}

// bounds checks min and max, by reading them as what a visitor enters.
func (c *checker) bounds(path string, f Field) {
	if f.Type != Integer && f.Type != Decimal && f.Type != Date {
		return
	}
	in := input{Field: Field{Type: f.Type, Decimals: maxDecimals}}
	read := func(name, text string) (value any) {
		if text == "" || f.Type == Date && text == today {
			return nil
		}
		value, fault := in.read([]string{text}, time.Time{})
		if fault.key != "" || len(text) > maxBound {
			c.addf(path+"."+name, "%s is not a value of type %s", clip(text), f.Type)
		}
		return value
	}
	least, most := read("min", f.Min), read("max", f.Max)
	if exceeds(least, most) {
		c.addf(path+".max", "%s is less than min", clip(f.Max))
	}
}

func exceeds(least, most any) bool {
	switch least := least.(type) {
	case int64:
		most, ok := most.(int64)
		return ok && least > most
	case float64:
		most, ok := most.(float64)
		return ok && least > most
	case string:
		most, ok := most.(string)
		return ok && least > most
	default:
		return false
	}
}

func (c *checker) pattern(path, pattern string) {
	c.length(path, pattern, maxPattern)
	if len(pattern) > 4*maxPattern {
		return
	}
	if _, err := regexp.Compile(pattern); err != nil {
		c.addf(path, "is not a regular expression (RE2): %v", err)
	}
}

// initial checks what the page fills in at first, as if a visitor had entered it.
func (c *checker) initial(path string, f Field) {
	c.length(path+".initial", f.Initial, maxInitial)
	if f.Initial == "" || slices.Contains([]FieldType{File, Consent, Info}, f.Type) {
		return
	}
	in := input{Field: f, choices: map[string]bool{}}
	for _, value := range f.Choices() {
		in.choices[value] = true
	}
	switch f.Type {
	case Date:
		in.Min, in.Max = "", "" // whether it is in bounds may change from day to day
	case MultiSelect:
		in.MinItems = 0
	case Hidden:
		in.Type = ShortText // a Hidden field is never refused
	}
	if pattern, err := wholePattern(f.Pattern); f.Pattern != "" && err == nil {
		in.pattern = pattern
	}
	if value, fault := in.read([]string{f.Initial}, time.Time{}); fault.key != "" {
		c.addf(path+".initial", "%s cannot be entered: %s", clip(f.Initial), fault.fieldError(f, "").Message)
	} else if value == nil {
		c.addf(path+".initial", "is only space")
	}
}

func (c *checker) files(path string, l FileLimits) {
	c.number(path+".maxMiB", l.MaxMiB, 1, maxFileMiB)
	c.count(path+".types", len(l.Types), maxFileTypes)
	c.each(path+".types", l.Types, maxMediaType, mediaTypeText, "a media type such as application/pdf or image/*")
}
