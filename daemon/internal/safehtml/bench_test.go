package safehtml

import (
	"fmt"
	"strings"
	"testing"
)

// hostile are so many bytes each of what makes sanitisers slow.
func hostile(size int) map[string]string {
	fill := func(piece string) string { return strings.Repeat(piece, size/len(piece)) }
	return map[string]string{
		"text": fill("Lorem ipsum dolor sit amet, "), "quotes": fill(`"`), "entities": fill("&amp;"), "broken-entities": fill("&#"), "long-entity": "&" + fill("a"),
		"b": fill("<b>"), "end-b": "<b>" + strings.Repeat("<div>", 190) + fill("</b>"), "fenced-end-b": "<b><table><tr><td>" + strings.Repeat("<div>", 190) + fill("</b>"),
		"table": fill("<table>"), "table-row-cell": fill("<table><tr><td>"), "a": fill("<a href=http://x>"), "p": fill("<p>"),
		"fonts-p": "<p>" + strings.Repeat("<font color=red>", 190) + fill("<p>x"), "li": fill("<li>"), "div-li": strings.Repeat("<div>", 190) + fill("<li></li>"),
		"comments": fill("<!--"), "comment-pairs": fill("<!-- -->"), "less-than": fill("<"), "closing": fill("</"), "tag-without-end": "<" + fill("a"),
		"attributes": "<b " + fill("a "), "same-attributes": "<b " + fill("title=x "), "different-attributes": "<b " + numbered(size, " a%d=1"), "long-attribute": `<b title="` + fill("a"),
		"style": `<b style="` + fill("color:red;") + `">`, "styles": fill(`<b style="color:red;padding:0 1px;font:12px arial">`), "css-escapes": fill(`<b style="` + strings.Repeat(`\41`, 2000) + `">`),
		"css-brackets": fill(`<b style="color:` + strings.Repeat("(", 8000) + `">`), "families": fill(`<b style="font-family:` + strings.Repeat("a,", 4000) + `">`),
		"script": fill("<script>"), "svg": fill("<svg>"), "style-element": fill("<style>"), "textarea": fill("<textarea>"), "plaintext": "<plaintext>" + fill("<b>"), "cdata": fill("<![CDATA["),
		"remote": fill("<img src=http://x/>"), "cid": fill("<img src=cid:logo@x>"), "missing": fill("<img src=cid:x>"), "data": `<img src="data:image/png;base64,` + fill("AAAA") + `">`,
		"broken-data": fill(`<img src="data:image/png;base64,!">`), "long-href": fill(`<a href="http://x/` + strings.Repeat("%41&", 2000) + `">`), "nul": fill("\x00"), "bytes": fill("\xff"),
		"mail": fill(`<tr><td align="left" style="padding:8px 0;font-family:Arial,sans-serif;font-size:14px;color:#333"><a href="https://shop.example/order?id=1&amp;x=2" style="color:#0a7a5c">Order 1042</a> was sent.</td></tr>`),
	}
}

func numbered(size int, format string) string {
	var out strings.Builder
	for i := 0; out.Len() < size; i++ {
		fmt.Fprintf(&out, format, i)
	}
	return out.String()
}

func BenchmarkSanitise(b *testing.B) {
	for name, src := range hostile(MaxBytes) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				Sanitise(src, options)
			}
		})
	}
}

// TestHostile looks at what becomes of them; benchmarks tell how long it takes.
func TestHostile(t *testing.T) {
	const size = 128 << 10
	for name, src := range hostile(size) {
		t.Run(name, func(t *testing.T) {
			d := Sanitise(src, options)
			check(t, string(d.HTML))
			// "&#34;" is the longest way to write one byte.
			if most := 5*size + MaxImageBytes; len(d.HTML) > most {
				t.Errorf("%d bytes, want at most %d", len(d.HTML), most)
			}
			if len(d.HTML) <= MaxBytes {
				checkAgain(t, string(d.HTML))
			}
		})
	}
}
