package config

import (
	"mime"
	"strings"
)

// TicketFormSpec declares a ticket form: what a customer fills in. The page
// itself asks for subject and message, and visitors who are not signed in for
// name and address; fields come in addition.
// +kubebuilder:validation:XValidation:rule="!has(self.rules) || self.rules.all(r, r.effects.all(e, has(self.fields) && self.fields.exists(f, (has(e.show) && e.show == f.name) || (has(e.hide) && e.hide == f.name) || (has(e.require) && e.require == f.name) || (has(e.optional) && e.optional == f.name))))",message="each effect must name a field of the form",fieldPath=".rules"
// +kubebuilder:object:generate=true
type TicketFormSpec struct {
	// title names the form where one is chosen, and heads its page, up to 200
	// characters.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.default.size() <= 200 && (!has(self.translations) || self.translations.all(t, t.text.size() <= 200))",message="must have at most 200 characters in each language"
	Title LocalizedText `json:"title"`

	// description stands under the title.
	// +optional
	Description *LocalizedText `json:"description,omitempty"`

	// publication Published offers the form to visitors of its help centers; a
	// Draft is offered to nobody. Default Draft.
	// +optional
	// +kubebuilder:default=Draft
	Publication Publication `json:"publication,omitempty"`

	// helpCenterRefs connect the form to help centers. A form without any is
	// offered nowhere.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	HelpCenterRefs []LocalReference `json:"helpCenterRefs,omitempty"`

	// order is the place among the forms of a help center, lowest first; forms of
	// the same order stand by name. Default 0.
	// +optional
	// +kubebuilder:validation:Minimum=-1000
	// +kubebuilder:validation:Maximum=1000
	Order int32 `json:"order,omitempty"`

	// audience says to whom the form is offered: Everyone, SignedIn (others are
	// led to sign-in) or Agents (others do not see it). The portal's submit
	// setting may narrow it. Default Everyone.
	// +optional
	// +kubebuilder:default=Everyone
	Audience Audience `json:"audience,omitempty"`

	// subject says where the subject of the ticket comes from.
	// +optional
	Subject Subject `json:"subject,omitzero"`

	// message is the text the visitor writes. It is always asked for.
	// +optional
	Message Message `json:"message,omitzero"`

	// fields are asked for in this order.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Fields []Field `json:"fields,omitempty"`

	// rules show, hide and require fields as answers demand. They apply in order
	// and a later one wins. A field that some rule shows is hidden until one
	// does. What is hidden is dropped, and never required. A rule must not show or
	// hide a field that it, or a rule before it, asks about.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Rules []Rule `json:"rules,omitempty"`

	// routing sorts the tickets of this form.
	// +optional
	Routing Routing `json:"routing,omitzero"`
}

// Subject says where the subject of a ticket comes from.
// +kubebuilder:validation:XValidation:rule="!has(self.text) || (has(self.mode) && self.mode == 'Fixed')",message="has a meaning only with mode Fixed",fieldPath=".text"
// +kubebuilder:object:generate=true
type Subject struct {
	// mode Ask asks the visitor; Fixed takes text. Default Ask.
	// +optional
	// +kubebuilder:default=Ask
	Mode SubjectMode `json:"mode,omitempty"`

	// label stands over the input, up to 200 characters. Unset: Postern's own words.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.default.size() <= 200 && (!has(self.translations) || self.translations.all(t, t.text.size() <= 200))",message="must have at most 200 characters in each language"
	Label *LocalizedText `json:"label,omitempty"`

	// text is the subject in mode Fixed, up to 200 characters. Unset: the title of
	// the form.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.default.size() <= 200 && (!has(self.translations) || self.translations.all(t, t.text.size() <= 200))",message="must have at most 200 characters in each language"
	Text *LocalizedText `json:"text,omitempty"`
}

