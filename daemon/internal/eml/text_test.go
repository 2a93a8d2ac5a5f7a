package eml

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// covers: P07
func TestText(t *testing.T) {
	alternative := func(plain, html string) []byte {
		return crlf("Content-Type: multipart/alternative; boundary=b", "", "--b", "", plain,
			"--b", "Content-Type: text/html", "", html, "--b--")
	}
	for _, c := range []struct {
		name   string
		raw    []byte
		want   string
		source TextSource
	}{
		{"plain wins", alternative("plain", "<p>html"), "plain", TextPlain},
		{"blank plain does not", alternative(" \xc2\xa0\r\n", "<p>html"), "html", TextHTML},
		{"both blank", alternative(" ", "<p> </p>"), "", TextNone},
		{"html in capitals", crlf("Content-Type: TEXT/HTML", "", "<P>x"), "x", TextHTML},
		{
			"parts in order",
			crlf("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "one", "", "--b", "Content-Type: text/html", "", "<b>two</b>",
				"--b", "", "three", "--b--"), "one\ntwo\nthree", TextHTML,
		},
		{"declared attachment", crlf("Content-Disposition: attachment", "", "x"), "", TextNone},
		{"named first part", crlf("Content-Type: text/plain; name=body.txt", "", "x"), "x", TextPlain},
		{"other text", crlf("Content-Type: text/csv", "", "a,b"), "", TextNone},
		{"control characters", crlf("", "a\x00b\x1b[0m\x7f\fc\tд"), "ab[0m\nc\tд", TextPlain},
		{"line ends", crlf("", "a\rb\nc\r\r\nd"), "a\nb\nc\nd", TextPlain},
		{
			"related root by start",
			crlf(`Content-Type: multipart/related; boundary=b; start="<r>"`, "", "--b", "Content-Type: text/plain", "", "not this",
				"--b", "Content-ID: <r>", "", "this", "--b--"), "this", TextPlain,
		},
		{
			"attached mail is not text",
			crlf("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "mine",
				"--b", "Content-Type: message/rfc822", "", "Subject: s", "", "theirs", "--b--"), "mine", TextPlain,
		},
		{
			"signed",
			crlf("Content-Type: multipart/signed; boundary=b", "", "--b", "", "signed",
				"--b", "Content-Type: application/pgp-signature", "", "sig", "--b--"), "signed", TextPlain,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Read(c.raw)
			got, source := m.Text()
			if got != c.want || source != c.source {
				t.Errorf("Text = %q from %v, want %q from %v", got, source, c.want, c.source)
			}
		})
	}
}

func TestTextLimit(t *testing.T) {
	body := strings.Repeat("0123456789abcde\n", MaxTextBytes/16+1)
	for _, encoding := range []string{"8bit", "quoted-printable"} {
		m := Read([]byte("Content-Transfer-Encoding: " + encoding + "\n\n" + body))
		if text := m.Root.Text(); len(text) > MaxTextBytes {
			t.Errorf("%s: %d bytes of text", encoding, len(text))
		}
		if !m.HasFault(FaultTextLimit) {
			t.Errorf("%s: limit is not a fault", encoding)
		}
	}
}

func TestHTMLPart(t *testing.T) {
	m := Read(crlf("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: multipart/alternative; boundary=a", "",
		"--a", "", "plain", "--a", "Content-Type: text/html; charset=iso-8859-1", "", "<p>\xe4</p>", "--a--",
		"--b", "", "a < b", "--b--"))
	got, ok := m.HTML()
	if want := "<p>ä</p>\n<pre>a &lt; b</pre>\n"; !ok || got != want {
		t.Errorf("HTML = %q, %v; want %q", got, ok, want)
	}
	if got, ok := Read(crlf("", "plain")).HTML(); ok {
		t.Errorf("HTML of a plain mail: %q", got)
	}
}

