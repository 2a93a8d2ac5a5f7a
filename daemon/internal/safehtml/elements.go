package safehtml

// kind says what becomes of an element. What is not listed loses its tags and
// keeps its text.
type kind uint8

const (
	unknown kind = iota
	inline       // may stand anywhere
	block        // ends a paragraph that is open
	tabular      // belongs into a table, see structure
	void         // has no end tag
	dropped      // goes with all that is in it
	active       // dropped, and worth telling
)

var elements = func() map[string]kind {
	all := map[string]kind{}
	for k, names := range map[kind][]string{
		inline: {"a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark", "q", "rp", "rt",
			"ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var"},
		block: {"address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "h1", "h2", "h3",
			"h4", "h5", "h6", "header", "li", "main", "nav", "ol", "p", "pre", "section", "table", "ul"},
		tabular: {"caption", "colgroup", "tbody", "td", "tfoot", "th", "thead", "tr"},
		void:    {"br", "col", "hr", "img", "wbr"},
		dropped: {"noembed", "noframes", "noscript", "plaintext", "select", "style", "template", "textarea", "title", "xml", "xmp"},
		active:  {"applet", "audio", "iframe", "math", "object", "script", "svg", "video"},
	} {
		for _, name := range names {
			all[name] = k
		}
	}
	return all
}()

// emptyActive have no content; nothing of them is shown.
var emptyActive = map[string]bool{"embed": true, "base": true, "frame": true, "form": true, "input": true, "button": true, "portal": true}

// structure tells, for elements that end others although their end tag is
// missing, which of the open ones they stand in: the nearest of these stays, all
// inside it is closed. That is how old mail writes lists and tables.
var structure = map[string]map[string]bool{
	"caption":  set("table"),
	"colgroup": set("table"),
	"thead":    set("table"),
	"tbody":    set("table"),
	"tfoot":    set("table"),
	"tr":       set("table", "thead", "tbody", "tfoot"),
	"td":       set("table", "thead", "tbody", "tfoot", "tr"),
	"th":       set("table", "thead", "tbody", "tfoot", "tr"),
	"col":      set("table", "colgroup"),
}

// siblings are ended by each other, unless one of the fences is between.
var siblings = map[string]map[string]bool{
	"li": set("li"),
	"dt": set("dt", "dd"),
	"dd": set("dt", "dd"),
	"a":  set("a"),
}

// fences keep an end tag, or a sibling, from closing what is outside of them:
// without them one stray tag in a cell tears a whole newsletter apart.
var fences = set("table", "caption", "td", "th")

var listFences = set("table", "caption", "td", "th", "ul", "ol", "dl")

func set(names ...string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, name := range names {
		s[name] = true
	}
	return s
}