// Message says how the visitor is asked for the text of the ticket.
// +kubebuilder:object:generate=true
type Message struct {
	// label stands over the input, up to 200 characters. Unset: Postern's own words.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.default.size() <= 200 && (!has(self.translations) || self.translations.all(t, t.text.size() <= 200))",message="must have at most 200 characters in each language"
	Label *LocalizedText `json:"label,omitempty"`

	// help stands under the label.
	// +optional
	Help *LocalizedText `json:"help,omitempty"`
}

// Field is one thing a form asks for.
// +kubebuilder:validation:XValidation:rule="(has(self.options) && self.options.size() > 0) == (self.type in ['Select', 'MultiSelect', 'Tree'])",message="must be set if and only if type is Select, MultiSelect or Tree",fieldPath=".options"
// +kubebuilder:validation:XValidation:rule="!has(self.help) || !(self.type in ['Info', 'Hidden'])",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".help"
// +kubebuilder:validation:XValidation:rule="!has(self.placeholder) || self.type in ['ShortText', 'LongText', 'Integer', 'Decimal', 'Select', 'Tree', 'Email', 'URL', 'Phone']",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".placeholder"
// +kubebuilder:validation:XValidation:rule="!(has(self.requirement) && self.requirement == 'Required') || !(self.type in ['Info', 'Hidden'])",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".requirement"
// +kubebuilder:validation:XValidation:rule="!(has(self.initial) && self.initial.size() > 0) || !(self.type in ['File', 'Consent', 'Info'])",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".initial"
// +kubebuilder:validation:XValidation:rule="!(has(self.prefill) && self.prefill.size() > 0) || !(self.type in ['File', 'Consent', 'Info'])",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".prefill"
// +kubebuilder:validation:XValidation:rule="!(has(self.minItems) && self.minItems > 0) || self.type in ['MultiSelect']",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".minItems"
// +kubebuilder:validation:XValidation:rule="!(has(self.maxItems) && self.maxItems > 0) || self.type in ['MultiSelect', 'File']",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".maxItems"
// +kubebuilder:validation:XValidation:rule="!(has(self.minLength) && self.minLength > 0) || self.type in ['ShortText', 'LongText']",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".minLength"
// +kubebuilder:validation:XValidation:rule="!(has(self.maxLength) && self.maxLength > 0) || self.type in ['ShortText', 'LongText', 'Hidden']",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".maxLength"
// +kubebuilder:validation:XValidation:rule="!(has(self.pattern) && self.pattern.size() > 0) || self.type in ['ShortText', 'Email', 'URL', 'Phone']",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".pattern"
// +kubebuilder:validation:XValidation:rule="!(has(self.min) && self.min.size() > 0) || self.type in ['Integer', 'Decimal', 'Date']",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".min"
// +kubebuilder:validation:XValidation:rule="!(has(self.max) && self.max.size() > 0) || self.type in ['Integer', 'Decimal', 'Date']",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".max"
// +kubebuilder:validation:XValidation:rule="!(has(self.decimals) && self.decimals > 0) || self.type in ['Decimal']",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".decimals"
// +kubebuilder:validation:XValidation:rule="!has(self.file) || self.type in ['File']",messageExpression="'has no meaning for a field of type ' + self.type",fieldPath=".file"
// +kubebuilder:validation:XValidation:rule="has(self.label) || self.type == 'Hidden'",message="is required",fieldPath=".label"
// +kubebuilder:validation:XValidation:rule="!has(self.label) || self.type in ['Consent', 'Info'] || (self.label.default.size() <= 200 && (!has(self.label.translations) || self.label.translations.all(t, t.text.size() <= 200)))",message="must have at most 200 characters in each language",fieldPath=".label"
// +kubebuilder:validation:XValidation:rule="!has(self.patternMessage) || (has(self.pattern) && self.pattern.size() > 0)",message="has a meaning only with pattern",fieldPath=".patternMessage"
// +kubebuilder:validation:XValidation:rule="(self.type == 'Consent') == (has(self.version) && self.version.size() > 0)",message="must be set if and only if type is Consent",fieldPath=".version"
// +kubebuilder:validation:XValidation:rule="self.type == 'Tree' || !has(self.options) || self.options.all(o, !has(o.parent) || o.parent.size() == 0)",message="parent has a meaning only in a Tree",fieldPath=".options"
// +kubebuilder:validation:XValidation:rule="self.type == 'LongText' || !has(self.maxLength) || self.maxLength <= 1000",message="must be at most 1000, and of a LongText at most 20000",fieldPath=".maxLength"
// +kubebuilder:validation:XValidation:rule="!has(self.minLength) || self.minLength <= ((has(self.maxLength) && self.maxLength > 0) ? self.maxLength : (self.type == 'LongText' ? 5000 : 200))",message="must not be more than maxLength",fieldPath=".minLength"
// +kubebuilder:validation:XValidation:rule="self.type != 'MultiSelect' || !has(self.options) || !has(self.maxItems) || self.maxItems <= self.options.size()",message="must not be more than there are options",fieldPath=".maxItems"
// +kubebuilder:validation:XValidation:rule="self.type != 'MultiSelect' || !has(self.options) || !has(self.minItems) || self.minItems <= ((has(self.maxItems) && self.maxItems > 0) ? self.maxItems : self.options.size())",message="must not be more than maxItems, or than there are options",fieldPath=".minItems"
// +kubebuilder:validation:XValidation:rule="self.type != 'File' || !has(self.maxItems) || self.maxItems <= 20",message="must be at most 20 files",fieldPath=".maxItems"
// +kubebuilder:validation:XValidation:rule="!(has(self.min) && self.min.size() > 0) || (self.type == 'Integer' ? self.min.trim().matches('^[+-]?[0-9]{1,16}$') : self.type == 'Decimal' ? self.min.trim().matches('^[+-]?[0-9]+([.,][0-9]{1,6})?$') : self.type != 'Date' || self.min.trim().matches('^([0-9]{4}-[0-9]{2}-[0-9]{2}|Today)$'))",messageExpression="self.type == 'Date' ? 'must be a day such as 2026-01-31, or Today' : 'must be a value of type ' + self.type",fieldPath=".min"
// +kubebuilder:validation:XValidation:rule="!(has(self.max) && self.max.size() > 0) || (self.type == 'Integer' ? self.max.trim().matches('^[+-]?[0-9]{1,16}$') : self.type == 'Decimal' ? self.max.trim().matches('^[+-]?[0-9]+([.,][0-9]{1,6})?$') : self.type != 'Date' || self.max.trim().matches('^([0-9]{4}-[0-9]{2}-[0-9]{2}|Today)$'))",messageExpression="self.type == 'Date' ? 'must be a day such as 2026-01-31, or Today' : 'must be a value of type ' + self.type",fieldPath=".max"
// +kubebuilder:validation:XValidation:rule="!(has(self.min) && self.min.size() > 0) || !(has(self.max) && self.max.size() > 0) || (self.type == 'Integer' ? !self.min.trim().matches('^[+-]?[0-9]{1,16}$') || !self.max.trim().matches('^[+-]?[0-9]{1,16}$') || int(self.min.trim()) <= int(self.max.trim()) : self.type == 'Decimal' ? !self.min.trim().matches('^[+-]?[0-9]+([.,][0-9]{1,6})?$') || !self.max.trim().matches('^[+-]?[0-9]+([.,][0-9]{1,6})?$') || double(self.min.trim().replace(',', '.')) <= double(self.max.trim().replace(',', '.')) : self.min == 'Today' || self.max == 'Today' || self.min.trim() <= self.max.trim())",message="must not be less than min",fieldPath=".max"
// +kubebuilder:object:generate=true
type Field struct {
	// name identifies the answer in rules (values.NAME), tickets and exports. It
	// stays when labels change.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z][a-zA-Z0-9_]{0,62}$`
	// +kubebuilder:validation:XValidation:rule="!(self in ['false', 'in', 'null', 'true'])",message="must not be a word of the expression language: false, in, null, true"
	Name string `json:"name"`

	// type says what is asked for. It cannot be changed, as answers are kept
	// under it; a field of another type takes another name.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cannot change; add a field of another name"
	Type FieldType `json:"type"`

	// label stands over the input, up to 200 characters. Of a Consent it is the
	// text agreed to, of an Info the text itself, up to 2000 characters each.
	// Required for all types but Hidden.
	// +optional
	Label *LocalizedText `json:"label,omitempty"`

	// help stands under the label.
	// +optional
	Help *LocalizedText `json:"help,omitempty"`

	// placeholder stands in the empty input, up to 200 characters.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.default.size() <= 200 && (!has(self.translations) || self.translations.all(t, t.text.size() <= 200))",message="must have at most 200 characters in each language"
	Placeholder *LocalizedText `json:"placeholder,omitempty"`

	// requirement Required refuses the form while the field is empty (Checkbox and
	// Consent: not ticked). Not for Info and Hidden. Default Optional.
	// +optional
	// +kubebuilder:default=Optional
	Requirement Requirement `json:"requirement,omitempty"`

	// initial is what the page fills in at first: a value of the field's type (a
	// Checkbox: true). Of a Hidden field it is the value. Not for File, Consent and
	// Info.
	// +optional
	// +kubebuilder:validation:MaxLength=1000
	Initial string `json:"initial,omitempty"`

	// prefill names the query parameter of the page's address that fills the field
	// in. A Hidden field with prefill takes what the visitor's browser sends, one
	// without takes initial only. Not for File, Consent and Info.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-zA-Z][a-zA-Z0-9_-]{0,62}$`
	Prefill string `json:"prefill,omitempty"`

	// options are the choices of Select, MultiSelect and Tree.
	// +optional
	// +listType=map
	// +listMapKey=value
	// +kubebuilder:validation:MaxItems=200
	Options []Option `json:"options,omitempty"`

	// minItems is how many options of a MultiSelect must be chosen if any is.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=200
	MinItems int32 `json:"minItems,omitempty"`

	// maxItems is how many options of a MultiSelect, or files, may be chosen.
	// Default: all options; 5 files.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=200
	MaxItems int32 `json:"maxItems,omitempty"`

	// minLength is the least number of characters of a text that is not empty. For
	// ShortText and LongText.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=20000
	MinLength int32 `json:"minLength,omitempty"`

	// maxLength is the greatest number of characters of a text. For ShortText
	// (default 200, at most 1000), LongText (default 5000, at most 20000) and Hidden
	// (default 200, at most 1000).
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=20000
	MaxLength int32 `json:"maxLength,omitempty"`

	// pattern is a regular expression (RE2) that the whole text must match. For
	// ShortText, Email, URL and Phone.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Pattern string `json:"pattern,omitempty"`

	// patternMessage tells a visitor whose text does not match what is wanted, up
	// to 200 characters. Only with pattern.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.default.size() <= 200 && (!has(self.translations) || self.translations.all(t, t.text.size() <= 200))",message="must have at most 200 characters in each language"
	PatternMessage *LocalizedText `json:"patternMessage,omitempty"`

	// min is the least number ("0", "-2.5") of an Integer or Decimal, or the
	// earliest day ("2024-01-31", or "Today") of a Date.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Min string `json:"min,omitempty"`

	// max is the greatest number, or the latest day, as min.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Max string `json:"max,omitempty"`

	// decimals is how many digits a Decimal may have after the point. Default 2.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=6
	Decimals int32 `json:"decimals,omitempty"`

	// file limits what may be uploaded. Only for File.
	// +optional
	File *FileLimits `json:"file,omitempty"`

	// version tells apart the wordings of a Consent; it is kept with the answer.
	// Only for Consent, and required there.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Version string `json:"version,omitempty"`
}

