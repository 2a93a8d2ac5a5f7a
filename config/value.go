package config

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxInteger is the greatest whole number that JSON readers keep exactly.
const maxInteger = 1<<53 - 1

// read turns what a browser sent for a field into its value: nil if nothing was
// entered.
func (in *input) read(raw []string, now time.Time) (value any, f fault) {
	switch in.Type {
	case Info:
		return nil, fault{}
	case Hidden:
		return in.readHidden(raw), fault{}
	case MultiSelect, File:
		return in.readMany(raw)
	case LongText:
		return in.readText(cleanLines(first(raw)))
	}
	text := cleanLine(first(raw))
	switch {
	case in.Type == Checkbox, in.Type == Consent:
		return in.readTick(text)
	case text == "":
		return nil, fault{}
	}
	switch in.Type {
	case Integer:
		return in.readInteger(text)
	case Decimal:
		return in.readDecimal(text)
	case Date:
		return in.readDate(text, now)
	case Select, Tree:
		if !in.choices[text] {
			return nil, fault{key: KeyUnknownChoice}
		}
		return text, fault{}
	default:
		return in.readText(text)
	}
}

// readHidden never fails, as no visitor could mend it.
func (in *input) readHidden(raw []string) any {
	text := in.Initial
	if entered := cleanLine(first(raw)); in.Prefill != "" && entered != "" {
		text = string(firstRunes(entered, int(in.MaxLength)))
	}
	if text == "" {
		return nil
	}
	return text
}

func (in *input) readTick(text string) (any, fault) {
	switch text {
	case "on", "true", "1", "yes":
		return true, fault{}
	case "", "off", "false", "0", "no":
		return false, fault{}
	default:
		return nil, fault{key: KeyUnknownChoice}
	}
}

// readMany reads the values of fields that take several, each once.
func (in *input) readMany(raw []string) (any, fault) {
	var chosen []string
	for _, entered := range raw {
		text := cleanLine(entered)
		switch {
		case text == "" || slices.Contains(chosen, text):
			continue
		case in.Type == MultiSelect && !in.choices[text]:
			return nil, fault{key: KeyUnknownChoice}
		case utf8.RuneCountInString(text) > maxFileReference:
			return nil, fault{key: KeyUnknownChoice}
		case len(chosen) == int(in.MaxItems):
			return nil, fault{key: tooManyKey(in.Type), args: []any{in.MaxItems}}
		}
		chosen = append(chosen, text)
	}
	switch {
	case len(chosen) == 0:
		return nil, fault{}
	case len(chosen) < int(in.MinItems):
		return nil, fault{key: KeyTooFewChoices, args: []any{in.MinItems}}
	}
	return chosen, fault{}
}

// A number may have its decimals after a point or a comma, and no other
// separators: 1.234 and 1,234 mean different things to different people.
var (
	integerText = regexp.MustCompile(`^[+-]?[0-9]+$`)
	decimalText = regexp.MustCompile(`^([+-]?[0-9]+)(?:[.,]([0-9]+))?$`)
)

func (in *input) readInteger(text string) (any, fault) {
	if !integerText.MatchString(text) {
		return nil, fault{key: KeyNotWhole}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil, n > maxInteger, n < -maxInteger:
		return nil, fault{key: KeyTooManyDigits, args: []any{maxDigits}}
	case in.Min != "" && n < parseInteger(in.Min):
		return nil, fault{key: KeyTooSmall, args: []any{in.Min}}
	case in.Max != "" && n > parseInteger(in.Max):
		return nil, fault{key: KeyTooLarge, args: []any{in.Max}}
	}
	return n, fault{}
}

