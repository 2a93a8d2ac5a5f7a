// Package words says what pages and mails say in the reader's language.
//
// The English text is what names a text, as gettext does it: it stands where it
// is used, and a language is one file LOCALE.json beside this one that maps each
// English text to its own. A text that a language lacks is said in English.
//
// Arguments are those of fmt; a language may take them in another order
// (%[2]s). A value that is an object has one text for each plural form that the
// language knows ("one", "other", …; CLDR), for texts that count.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

//go:embed *.json
var files embed.FS

// English is the language in which texts are written.
const English = "en"

// Words is one language. It is safe for concurrent use.
type Words struct {
	// Locale is the BCP 47 tag of the language that is spoken.
	Locale string
	tag    language.Tag
	texts  map[string]forms
}

// forms of a text, by plural form; a text that does not count has "other" alone.
type forms map[string]string

// UnmarshalJSON takes a text or an object of its plural forms.
func (f *forms) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*f = forms{"other": one}
		return nil
	}
	return json.Unmarshal(b, (*map[string]string)(f))
}

var all = load()

// load reads every language; they are part of the program, so a file that can't
// be read is a panic.
func load() map[string]*Words {
	found := map[string]*Words{English: {Locale: English, tag: language.English, texts: map[string]forms{}}}
	names, err := files.ReadDir(".")
	if err != nil {
		panic(fmt.Sprintf("list languages: %v", err))
	}
	for _, f := range names {
		locale := strings.TrimSuffix(f.Name(), ".json")
		w := &Words{Locale: locale, tag: language.MustParse(locale)}
		raw, err := files.ReadFile(f.Name())
		if err == nil {
			err = json.Unmarshal(raw, &w.texts)
		}
		if err != nil {
			panic(fmt.Sprintf("read language %s: %v", f.Name(), err))
		}
		found[locale] = w
	}
	return found
}

// Locales lists the languages that there are words for, in order.
func Locales() []string { return slices.Sorted(maps.Keys(all)) }

// For returns the words of a locale: its own, else those of the wider language
// (de for de-AT), else English.
func For(locale string) *Words {
	for locale != "" {
		if w, ok := all[locale]; ok {
			return w
		}
		locale = locale[:max(strings.LastIndexByte(locale, '-'), 0)]
	}
	return all[English]
}

// RTL reports a language that is written from right to left.
func (w *Words) RTL() bool {
	script, _ := w.tag.Script()
	return slices.Contains([]string{"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm"}, script.String())
}

// names remembers those of Name; only locales that are declared are asked for.
var names sync.Map

// Name is what the speakers of a language call it.
func Name(locale string) string {
	if known, ok := names.Load(locale); ok {
		return known.(string)
	}
	name := nameOfLanguage(locale)
	names.Store(locale, name)
	return name
}

func nameOfLanguage(locale string) string {
	name := display.Self.Name(language.Make(locale))
	if name == "" {
		return locale
	}
	first, size := utf8.DecodeRuneInString(name) // français, as a sentence on its own
	return string(unicode.ToUpper(first)) + name[size:]
}

// Has reports whether the language has a text of its own. English has all.
func (w *Words) Has(english string) bool {
	_, ok := w.texts[english]
	return ok || w.Locale == English
}

// T says a text. Args fill it in as fmt does; without any it is taken as it is.
func (w *Words) T(english string, args ...any) string {
	return w.fill(w.text(english), args)
}

// N says a text that counts: one is the English text for 1, other the text for
// all other numbers, which also names it. Args are as for T; without any, n is
// the one argument of a text that has a place for it.
func (w *Words) N(n int, one, other string, args ...any) string {
	text := other
	if own, ok := w.texts[other]; ok {
		text = own[w.form(n)]
		if text == "" {
			text = own["other"]
		}
	} else if n == 1 {
		text = one
	}
	if len(args) == 0 && strings.Contains(text, "%") {
		args = []any{n}
	}
	return w.fill(text, args)
}

// HTML says a text of which some arguments are HTML already: those of type
// template.HTML stay as they are, everything else is escaped.
func (w *Words) HTML(english string, args ...any) template.HTML {
	safe := make([]any, len(args))
	for i, a := range args {
		if markup, ok := a.(template.HTML); ok {
			safe[i] = string(markup)
		} else {
			safe[i] = template.HTMLEscapeString(fmt.Sprint(a))
		}
	}
	return template.HTML(w.fill(template.HTMLEscapeString(w.text(english)), safe))
}

func (w *Words) text(english string) string {
	if own, ok := w.texts[english]; ok && own["other"] != "" {
		return own["other"]
	}
	return english
}

func (w *Words) fill(text string, args []any) string {
	if len(args) == 0 {
		return text
	}
	said := make([]any, len(args))
	for i, a := range args {
		if f, ok := a.(float64); ok {
			a = decimal{f, w}
		}
		said[i] = a
	}
	return fmt.Sprintf(text, said...)
}

// decimal is a number in a text.
type decimal struct {
	value float64
	in    *Words
}

// Format implements [fmt.Formatter].
func (d decimal) Format(f fmt.State, verb rune) {
	_, _ = io.WriteString(f, d.in.Decimal(fmt.Sprintf(fmt.FormatString(f, verb), d.value))) // a text takes everything
}

// Decimal writes a number with the decimal mark of the language, which its text
// for "1.5" shows.
func (w *Words) Decimal(number string) string {
	mark := strings.Trim(w.text("1.5"), "15")
	return strings.Replace(number, ".", mark, 1)
}

var formNames = map[plural.Form]string{
	plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
}

// form is the plural form of a whole number.
func (w *Words) form(n int) string {
	return formNames[plural.Cardinal.MatchPlural(w.tag, n, 0, 0, 0, 0)]
}