// Option is one choice of a field.
// +kubebuilder:object:generate=true
type Option struct {
	// value identifies the choice in rules and tickets.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Value string `json:"value"`

	// label is what the visitor reads, up to 200 characters.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.default.size() <= 200 && (!has(self.translations) || self.translations.all(t, t.text.size() <= 200))",message="must have at most 200 characters in each language"
	Label LocalizedText `json:"label"`

	// parent is the value of the option, declared before, that this one is nested
	// in. Only in a Tree, where options that others are nested in only group them
	// and cannot be chosen.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Parent string `json:"parent,omitempty"`
}

// FileLimits says what may be uploaded.
// +kubebuilder:object:generate=true
type FileLimits struct {
	// maxMiB is the greatest size of one file. The limit of the mailbox holds as
	// well. Default 10.
	// +optional
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxMiB int32 `json:"maxMiB,omitempty"`

	// types are the media types accepted, such as application/pdf or image/*.
	// Default: all.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=127
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9][a-z0-9!#$&^_.+-]*/([a-z0-9][a-z0-9!#$&^_.+-]*|\*)$`
	Types []string `json:"types,omitempty"`
}

// Accepts reports whether a file of mediaType, parameters allowed, may be
// uploaded.
func (l FileLimits) Accepts(mediaType string) bool {
	if len(l.Types) == 0 {
		return true
	}
	got, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return false
	}
	for _, want := range l.Types {
		if prefix, wild := strings.CutSuffix(want, "*"); got == want || wild && strings.HasPrefix(got, prefix) {
			return true
		}
	}
	return false
}

