package safehtml

import (
	"strconv"
	"strings"
	"unicode"
)

// maxDeclarations of one style are read; Word writes thirty.
const maxDeclarations = 60

// grammar reads one value in lower case and returns it as it is written; ""
// drops the declaration. Nothing is written that a grammar did not read, so no
// browser can read more in it than was checked.
type grammar func(value string) string

// properties that mails may set. None takes an element out of its place:
// position, z-index, transform and negative margins let a mail cover what is not
// its own.
var properties = func() map[string]grammar {
	all := map[string]grammar{
		"font-family": families, "font": font, "background": onlyColour, "opacity": numbers(1, bounds{0, 1}),
		"text-indent": numbers(1, bounds{-500, 1000}), "letter-spacing": numbers(1, bounds{-5, 50}), "word-spacing": numbers(1, bounds{-5, 50}),
		"font-size": sizes(bounds{0, 200}), "line-height": sizes(bounds{0, 300}), "vertical-align": sizes(bounds{-100, 100}),
		"font-weight": sizes(bounds{1, 1000}),
	}
	for _, name := range []string{"color", "background-color", "border-color", "border-top-color", "border-right-color", "border-bottom-color",
		"border-left-color", "text-decoration-color"} {
		all[name] = colours
	}
	for _, name := range []string{"width", "height", "min-width", "min-height", "max-width", "max-height"} {
		all[name] = sizes(bounds{0, 3000})
	}
	for _, side := range []string{"", "-top", "-right", "-bottom", "-left"} {
		all["margin"+side] = numbers(4, bounds{0, 1000})
		all["padding"+side] = numbers(4, bounds{0, 1000})
		all["border"+side] = border
		all["border"+side+"-width"] = numbers(4, bounds{0, 100})
		all["border"+side+"-style"] = words
	}
	for _, name := range []string{"border-radius", "border-top-left-radius", "border-top-right-radius", "border-bottom-left-radius",
		"border-bottom-right-radius", "border-spacing"} {
		all[name] = numbers(4, bounds{0, 1000})
	}
	for _, name := range []string{"text-align", "text-decoration", "text-decoration-line", "text-decoration-style", "text-transform", "text-overflow",
		"font-style", "font-variant", "white-space", "word-break", "word-wrap", "overflow-wrap", "hyphens", "direction", "unicode-bidi", "display",
		"float", "clear", "visibility", "overflow", "border-collapse", "list-style", "list-style-type", "list-style-position", "table-layout",
		"caption-side", "empty-cells", "box-sizing"} {
		all[name] = words
	}
	return all
}()

// style filters the declarations of a style attribute. Backgrounds that would be
// fetched are counted.
func (t *tidy) style(css string) (string, bool) {
	if len(css) > maxStyle {
		return "", false
	}
	if lower := strings.ToLower(css); strings.Contains(lower, "url(") {
		t.doc.RemoteImages += strings.Count(lower, "url(") - strings.Count(lower, "url(data:")
	}
	var out strings.Builder
	read := 0
	for declaration := range strings.SplitSeq(css, ";") {
		if read++; read > maxDeclarations {
			break
		}
		name, value, _ := strings.Cut(declaration, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		read, ok := properties[name]
		if !ok {
			continue
		}
		value = strings.TrimSpace(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(value)), "!important"))
		if value = read(value); value == "" {
			continue
		}
		if name == "background" {
			name = "background-color"
		}
		if out.Len()+len(name)+len(value)+len(":;") > maxStyle {
			break // lower case may be longer
		}
		if out.Len() > 0 {
			out.WriteString(";")
		}
		out.WriteString(name + ":" + value)
	}
	return out.String(), out.Len() > 0
}

// words are keywords: letters and hyphens, none of which can call a function.
func words(value string) string {
	fields := strings.Fields(value)
	if len(fields) > 4 {
		return ""
	}
	for _, f := range fields {
		if !keyword(f) {
			return ""
		}
	}
	return strings.Join(fields, " ")
}

func keyword(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c != '-' || i == 0) {
			return false
		}
	}
	return s != "" && len(s) <= 24
}

// bounds of a length in pixels.
type bounds struct{ least, most float64 }

// pixels of one unit. Shares are taken for what they are of 100 pixels.
var pixels = map[string]float64{
	"": 1, "px": 1, "pt": 96. / 72, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4, "em": 16, "rem": 16, "ex": 8, "ch": 8, "%": 1,
}

