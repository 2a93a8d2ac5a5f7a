package safehtml

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pixel is a PNG of one pixel.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

const pixelURL = "data:image/png;base64," + pixel

// options know one picture and one secret.
var options = Options{
	Image: func(id string) string {
		if id == "logo@x" {
			return pixelURL
		}
		return ""
	},
	Redact: func(s string) string { return strings.ReplaceAll(s, "SECRET", "…") },
}

// covers: P07
func TestSanitise(t *testing.T) {
	for _, tt := range []struct {
		name string
		src  string
		want Document
	}{
		{"text", `a < b & "c" 'd'`, Document{HTML: `a &lt; b &amp; &#34;c&#34; &#39;d&#39;`}},
		{"structure", `<h1>T</h1><p dir=rtl lang="he">x<br>y</p><ul><li>1</ul>`, Document{HTML: `<h1>T</h1><p dir="rtl" lang="he">x<br>y</p><ul><li>1</li></ul>`}},
		{"old lists and cells", `<ul><li>1<li>2<ul><li>3</ul><li>4</ul><dl><dt>a<dd>b<dt>c</dl><table><tr><td>1<td>2<tr><td>3</table>`,
			Document{HTML: `<ul><li>1</li><li>2<ul><li>3</li></ul></li><li>4</li></ul><dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>` +
				`<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>`}},
		{"old paragraphs", `<p>1<p>2<div>3</div>`, Document{HTML: `<p>1</p><p>2</p><div>3</div>`}},
		{"misnested", `<b><i>1</b>2</i></p></td>`, Document{HTML: `<b><i>1</i></b>2`}},
		{"a stray end tag in a cell", `<div><table><tr><td>1</div></b>2</td></tr></table></div>`, Document{HTML: `<div><table><tr><td>12</td></tr></table></div>`}},
		{"cells without a table", `<tr><td>1</td></tr>`, Document{HTML: `1`}},
		{"body", `<html><head><title>T</title><meta charset=x></head><body bgcolor="#F4F4F4" text=red style="margin:0" onload=x()>1</body></html>`,
			Document{HTML: `<div style="background-color:#f4f4f4;color:red;margin:0">1</div>`}},
		{"font", `<font color="#ff0000" face="Arial, 'Segoe UI'" size=+1>1</font>`, Document{HTML: `<font color="#ff0000" face="Arial, &#39;Segoe UI&#39;" size="+1">1</font>`}},
		{"Word", `<!--[if gte mso 9]><xml><o:OfficeDocumentSettings/></xml><![endif]--><p class=MsoNormal style='margin-left:.5in;text-indent:-.25in;mso-list:l0'><span style='font-family:"Calibri",sans-serif;color:#1F497D'>1<o:p></o:p></span></p><![if !vml]>2<![endif]>`,
			Document{HTML: `<p style="margin:0;margin-left:.5in;text-indent:-.25in"><span style="font-family:calibri,sans-serif;color:#1f497d">1</span></p>2`}},
		{"link", `<a href=" https://x.example/a b?c=d&amp;e#f " class=c id=i target=_top rel=opener>1</a>`,
			Document{HTML: `<a href="https://x.example/a%20b?c=d&amp;e#f" rel="noopener noreferrer nofollow" target="_blank">1</a>`}},
		{"mail and telephone", `<a href="mailto:a@x.example">1</a><a href="tel:+1">2</a>`,
			Document{HTML: `<a href="mailto:a@x.example" rel="noopener noreferrer nofollow" target="_blank">1</a><a href="tel:+1" rel="noopener noreferrer nofollow" target="_blank">2</a>`}},
		{"no user in a link", `<a href="https://bank.example@evil.example/">1</a>`, Document{HTML: `<a href="https://evil.example/" rel="noopener noreferrer nofollow" target="_blank">1</a>`}},
		{"links that go nowhere", `<a href="/agent">1</a><a href="#x" title=t>2</a><a href="//x.example">3</a><a href="ftp://x.example">4</a>`,
			Document{HTML: `<span>1</span><span title="t">2</span><span>3</span><span>4</span>`}},
		{"picture of the mail", `<img src="cid:logo%40x" width=10 alt=Logo onerror=x()>`, Document{HTML: `<img src="` + pixelURL + `" width="10" alt="Logo">`}},
		{"picture in the source", `<img src="DATA:text/html;base64,` + pixel + `">`, Document{HTML: `<img src="` + pixelURL + `">`}},
		{"pictures that are none", `<img src="cid:nobody"><img src="data:text/html;base64,PHA+"><img src="data:image/svg+xml;base64,PHN2Zz4="><img src="data:image/png,x">`, Document{MissingImages: 4}},
		{"remote pictures", `<img src="https://t.example/1.gif" width=1 height=1><img src=//t.example/2 alt="Acme" width=600 height=300><table background=https://t.example/3><tr><td style="background:#fff url(https://t.example/4) no-repeat">x</table><img srcset="https://t.example/5 2x">`,
			Document{HTML: `<img alt="Acme"><table><tr><td style="background-color:#fff">x</td></tr></table>`, RemoteImages: 5}},
		{"active content", `<script>alert(1)</script><iframe src=x></iframe><form action=x><input name=a>1</form><object data=x>2</object><svg onload=x><circle/></svg><base href=x>3`, Document{HTML: `13`, Active: 7}},
		{"hidden", `<div style="display:none;max-height:0">preview</div>`, Document{HTML: `<div style="display:none;max-height:0">preview</div>`}},
		{"styles that cover", `<div style="position:fixed;top:0;z-index:9;margin-top:-50px;transform:scale(9);color:red">x</div>`, Document{HTML: `<div style="color:red">x</div>`}},
		{"names", `<div id=body class=bar name=x data-x=y>1</div>`, Document{HTML: `<div>1</div>`}},
		{"secrets", `<a href="https://x.example/SECRET" title="SECRET">SECRET</a>`,
			Document{HTML: `<a href="https://x.example/%E2%80%A6" title="…" rel="noopener noreferrer nofollow" target="_blank">…</a>`}},
		{"control characters", "a\x00b&#13;c&#1;d\x80", Document{HTML: "ab\ncd\uFFFD"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Sanitise(tt.src, options)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name string
		src  string
		cut  bool
		has  string
	}{
		{"bytes", strings.Repeat("ä", MaxBytes/2) + "END", true, "ä"},
		{"all bytes", strings.Repeat("x", MaxBytes), false, "x"},
		{"tags", strings.Repeat("<b></b>", MaxTags/2) + "<i>END</i>", true, "</b>"},
		{"tags that are implied", "<ul>" + strings.Repeat("<li>", MaxTags/2) + "</ul><i>END</i>", true, "</li>"},
		{"depth", strings.Repeat("<div>", MaxDepth+50) + "deep", false, "<div>deep</div>"},
		{"pictures", strings.Repeat(`<img src="data:image/png;base64,`+pixel[:60]+strings.Repeat("A", 100_000)+`">`, 10), false, "data:image/png"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := Sanitise(tt.src, options)
			if d.Cut != tt.cut || !strings.Contains(string(d.HTML), tt.has) || strings.Contains(string(d.HTML), "END") {
				t.Errorf("cut is %t, want %t; %d bytes", d.Cut, tt.cut, len(d.HTML))
			}
			if n := strings.Count(string(d.HTML), "<div>"); n > MaxDepth {
				t.Errorf("%d open elements", n)
			}
		})
	}
	big := DataURL([]byte("\x89PNG\r\n\x1a\n" + strings.Repeat("x", MaxImageBytes/8)))
	d := Sanitise(strings.Repeat("<img src=cid:a>", 1000), Options{Image: func(string) string { return big }})
	if len(d.HTML) > MaxImageBytes+1000 || d.MissingImages != 1000-MaxImageBytes/len(big) {
		t.Errorf("%d bytes of pictures, %d missing; want at most %d", len(d.HTML), d.MissingImages, MaxImageBytes)
	}
}

func TestStyles(t *testing.T) {
	for _, tt := range []struct{ name, css, want string }{
		{"colours", "color:RED;background-color:#FFF;border-color:rgb(1, 2, 3) hsla(1,2%,3%,.5)", "color:red;background-color:#fff;border-color:rgb(1,2,3) hsla(1,2%,3%,.5)"},
		{"lengths", "width:600px;max-width:100%;padding:0 1em 2pt;margin:0 auto;line-height:1.5;font-size:x-large", "width:600px;max-width:100%;padding:0 1em 2pt;margin:0 auto;line-height:1.5;font-size:x-large"},
		{"too much", "width:99999px;padding:-1px;margin:-5px 0;font-size:900px;text-indent:-9999px;line-height:1e9;width:1px2", ""},
		{"border", "border:solid windowtext 1.0pt;border-top:none", "border:solid windowtext 1.0pt;border-top:none"},
		{"font", "font:italic bold 12px/1.5 'Segoe UI', Arial;font:caption", "font:italic bold 12px/1.5 segoe ui,arial"},
		{"families", `font-family:"Helvetica Neue", -apple-system, 3com, a;font-family:'微软雅黑'`, "font-family:helvetica neue,-apple-system,a;font-family:微软雅黑"},
		{"important", "color:red ! important;color:blue!important", "color:blue"},
		{"functions", "width:calc(1px);width:expression(alert(1));color:var(--x);background:url(x);background-color:attr(x);height:env(x);width:min(1px)", ""},
		{"escapes", `co\6cor:red;width:\65xpression(1);color:r\65 d;background:u\72l(x);color:"red"`, ""},
		{"comments", "color:r/**/ed;co/**/lor:red;width:exp/**/ression(1);/*;color:red;*/", "color:red"},
		{"rules", "@import 'x';color:red}body{color:blue;behavior:url(x);-moz-binding:url(x);filter:alpha(opacity=0)", ""},
		{"covering", "position:absolute;top:0;inset:0;z-index:9;transform:none;clip:auto;float:left", "float:left"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d Document
			got, ok := newTidy("", Options{}, &d).style(tt.css)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestDataURL(t *testing.T) {
	for _, tt := range []struct{ name, bytes, want string }{
		{"GIF", "GIF89a", "data:image/gif;base64,R0lGODlh"},
		{"SVG", "<svg xmlns='http://www.w3.org/2000/svg'>", ""},
		{"HTML", "<html>", ""},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := DataURL([]byte(tt.bytes)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
