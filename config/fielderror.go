package config

import "fmt"

// FieldError tells a visitor what to do about one field.
type FieldError struct {
	Field   string // name of the field
	Key     string // one of the Key constants
	Message string // in English; with KeyCustom in the visitor's language
	// Format is the English message as [fmt.Sprintf] takes it, and Args are what it
	// names, for saying it in another language. With KeyCustom there is none.
	Format string
	Args   []any
}

// Keys of field errors. Their English messages, and so their arguments, are told
// by the catalogue below.
const (
	KeyRequired        = "required"
	KeyRequiredChoice  = "requiredChoice"
	KeyRequiredChoices = "requiredChoices"
	KeyRequiredFile    = "requiredFile"
	KeyRequiredTick    = "requiredTick"
	KeyRequiredConsent = "requiredConsent"
	KeyUnknownChoice   = "unknownChoice"
	KeyTooFewChoices   = "tooFewChoices"
	KeyTooManyChoices  = "tooManyChoices"
	KeyTooManyFiles    = "tooManyFiles"
	KeyNotWhole        = "notWhole"
	KeyNotANumber      = "notANumber"
	KeyTooManyDecimals = "tooManyDecimals"
	KeyTooManyDigits   = "tooManyDigits"
	KeyTooSmall        = "tooSmall"
	KeyTooLarge        = "tooLarge"
	KeyNotADate        = "notADate"
	KeyTooEarly        = "tooEarly"
	KeyTooLate         = "tooLate"
	KeyTooShort        = "tooShort"
	KeyTooLong         = "tooLong"
	KeyNotAnAddress    = "notAnAddress"
	KeyNotAURL         = "notAURL"
	KeyNotAPhone       = "notAPhone"
	KeyPattern         = "pattern"

	// KeyCustom is a message of the form itself (patternMessage).
	KeyCustom = "custom"
)

// english are the messages, in the format of [fmt.Sprintf].
var english = map[string]string{
	KeyRequired:        "Fill this in.",
	KeyRequiredChoice:  "Choose one.",
	KeyRequiredChoices: "Choose at least one.",
	KeyRequiredFile:    "Add a file.",
	KeyRequiredTick:    "Tick this box to go on.",
	KeyRequiredConsent: "Tick this box if you agree. We cannot go on without it.",
	KeyUnknownChoice:   "Choose from the list.",
	KeyTooFewChoices:   "Choose at least %d.",
	KeyTooManyChoices:  "Choose at most %d.",
	KeyTooManyFiles:    "Add at most %d files.",
	KeyNotWhole:        "Enter a whole number, such as 42.",
	KeyNotANumber:      "Enter a number without spaces or thousands separators, such as 1234.5.",
	KeyTooManyDecimals: "Use at most %d decimals, and no thousands separators.",
	KeyTooManyDigits:   "Use at most %d digits.",
	KeyTooSmall:        "Enter %s or more.",
	KeyTooLarge:        "Enter %s or less.",
	KeyNotADate:        "Enter a date as year-month-day, such as 2026-01-31.",
	KeyTooEarly:        "Enter %s or a later day.",
	KeyTooLate:         "Enter %s or an earlier day.",
	KeyTooShort:        "Write at least %d characters; there are %d.",
	KeyTooLong:         "Write at most %d characters; there are %d.",
	KeyNotAnAddress:    "Enter a mail address, such as name@example.com.",
	KeyNotAURL:         "Enter a web address that begins with https:// or http://.",
	KeyNotAPhone:       "Enter a telephone number, such as +49 30 1234567.",
	KeyPattern:         "This does not have the expected form. Check it for slips.",
}

// fault is what is wrong with an input; the zero value is nothing.
type fault struct {
	key  string
	args []any
}

func (f fault) fieldError(field Field, locale string) FieldError {
	if f.key == KeyPattern && field.PatternMessage != nil {
		return FieldError{Field: field.Name, Key: KeyCustom, Message: field.PatternMessage.For(locale)}
	}
	return FieldError{Field: field.Name, Key: f.key, Message: fmt.Sprintf(english[f.key], f.args...), Format: english[f.key], Args: f.args}
}

// missingKey is the key for a required field of type t without an answer.
func missingKey(t FieldType) string {
	switch t {
	case Select, Tree:
		return KeyRequiredChoice
	case MultiSelect:
		return KeyRequiredChoices
	case File:
		return KeyRequiredFile
	case Checkbox:
		return KeyRequiredTick
	case Consent:
		return KeyRequiredConsent
	default:
		return KeyRequired
	}
}

func tooManyKey(t FieldType) string {
	if t == File {
		return KeyTooManyFiles
	}
	return KeyTooManyChoices
}
