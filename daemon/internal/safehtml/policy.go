package safehtml

import (
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// Values of attributes.
var (
	anyText = regexp.MustCompile(`^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$`)
	// A number, or a share of what is around: at most four digits, so that nothing
	// is wider than a wall.
	length = regexp.MustCompile(`^[0-9]{1,4}(?:\.[0-9]{1,3})?(?:%|px)?$`)
	count  = regexp.MustCompile(`^[0-9]{1,3}$`)
	number = regexp.MustCompile(`^-?[0-9]{1,6}$`)
	word   = regexp.MustCompile(`^[A-Za-z][A-Za-z-]{0,19}$`)
	flag   = regexp.MustCompile(`^[a-z]{0,10}$`)
	shade  = regexp.MustCompile(`^(?:#?[0-9A-Fa-f]{3,8}|[A-Za-z]{3,24})$`)
	size   = regexp.MustCompile(`^[+-]?[0-9]$`)
	faces  = regexp.MustCompile(`^[\pL\pN ,_'"-]{1,200}$`)
	// What style writes, and nothing else: no quote, backslash, slash-star, at
	// sign or brace.
	styles  = regexp.MustCompile(`^[\pL\pN #%.,:;()/_!-]+$`)
	targets = regexp.MustCompile(`^(?:https?|mailto|tel):`)
	// The rest of the address was checked letter by letter.
	pictures = regexp.MustCompile(`^data:image/(?:png|jpeg|gif|webp);base64,`)
)

// values of attributes by element; "" is every element.
var values = map[string]map[string]*regexp.Regexp{
	"": {
		"dir": regexp.MustCompile(`^(?i:ltr|rtl|auto)$`), "lang": regexp.MustCompile(`^[A-Za-z0-9-]{1,35}$`), "title": anyText,
		"align": word, "role": regexp.MustCompile(`^(?:presentation|none)$`),
	},
	"table": {"width": length, "height": length, "border": length, "cellpadding": length, "cellspacing": length, "bgcolor": shade, "bordercolor": shade, "frame": word, "rules": word},
	"td":    cell, "th": cell,
	"tr":       {"bgcolor": shade, "valign": word, "height": length},
	"thead":    {"valign": word},
	"tbody":    {"valign": word},
	"tfoot":    {"valign": word},
	"col":      {"span": count, "width": length},
	"colgroup": {"span": count, "width": length},
	"caption":  {"valign": word},
	"ol":       {"start": number, "type": regexp.MustCompile(`^[1aAiI]$`), "reversed": flag},
	"ul":       {"type": word},
	"li":       {"value": number, "type": regexp.MustCompile(`^(?:[1aAiI]|[a-z]{4,6})$`)},
	"font":     {"color": shade, "face": faces, "size": size},
	"hr":       {"width": length, "size": length, "color": shade, "noshade": flag},
	"img":      {"alt": anyText, "width": length, "height": length, "border": length, "hspace": length, "vspace": length},
	"br":       {"clear": word},
	"pre":      {"width": count},
}

var cell = map[string]*regexp.Regexp{
	"width": length, "height": length, "colspan": count, "rowspan": count, "valign": word, "bgcolor": shade, "nowrap": flag,
}

// known attributes are those that have values; style, href and src have a place
// of their own.
var known = func() map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for name, attrs := range values {
		all[name] = map[string]bool{}
		for key := range attrs {
			all[name][key] = true
		}
	}
	return all
}()

// policy is the second wall. It sees only what the first one wrote, and trusts
// it in nothing.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	for name, kind := range elements {
		if kind != dropped && kind != active {
			p.AllowElements(name)
			p.AllowNoAttrs().OnElements(name)
		}
	}
	for name, attrs := range values {
		for key, value := range attrs {
			if allowed := p.AllowAttrs(key).Matching(value); name == "" {
				allowed.Globally()
			} else {
				allowed.OnElements(name)
			}
		}
	}
	p.AllowAttrs("style").Matching(styles).Globally()
	p.AllowURLSchemes("http", "https", "mailto", "tel", "data")
	p.AllowAttrs("href").Matching(targets).OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^` + linkRel + `$`)).OnElements("a")
	p.AllowAttrs("target").Matching(regexp.MustCompile(`^_blank$`)).OnElements("a")
	p.AllowAttrs("src").Matching(pictures).OnElements("img")
	return p
}()
