package safehtml

import (
	"strings"

	"golang.org/x/net/html"
)

// tidy is the first wall: it reads tokens and writes well nested tags of known
// elements. Attributes that could load or hide are rewritten or left out here;
// what the others may hold is left to the policy.
type tidy struct {
	o   Options
	doc *Document
	z   *html.Tokenizer
	out strings.Builder

	open  []element
	count map[string]int // open elements by name
	read  int            // tags
	wrote int            // tags, with the end tags of what is open

	skip      string // element that is left out with all that is in it; "" if none
	skipDepth int    // of elements of that name
	body      bool   // it was seen

	imageBytes int
}

// element is one open element: what it was called, and what it is now.
type element struct{ name, tag string }

func newTidy(src string, o Options, d *Document) *tidy {
	return &tidy{o: o, doc: d, z: html.NewTokenizer(strings.NewReader(src)), count: map[string]int{}}
}

func (t *tidy) run() {
	for t.next() {
	}
	t.closeTo(0)
}

// next handles one token and reports whether more may follow. Comments, the
// conditional ones of Outlook among them, doctypes and CDATA are passed over.
func (t *tidy) next() bool {
	kind := t.z.Next()
	switch kind {
	case html.ErrorToken:
		return false
	case html.TextToken:
		if t.skip == "" {
			t.out.WriteString(html.EscapeString(t.text(string(t.z.Text()))))
		}
		return true
	case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
	default:
		return true
	}
	if t.read++; t.read > MaxTags {
		t.doc.Cut = true
		return false
	}
	name, more := t.z.TagName()
	tag := string(name)
	switch {
	case t.skip != "":
		t.skipping(tag, kind)
	case kind == html.EndTagToken:
		t.end(tag)
	default:
		t.start(tag, t.attributes(more), kind == html.SelfClosingTagToken)
	}
	return !t.doc.Cut || t.wrote < MaxTags
}

// spend counts tags that are to be written. Old mail leaves out end tags, so
// more may be written than were read.
func (t *tidy) spend(tags int) bool {
	if t.wrote+tags > MaxTags {
		t.doc.Cut, t.wrote = true, MaxTags
		return false
	}
	t.wrote += tags
	return true
}

// text is what is shown of character data: no control characters, which
// references such as &#13; bring in.
func (t *tidy) text(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r < ' ' && r != '\n' && r != '\t', r >= 0x7f && r < 0xa0:
			return -1
		}
		return r
	}, s)
	if t.o.Redact != nil {
		s = t.o.Redact(s)
	}
	return s
}

// skipping waits for the end of what is left out.
func (t *tidy) skipping(tag string, kind html.TokenType) {
	if tag != t.skip {
		return
	}
	switch kind {
	case html.StartTagToken:
		t.skipDepth++
	case html.EndTagToken:
		if t.skipDepth--; t.skipDepth == 0 {
			t.skip = ""
		}
	}
}

func (t *tidy) start(name string, attrs []html.Attribute, selfClosing bool) {
	kind := elements[name]
	if kind == active || emptyActive[name] {
		t.doc.Active++
	}
	switch kind {
	case dropped, active:
		if foreign := name == "svg" || name == "math"; !foreign || !selfClosing {
			t.skip, t.skipDepth = name, 1
		}
		return
	case unknown:
		if name == "body" && !t.body {
			t.startBody(attrs)
		}
		return
	}
	if inner, ok := structure[name]; ok && !t.backTo(inner) {
		return // a cell without a table
	}
	t.endSiblings(name)
	if (kind == block || name == "hr") && len(t.open) > 0 && t.open[len(t.open)-1].name == "p" {
		t.closeTo(len(t.open) - 1)
	}
	tag, attrs := t.rewrite(name, attrs)
	switch {
	case tag == "":
	case kind == void:
		if t.spend(1) {
			t.write(tag, attrs)
		}
	case len(t.open) < MaxDepth:
		t.push(element{name, tag}, attrs)
	}
}

// startBody keeps the ground and the ink of a body, as a div. Nothing ends it:
// there are mails that go on after </body>.
func (t *tidy) startBody(attrs []html.Attribute) {
	t.body = true
	style := ""
	for _, a := range attrs {
		switch {
		case a.Key == "bgcolor" && colour(strings.ToLower(a.Val)):
			style += "background-color:" + strings.ToLower(a.Val) + ";"
		case a.Key == "text" && colour(strings.ToLower(a.Val)):
			style += "color:" + strings.ToLower(a.Val) + ";"
		}
	}
	for i := range attrs {
		if attrs[i].Key == "style" {
			attrs[i].Val = style + attrs[i].Val
			style = ""
		}
	}
	if style != "" {
		attrs = append(attrs, html.Attribute{Key: "style", Val: style})
	}
	tag, attrs := t.rewrite("div", attrs)
	if len(attrs) > 0 && len(t.open) < MaxDepth {
		t.push(element{"body", tag}, attrs)
	}
}

// backTo closes what is inside the nearest open element of the set; false if
// none is open.
func (t *tidy) backTo(inner map[string]bool) bool {
	for i := len(t.open) - 1; i >= 0; i-- {
		if inner[t.open[i].name] {
			t.closeTo(i + 1)
			return true
		}
	}
	return false
}

// endSiblings closes an open element that can't stand around a new one.
func (t *tidy) endSiblings(name string) {
	same, ok := siblings[name]
	if !ok {
		return
	}
	fence := listFences
	if name == "a" {
		fence = fences
	}
	for i := len(t.open) - 1; i >= 0 && !fence[t.open[i].name]; i-- {
		if same[t.open[i].name] {
			t.closeTo(i)
			return
		}
	}
}

// end closes the nearest open element of that name, with what is in it. Others
// are strays.
func (t *tidy) end(name string) {
	if name == "br" {
		t.start(name, nil, false) // </br> is one
	}
	if t.count[name] == 0 {
		return
	}
	fence := fences
	switch {
	case elements[name] == tabular || name == "table":
		fence = set("table")
	case name == "li", name == "dt", name == "dd":
		fence = listFences
	}
	for i := len(t.open) - 1; i >= 0; i-- {
		if t.open[i].name == name {
			t.closeTo(i)
			return
		}
		if fence[t.open[i].name] {
			return
		}
	}
}

func (t *tidy) push(e element, attrs []html.Attribute) {
	if !t.spend(2) {
		return
	}
	t.write(e.tag, attrs)
	t.open = append(t.open, e)
	t.count[e.name]++
}

// closeTo writes end tags until n elements are open.
func (t *tidy) closeTo(n int) {
	for len(t.open) > n {
		last := t.open[len(t.open)-1]
		t.open = t.open[:len(t.open)-1]
		t.count[last.name]--
		t.out.WriteString("</" + last.tag + ">")
	}
}

func (t *tidy) write(tag string, attrs []html.Attribute) {
	t.out.WriteString("<" + tag)
	for _, a := range attrs {
		t.out.WriteString(" " + a.Key + `="` + html.EscapeString(a.Val) + `"`)
	}
	t.out.WriteString(">")
}