// length reads a number with its unit.
func (b bounds) length(s string) bool {
	digits := strings.TrimRightFunc(s, func(r rune) bool { return r == '%' || r >= 'a' && r <= 'z' })
	factor, ok := pixels[s[len(digits):]]
	if !ok || digits == "" || len(digits) > 12 || strings.Trim(digits, "-0123456789.") != "" {
		return false
	}
	n, err := strconv.ParseFloat(digits, 64)
	return err == nil && n*factor >= b.least && n*factor <= b.most
}

// numbers are up to most lengths, or "auto" and its like among them.
func numbers(most int, b bounds) grammar {
	return func(value string) string {
		fields := strings.Fields(value)
		if len(fields) > most {
			return ""
		}
		for _, f := range fields {
			if !b.length(f) && !keyword(f) {
				return ""
			}
		}
		return strings.Join(fields, " ")
	}
}

func sizes(b bounds) grammar { return numbers(1, b) }

// colours are one to four.
func colours(value string) string {
	fields := split(value)
	if len(fields) > 4 {
		return ""
	}
	for _, f := range fields {
		if !colour(f) {
			return ""
		}
	}
	return strings.Join(fields, " ")
}

// colour is a name, hexadecimal digits, or one of the functions with numbers.
func colour(s string) bool {
	if rest, ok := strings.CutPrefix(s, "#"); ok {
		return len(rest) >= 3 && len(rest) <= 8 && strings.Trim(rest, "0123456789abcdef") == ""
	}
	name, arguments, ok := strings.Cut(s, "(")
	if !ok {
		return keyword(s)
	}
	switch name {
	case "rgb", "rgba", "hsl", "hsla":
	default:
		return false
	}
	arguments, ok = strings.CutSuffix(arguments, ")")
	return ok && len(arguments) <= 40 && strings.Trim(arguments, "0123456789.,%") == ""
}

// split divides at blanks, and takes those inside brackets out: "rgb(1, 2, 3)"
// is one word.
func split(value string) []string {
	var out strings.Builder
	depth := 0
	for _, r := range value {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case depth > 0 && (r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f'):
			continue
		}
		out.WriteRune(r)
	}
	return strings.Fields(out.String())
}

// onlyColour is the colour of a background, without the picture over it.
func onlyColour(value string) string {
	for _, f := range split(value) {
		if strings.HasPrefix(f, "#") || strings.HasPrefix(f, "rgb") || strings.HasPrefix(f, "hsl") || !strings.ContainsAny(f, "(-0123456789%") {
			if colour(f) && !placement[f] {
				return f
			}
		}
	}
	return ""
}

// placement are words of a background that are no colours.
var placement = set("none", "repeat", "scroll", "fixed", "local", "left", "right", "top", "bottom", "center", "cover", "contain", "auto", "round", "space")

// border is a width, a style and a colour in any order.
func border(value string) string {
	fields := split(value)
	if len(fields) > 3 {
		return ""
	}
	for _, f := range fields {
		if !(bounds{0, 100}).length(f) && !colour(f) {
			return ""
		}
	}
	return strings.Join(fields, " ")
}

// maxFamilies of one list are kept; long ones name five.
const maxFamilies = 12

// families are names of fonts, written without quotes: those that would need
// them are left out.
func families(value string) string {
	var kept []string
	for name := range strings.SplitSeq(strings.NewReplacer(`"`, "", "'", "").Replace(value), ",") {
		name = strings.Join(strings.Fields(name), " ")
		if family(name) {
			kept = append(kept, name)
		}
		if len(kept) == maxFamilies {
			break
		}
	}
	return strings.Join(kept, ",")
}

// family wants words that are identifiers (CSS Syntax section 4.3.11).
func family(name string) bool {
	if name == "" || len(name) > 60 {
		return false
	}
	for word := range strings.SplitSeq(name, " ") {
		for i, r := range strings.TrimPrefix(word, "-") {
			if !unicode.IsLetter(r) && r != '_' && (i == 0 || !unicode.IsDigit(r) && r != '-') {
				return false
			}
		}
	}
	return true
}

// font is the shorthand: style and weight, size with line height, families.
func font(value string) string {
	fields := strings.Fields(value)
	for i, f := range fields {
		size, height, tall := strings.Cut(f, "/")
		switch {
		case !(bounds{0, 200}).length(size) || strings.Trim(f, "0123456789") == "": // a weight, or "bold"
			if i == 4 || !keyword(f) && !(bounds{1, 1000}).length(f) {
				return ""
			}
			continue
		case tall && !(bounds{0, 300}).length(height) && !keyword(height):
			return ""
		}
		names := families(strings.Join(fields[i+1:], " "))
		if names == "" {
			return ""
		}
		return strings.Join(fields[:i+1], " ") + " " + names
	}
	return ""
}
