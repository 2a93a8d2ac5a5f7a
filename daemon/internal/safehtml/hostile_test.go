package safehtml

import (
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

// mayStand is what a document may hold, written without a look at the policy.
var mayStand = regexp.MustCompile(`^(?:a|abbr|address|article|aside|b|bd[io]|big|blockquote|br|caption|center|cite|code|col|colgroup|d[dlt]|del|dfn|div|em|` +
	`figcaption|figure|font|footer|h[1-6]|header|hr|i|img|ins|kbd|li|main|mark|nav|[ou]l|p|pre|q|r[pt]|ruby|s|samp|section|small|span|strike|strong|su[bp]|` +
	`table|tbody|t[dhrt]|tfoot|thead|time|u|var|wbr)$`)

var mayBe = regexp.MustCompile(`^(?:align|alt|bgcolor|border|bordercolor|cellpadding|cellspacing|clear|color|colspan|dir|face|frame|height|href|hspace|` +
	`lang|noshade|nowrap|rel|reversed|role|rowspan|rules|size|span|src|start|style|target|title|type|valign|value|vspace|width)$`)

var mayStyle = regexp.MustCompile(`^[\pL\pN #%.,;:()/_-]*$`)

// reporter is a test, or a property that rapid tries.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// check parses a document as browsers do and looks at every node.
func check(t reporter, doc string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader("<!doctype html><html><head></head><body>" + doc + "</body></html>"))
	if err != nil {
		t.Fatalf("the output does not parse: %v", err)
	}
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode, html.DoctypeNode:
			continue
		case html.ElementNode:
		default:
			t.Fatalf("node of type %d: %.200q", n.Type, n.Data)
		}
		if n.Data == "html" || n.Data == "head" || n.Data == "body" {
			if len(n.Attr) > 0 {
				t.Errorf("%s has attributes: %v", n.Data, n.Attr)
			}
			continue
		}
		if !mayStand.MatchString(n.Data) || n.Namespace != "" {
			t.Errorf("element %s:%s", n.Namespace, n.Data)
		}
		checkAttributes(t, n)
	}
}

func checkAttributes(t reporter, n *html.Node) {
	t.Helper()
	found := map[string]string{}
	for _, a := range n.Attr {
		if !mayBe.MatchString(a.Key) || a.Namespace != "" {
			t.Errorf("%s has %s:%s=%q", n.Data, a.Namespace, a.Key, a.Val)
		}
		found[a.Key] = a.Val
	}
	if style, ok := found["style"]; ok {
		checkStyle(t, style)
	}
	if src, ok := found["src"]; ok {
		head, data, _ := strings.Cut(src, ",")
		if _, err := base64.StdEncoding.DecodeString(data); err != nil || n.Data != "img" || !regexp.MustCompile(`^data:image/(png|jpeg|gif|webp);base64$`).MatchString(head) {
			t.Errorf("%s loads %.100q", n.Data, src)
		}
	}
	if href, ok := found["href"]; ok {
		u, err := url.Parse(href)
		if err != nil || n.Data != "a" || !strings.Contains(" http https mailto tel ", " "+u.Scheme+" ") || strings.ContainsAny(href, " \t\r\n\x00") {
			t.Errorf("%s leads to %q", n.Data, href)
		}
		if found["rel"] != "noopener noreferrer nofollow" || found["target"] != "_blank" {
			t.Errorf("a link has rel %q and target %q", found["rel"], found["target"])
		}
	}
}

func checkStyle(t reporter, style string) {
	t.Helper()
	if !mayStyle.MatchString(style) {
		t.Errorf("style %q", style)
	}
	for _, call := range regexp.MustCompile(`([^\s,;:(]*)\(`).FindAllStringSubmatch(style, -1) {
		if name := call[1]; name != "rgb" && name != "rgba" && name != "hsl" && name != "hsla" {
			t.Errorf("style %q calls %s", style, name)
		}
	}
	for declaration := range strings.SplitSeq(style, ";") {
		name, value, _ := strings.Cut(declaration, ":")
		switch name {
		case "position", "z-index", "transform", "filter", "behavior", "content", "top", "left", "inset", "animation", "all":
			t.Errorf("style %q sets %s", style, name)
		}
		if strings.HasPrefix(name, "-") || strings.HasPrefix(name, "margin") && strings.Contains(value, "-") {
			t.Errorf("style %q sets %s to %s", style, name, value)
		}
	}
}

// checkAgain wants that nothing is left for a second time.
func checkAgain(t reporter, doc string) {
	t.Helper()
	again := string(Sanitise(doc, options).HTML)
	if again == doc {
		return
	}
	same := 0
	for same < min(len(doc), len(again)) && doc[same] == again[same] {
		same++
	}
	from := max(0, same-100)
	t.Errorf("a second time changes it\nfrom %.200q\nto   %.200q", doc[from:], again[from:])
}

// vectors are one a line in testdata; \n and \t stand for themselves.
func vectors(t testing.TB) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "vectors.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(raw)) {
		all = append(all, strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\0`, "\x00", `\r`, "\r", `\f`, "\f").Replace(strings.TrimSuffix(line, "\n")))
	}
	return all
}

// covers: P07
func TestVectors(t *testing.T) {
	for _, src := range vectors(t) {
		t.Run("", func(t *testing.T) {
			d := Sanitise(src, options)
			check(t, string(d.HTML))
			checkAgain(t, string(d.HTML))
			if t.Failed() {
				t.Logf("source %q\nresult %q", src, d.HTML)
			}
		})
	}
}

// Any order of what is dangerous, quoted and unquoted, closed and not.
func TestAnyOrder(t *testing.T) {
	pieces := append(vectors(t), "<", ">", "</", "/>", `"`, "'", "=", " ", "<!--", "-->", "--!>", "<![CDATA[", "]]>", "<!", "<?", "&lt;", "&#", "\x00",
		"<table>", "<tr>", "<td>", "<select>", "<option>", "<p>", "<a href=http://x>", "</a>", "<b>", "</b>", "<svg>", "</svg>", "<math>", "<mtext>",
		"<style>", "</style>", "<title>", "</title>", "<textarea>", "<noscript>", "</noscript>", "<template>", "<pre>", "\n", "<img src=", "style=\"color:red",
		"<body bgcolor=red>", "</body>", "<li>", "<ul>", "<dd>", "</p>", "</br>", "<form>", "</form>", "javascript:", "é", "İ", "\u2028", "\xff", "SECRET")
	rapid.Check(t, func(t *rapid.T) {
		src := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(t, "pieces"), "")
		d := Sanitise(src, options)
		check(t, string(d.HTML))
		checkAgain(t, string(d.HTML))
	})
}

// slowest is far above what a document of fuzzing takes, and far below what a
// quadratic step would.
const slowest = 2 * time.Second

func FuzzSanitise(f *testing.F) {
	for _, src := range vectors(f) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		began := time.Now()
		d := Sanitise(src, options)
		if took := time.Since(began); took > slowest {
			t.Errorf("%d bytes took %s", len(src), took)
		}
		check(t, string(d.HTML))
		if len(d.HTML) <= MaxBytes {
			checkAgain(t, string(d.HTML))
		}
	})
}
