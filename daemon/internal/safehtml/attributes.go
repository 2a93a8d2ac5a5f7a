package safehtml

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

const (
	// maxAttributes of one element are looked at; a cell of Outlook has ten.
	maxAttributes = 40

	// maxValue is the longest value of an attribute that is no address: the
	// description of a picture is shorter.
	maxValue = 1 << 10

	// maxStyle is the longest style that is read; those of newsletters reach 2 KiB.
	maxStyle = 8 << 10

	// maxHref is the longest target of a link: browsers cut off at about that, and
	// those that count clicks stay below.
	maxHref = 8 << 10
)

// attributes reads those of the current tag. Of several with one name browsers
// take the first.
func (t *tidy) attributes(more bool) []html.Attribute {
	var attrs []html.Attribute
	for more && len(attrs) < maxAttributes {
		var key, value []byte
		key, value, more = t.z.TagAttr()
		name := string(key)
		if len(key) > 0 && !hasKey(attrs, name) {
			attrs = append(attrs, html.Attribute{Key: name, Val: string(value)})
		}
	}
	return attrs
}

func hasKey(attrs []html.Attribute, key string) bool {
	for _, a := range attrs {
		if a.Key == key {
			return true
		}
	}
	return false
}

// rewrite returns the tag to write and its attributes; "" if nothing is worth
// showing.
func (t *tidy) rewrite(name string, attrs []html.Attribute) (string, []html.Attribute) {
	var kept []html.Attribute
	linked := false
	for _, a := range closeUp(name, attrs) {
		ok := true
		switch a.Key {
		case "style":
			a.Val, ok = t.style(a.Val)
		case "href":
			a.Val, ok = t.href(a.Val)
			ok = ok && name == "a"
			linked = linked || ok
		case "src":
			if ok = name == "img"; ok {
				a.Val, ok = t.image(a.Val)
			}
		case "background":
			if ok = false; strings.TrimSpace(a.Val) != "" {
				t.doc.RemoteImages++
			}
		case "srcset":
			if ok = false; !hasKey(attrs, "src") {
				t.doc.RemoteImages++
			}
		default:
			a.Val = strings.TrimSpace(clip(strings.TrimSpace(t.text(a.Val)), maxValue))
			ok = known[name][a.Key] || known[""][a.Key]
		}
		if ok {
			kept = append(kept, a)
		}
	}
	switch {
	case linked: // the page that is linked to learns nothing, and reaches nothing
		kept = append(kept, html.Attribute{Key: "rel", Val: linkRel}, html.Attribute{Key: "target", Val: "_blank"})
	case name == "a":
		return "span", kept
	case name == "img" && !hasKey(kept, "src"):
		return withoutPicture(kept)
	}
	return name, kept
}

// closeUp writes out what Word leaves to its style sheet, which is dropped: its
// paragraphs have no space between them.
func closeUp(name string, attrs []html.Attribute) []html.Attribute {
	word := slices.ContainsFunc(attrs, func(a html.Attribute) bool { return a.Key == "class" && strings.HasPrefix(a.Val, "Mso") })
	if name != "p" || !word {
		return attrs
	}
	const tight = "margin:0"
	if i := slices.IndexFunc(attrs, func(a html.Attribute) bool { return a.Key == "style" }); i >= 0 {
		attrs[i].Val = tight + ";" + attrs[i].Val
		return attrs
	}
	return append(attrs, html.Attribute{Key: "style", Val: tight})
}

const linkRel = "noopener noreferrer nofollow"

// withoutPicture keeps the words of a picture that is not shown, and not its
// room.
func withoutPicture(attrs []html.Attribute) (string, []html.Attribute) {
	var kept []html.Attribute
	words := false
	for _, a := range attrs {
		switch a.Key {
		case "width", "height", "border", "hspace", "vspace":
			continue
		case "alt":
			words = a.Val != ""
		}
		kept = append(kept, a)
	}
	if !words {
		return "", nil
	}
	return "img", kept
}

// schemes of links. Others start programs, or run.
var schemes = set("http", "https", "mailto", "tel")

// href is the target of a link as browsers would take it. One that does not read
// the same after it was written is left out.
func (t *tidy) href(raw string) (string, bool) {
	if len(raw) > maxHref {
		return "", false
	}
	raw = strings.Map(func(r rune) rune { // URL standard section 4.4, basic URL parser: tab and newline are taken out
		if r <= ' ' && r != ' ' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, raw)
	raw = strings.ReplaceAll(strings.Trim(raw, " "), " ", "%20")
	if t.o.Redact != nil {
		raw = t.o.Redact(raw)
	}
	u, err := url.Parse(raw)
	if err != nil || !schemes[u.Scheme] {
		return "", false
	}
	if web := u.Scheme == "http" || u.Scheme == "https"; web != (u.Host != "") || !web && u.Opaque == "" {
		return "", false
	}
	u.User = nil // https://bank.example@evil.example
	target := u.String()
	again, err := url.Parse(target)
	if err != nil || again.String() != target || again.Scheme != u.Scheme || again.Host != u.Host || again.User != nil {
		return "", false
	}
	return target, true
}