func (in *input) readDecimal(text string) (any, fault) {
	m := decimalText.FindStringSubmatch(text)
	if m == nil {
		return nil, fault{key: KeyNotANumber}
	}
	whole, fraction := m[1], m[2]
	if len(fraction) > int(in.Decimals) {
		return nil, fault{key: KeyTooManyDecimals, args: []any{in.Decimals}}
	}
	if len(strings.TrimLeft(whole, "+-0"))+len(fraction) > maxDigits {
		return nil, fault{key: KeyTooManyDigits, args: []any{maxDigits}}
	}
	n := parseDecimal(whole + "." + fraction)
	switch {
	case in.Min != "" && n < parseDecimal(in.Min):
		return nil, fault{key: KeyTooSmall, args: []any{in.Min}}
	case in.Max != "" && n > parseDecimal(in.Max):
		return nil, fault{key: KeyTooLarge, args: []any{in.Max}}
	}
	return n, fault{}
}

// parseInteger and parseDecimal read what a pattern or Validate has let through.
func parseInteger(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

func parseDecimal(text string) float64 {
	n, _ := strconv.ParseFloat(strings.TrimSuffix(text, "."), 64)
	if n == 0 {
		return 0 // not the negative one, which JSON would show
	}
	return n
}

// Today, as a bound, is the day of whoever fills the form in. As that is not
// known, it is taken as wide as the time zones of the earth are: from UTC-12 to
// UTC+14.
const (
	today        = "Today"
	westmostZone = -12 * time.Hour
	eastmostZone = 14 * time.Hour
)

func (in *input) readDate(text string, now time.Time) (any, fault) {
	if !isDate(text) {
		return nil, fault{key: KeyNotADate}
	}
	earliest, latest := in.Min, in.Max
	if earliest == today {
		earliest = now.UTC().Add(westmostZone).Format(time.DateOnly)
	}
	if latest == today {
		latest = now.UTC().Add(eastmostZone).Format(time.DateOnly)
	}
	// Dates in this form sort as text.
	switch {
	case earliest != "" && text < earliest:
		return nil, fault{key: KeyTooEarly, args: []any{earliest}}
	case latest != "" && text > latest:
		return nil, fault{key: KeyTooLate, args: []any{latest}}
	}
	return text, fault{}
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// readText checks the types that are text: what the type asks for, then the
// length, then the form's own pattern.
func (in *input) readText(text string) (any, fault) {
	if text == "" {
		return nil, fault{}
	}
	most := int(in.MaxLength)
	switch in.Type {
	case Email:
		if checkAddress(text) != nil {
			return nil, fault{key: KeyNotAnAddress}
		}
		most = maxAddress
	case URL:
		if !isWebAddress(text) {
			return nil, fault{key: KeyNotAURL}
		}
		most = maxURL
	case Phone:
		if !isPhone(text) {
			return nil, fault{key: KeyNotAPhone}
		}
		most = maxPhone
	}
	switch n := utf8.RuneCountInString(text); {
	case n < int(in.MinLength):
		return nil, fault{key: KeyTooShort, args: []any{in.MinLength, n}}
	case n > most:
		return nil, fault{key: KeyTooLong, args: []any{most, n}}
	case in.pattern != nil && !in.pattern.MatchString(text):
		return nil, fault{key: KeyPattern}
	}
	return text, fault{}
}

func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// phoneText is what people write telephone numbers with; E.164 has at most 15
// digits, and no number worth calling back has fewer than 5. An extension may
// follow.
var phoneText = regexp.MustCompile(`^\+?[0-9 ()./-]+((x|ext\.?) ?[0-9]{1,6})?$`)

func isPhone(text string) bool {
	if !phoneText.MatchString(text) {
		return false
	}
	digits := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			digits++
		}
	}
	return digits >= 5 && digits <= 15+6
}

func first(raw []string) string {
	if len(raw) == 0 {
		return ""
	}
	return raw[0]
}

func firstRunes(text string, n int) []rune {
	runes := []rune(text)
	return runes[:min(n, len(runes))]
}

// cleanLine makes one line of text: no control characters, which nobody sees
// and most come from copying, and no space around it.
func cleanLine(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
}

// cleanLines does the same for text of several lines, which end in \n after it.
func cleanLines(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
}