// Rule changes fields when a condition holds.
// +kubebuilder:object:generate=true
type Rule struct {
	// when is a CEL expression over the answers, such as values.topic == 'refund'.
	// An empty answer reads as '', 0, false or []; has(values.topic) tells whether
	// there is one. A condition that cannot be computed does not hold.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	When string `json:"when"`

	// effects are what happens to which field.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Effects []Effect `json:"effects"`
}

// Effect does one thing to one field, which it names.
// +kubebuilder:validation:ExactlyOneOf=show;hide;require;optional
// +kubebuilder:object:generate=true
type Effect struct {
	// show shows a field, which until then is hidden.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Show string `json:"show,omitempty"`

	// hide hides a field and drops its answer.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Hide string `json:"hide,omitempty"`

	// require makes a field required.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Require string `json:"require,omitempty"`

	// optional makes a field optional.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Optional string `json:"optional,omitempty"`
}

// Routing sorts tickets by their answers.
// +kubebuilder:object:generate=true
type Routing struct {
	// rules apply in order, each whose condition holds: tags add up; of priority and
	// mailboxRef the last one set stands. A ticket no rule speaks of has priority
	// Normal and is answered from the help center's mailbox.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Rules []RoutingRule `json:"rules,omitempty"`
}

// RoutingRule sorts the tickets for which a condition holds.
// +kubebuilder:object:generate=true
type RoutingRule struct {
	// when is a CEL expression as in a rule of the form; "true" always holds.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	When string `json:"when"`

	// set is what the ticket gets.
	// +required
	Set RoutingSet `json:"set"`
}

// RoutingSet is what a ticket gets; at least one of its members is set.
// +kubebuilder:validation:XValidation:rule="(has(self.priority) && self.priority.size() > 0) || (has(self.tags) && self.tags.size() > 0) || has(self.mailboxRef)",message="must have at least one of priority, tags, mailboxRef"
// +kubebuilder:object:generate=true
type RoutingSet struct {
	// priority of the ticket.
	// +optional
	Priority Priority `json:"priority,omitempty"`

	// tags are added to the ticket.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([a-z0-9_.-]*[a-z0-9])?$`
	Tags []string `json:"tags,omitempty"`

	// mailboxRef names the mailbox the ticket is answered from.
	// +optional
	MailboxRef *LocalReference `json:"mailboxRef,omitempty"`
}