func TestHTMLText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"blanks collapse", "<p> a \n\t b </p>", "a b"},
		{"inline elements", "a <b>b</b> <i>c</i>d", "a b cd"},
		{"paragraphs", "<p>a</p><p>b</p>", "a\n\nb"},
		{"lines of word", `<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>`, "a\n\nb"},
		{"breaks", "a<br>b<br/><br>c<br><br><br><br>d", "a\nb\n\nc\n\n\nd"},
		{"divs", "<div>a<div>b</div></div><div>c</div>", "a\nb\nc"},
		{"empty div with a break", "<div>a</div><div><br></div><div>b</div>", "a\n\nb"},
		{"entities", "&lt;b&gt; &amp;amp; &#228;&euro;", "<b> &amp; ä€"},
		{"control characters by reference", "a&#0;&#27;[1m&#8203;b", "a\ufffd[1mb"},
		{"hard blanks", "a&nbsp;&nbsp;b&nbsp;", "a  b"},
		{"pre", "<pre>a\n  b\n\nc</pre>d", "a\n  b\n\nc\n\nd"},
		{"list", "<ul><li>a<li>b<ul><li>c</ul></ul>d", "- a\n- b\n  - c\nd"},
		{"numbered list", "<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"},
		{"item without a list", "<li>a", "- a"},
		{"table", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		{"paragraphs in cells", "<table><tr><td><p>a</p></td><td><p>b</p></td></tr><tr><td><div>c</div></td><td>d</td></tr></table>", "a b\nc d"},
		{"columns of text", "<table><tr><td><p>a</p><p>b</p></td><td><p>c</p></td></tr></table>", "a\n\nb\n\nc"},
		{"long label", "<table><tr><td><div>" + strings.Repeat("a", 61) + "</div></td><td>b</td></tr></table>", strings.Repeat("a", 61) + "\nb"},
		{"paragraphs in items", "<ol><li><p>a</p></li><li><p>b</p></li></ol>", "1. a\n2. b"},
		{"empty item", "<ul><li></li><li>a</li></ul>", "-\n- a"},
		{"outlook only", "a<!--[if mso]>b<![endif]-->c<!--[if !mso]><!-->d<!--<![endif]-->e", "acde"},
		{"hidden from outlook alone", `<a href="https://a.example/x" style="mso-hide:all">a</a>`, "a <https://a.example/x>"},
		{"preview line", `<div style="max-height:0px; overflow:hidden">a</div><span style="opacity:0">b</span><span style="opacity:0.5">c</span>`, "c"},
		{"preview padding", "<div>&zwnj;&nbsp;&zwnj;&nbsp;</div>a", "a"},
		{"joiners inside words", "فار&zwnj;سی", "فار\u200cسی"},
		{"quote never closed", `<a href="https://a.example/x>a</a> b`, "a <https://a.example/x> b"},
		{"script never closed", "a<script>b", "a"},
		{"comment never closed", "a<!-- b", "a"},
		{"short comments", "a<!-->b<!--->c<!---->d", "abcd"},
		{"address in another case", `<a href="mailto:a@b.example">A@b.example</a>`, "A@b.example"},
		{"protected fields", `<div class="header-protection-legacy-display">Subject: a</div>b`, "b"},
		{"quote", "a<blockquote>b<br>c<blockquote>d</blockquote></blockquote>e", "a\n\n> b\n> c\n>\n> > d\n\ne"},
		{"rule", "a<hr>b", "a\n---\nb"},
		{"link", `<a href="https://a.example/x?y=1&amp;z=2">here</a>.`, "here <https://a.example/x?y=1&z=2>."},
		{"link with its own text", `<a href="https://a.example/">a.example</a> <a href="mailto:b@a.example">b@a.example</a>`, "a.example b@a.example"},
		{"link that lies", `<a href="https://evil.example/">https://bank.example/</a>`, "https://bank.example/ <https://evil.example/>"},
		{"script link", `<a href="java&#10;script:alert(1)">x</a>`, "x"},
		{"relative link", `<a href="/x">x</a>`, "x"},
		{"link with brackets", `<a href="https://a.example/<b>">x</a>`, "x <https://a.example/b>"},
		{"link not closed", `<a href="https://a.example/">x<p>y`, "x\n\ny <https://a.example/>"},
		{"image", `<img src="x" alt="a  chart"><img src=y>`, "[a chart]"},
		{"script and style", "a<script>b</script><style>c</style><title>d</title>e", "ae"},
		{"hidden", `a<div style="display: none">b<div>c</div></div><span hidden>d</span>e`, "ae"},
		{"hidden paragraph not closed", `a<p style="display:none">b<p>c`, "a\n\nc"},
		{"hidden void element", `a<img style="display:none" alt=x>b`, "ab"},
		{"everything hidden", `<div style="display:none">a</div>`, "a"},
		{"comment", "a<!-- b -->c<![if !mso]>d<![endif]>", "acd"},
		{"broken tags", "a < b <c <p>d</p", "a < b d"},
		{"no html", "plain words", "plain words"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := htmlText(c.in); got != c.want {
				t.Errorf("htmlText(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestUnflow(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    string
		delSp bool
		want  string
	}{
		{"paragraph", "a \nb \nc\nd", false, "a b c\nd"},
		{"delsp", "a \nb  \nc", true, "ab c"},
		{"stuffed", " >a\n  b", false, ">a\n b"},
		{"quoted", "> a \n> b\n>> c \n> d", false, "> a b\n>> c \n> d"},
		{"quote marks kept apart", ">a\n>>  b", false, "> a\n>>  b"},
		{"signature is fixed", "a \n-- \nb", false, "a \n-- \nb"},
		{"empty lines", "a\n\nb \n\nc", false, "a\n\nb \nc"},
		{"ends with a line end", "a \nb\n", false, "a b\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, unflow(c.in, c.delSp)); diff != "" {
				t.Errorf("unflow (-want +got):\n%s", diff)
			}
		})
	}
}
