package eml

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParams(t *testing.T) {
	for _, c := range []struct {
		name  string
		value string
		main  string
		want  map[string]string
	}{
		{"plain", `text/plain; charset=utf-8; Format="flowed"`, "text/plain", map[string]string{"charset": "utf-8", "format": "flowed"}},
		{"no parameters", "text/plain", "text/plain", map[string]string{}},
		{"trailing semicolons", "text/plain;; ;charset=x;", "text/plain", map[string]string{"charset": "x"}},
		{"forgotten semicolon", "text/plain charset=x", "text/plain", map[string]string{"charset": "x"}},
		{"forgotten semicolon between", `a/b; c="d" e=f`, "a/b", map[string]string{"c": "d", "e": "f"}},
		{"blanks around equals", "a/b; c = d", "a/b", map[string]string{"c": "d"}},
		{"comments", "text/plain (a comment); charset=x (why)", "text/plain ", map[string]string{"charset": "x"}},
		{"escaped quote", `a/b; name="a \"b\" c"`, "a/b", map[string]string{"name": `a "b" c`}},
		{"backslashes of a path", `a/b; name="C:\temp\a.txt"`, "a/b", map[string]string{"name": `C:\temp\a.txt`}},
		{"unterminated quote", `a/b; name="abc`, "a/b", map[string]string{"name": "abc"}},
		{"semicolon in quotes", `a/b; name="a;b"`, "a/b", map[string]string{"name": "a;b"}},
		{"name with blanks and brackets", "a/b; name=my file (1).txt; x=y", "a/b", map[string]string{"name": "my file (1).txt", "x": "y"}},
		{"first of two counts", "a/b; c=1; c=2", "a/b", map[string]string{"c": "1"}},
		{"no value", "a/b; c; d=", "a/b", map[string]string{"d": ""}},
		{"boundary is left alone", `a/b; boundary="=?utf-8?q?x?= "`, "a/b", map[string]string{"boundary": "=?utf-8?q?x?= "}},
		{"extended", `a/b; name*=iso-8859-1'de'%FC%2e`, "a/b", map[string]string{"name": "ü."}},
		{"extended without charset", `a/b; name*=%C3%BC`, "a/b", map[string]string{"name": "ü"}},
		{"extended wins", `a/b; name*=utf-8''%C3%BC; name="u"`, "a/b", map[string]string{"name": "ü"}},
		{"extended in quotes", `a/b; name*="utf-8''%C3%BC"`, "a/b", map[string]string{"name": "ü"}},
		{"bad percent", `a/b; name*=utf-8''100%zz%`, "a/b", map[string]string{"name": "100%zz%"}},
		{"continued", `a/b; n*0=ab; n*1="c d"`, "a/b", map[string]string{"n": "abc d"}},
		{"continued out of order", `a/b; n*2=c; n*0=a; n*1=b`, "a/b", map[string]string{"n": "abc"}},
		{"continued with a gap", `a/b; n*0=a; n*2=c`, "a/b", map[string]string{"n": "a"}},
		{"continued from one", `a/b; n*1=a; n*2=b`, "a/b", map[string]string{"n": "ab"}},
		{"extended form without the star", `a/b; name="utf-8''%C3%BC%27"`, "a/b", map[string]string{"name": "ü'"}},
		{"quotes and percent in a name", `a/b; name="it's 5% of 'x'"`, "a/b", map[string]string{"name": "it's 5% of 'x'"}},
		{"continued without a beginning", `a/b; n*1=a`, "a/b", map[string]string{}},
		{"continued and extended", `a/b; n*0*=utf-8''%E2%82; n*1*=%AC; n*2=%41`, "a/b", map[string]string{"n": "€%41"}},
		{"continued boundary", `a/b; boundary*0=ab; boundary*1=cd`, "a/b", map[string]string{"boundary": "abcd"}},
		{"huge number", `a/b; n*99999999999999999999=a; n*99999=b; m=1`, "a/b", map[string]string{"m": "1"}},
		{"encoded word", `a/b; name="=?utf-8?q?=C3=BC?="`, "a/b", map[string]string{"name": "ü"}},
		{"encoded words in pieces", `a/b; name*0="=?utf-8?q?=C3"; name*1="=BC?="`, "a/b", map[string]string{"name": "ü"}},
		{"8-bit", "a/b; name=\"\xfc\"", "a/b", map[string]string{"name": "ü"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var fs faults
			got := parseParams([]byte(c.value), "1", &fs)
			if diff := cmp.Diff(c.want, got.params); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
			if got.main != strings.TrimSpace(c.main) {
				t.Errorf("main = %q, want %q", got.main, c.main)
			}
		})
	}
	m := Read([]byte("Content-Type: text/plain" + strings.Repeat("; a=b", MaxParams+1) + "\r\n\r\n"))
	if !m.HasFault(FaultParamLimit) {
		t.Errorf("no fault for too many parameters: %v", m.Faults)
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		name   string
		header string
		want   string // media type, encoding, disposition, file name, content id
	}{
		{"nothing declared", "", "text/plain|7bit|||"},
		{"nonsense", "Content-Type: ???", "text/plain|7bit|||"},
		{"upper case", "Content-Type: TEXT/HTML; CHARSET=X\r\nContent-Transfer-Encoding: BASE64", "text/html|base64|||"},
		{"html alone", "Content-Type: html", "text/html|7bit|||"},
		{"blanks in the type", "Content-Type: text / html", "text/html|7bit|||"},
		{"first of two", "Content-Type: text/html\r\nContent-Type: image/png", "text/html|7bit|||"},
		{"encoding with a comment", "Content-Transfer-Encoding: quoted-printable (really)", "text/plain|quoted-printable|||"},
		{"encoding misspelled", "Content-Transfer-Encoding: 7-bit", "text/plain|7bit|||"},
		{"disposition", "Content-Disposition: ATTACHMENT; filename=a.txt", "text/plain|7bit|attachment|a.txt|"},
		{"unknown disposition", "Content-Disposition: form-data; name=x", "text/plain|7bit|attachment||"},
		{"name of the type", "Content-Type: image/png; name=a.png", "image/png|7bit||a.png|"},
		{"name of the disposition wins", "Content-Type: image/png; name=a.png\r\nContent-Disposition: inline; filename=b.png", "image/png|7bit|inline|b.png|"},
		{"content id", "Content-ID: <x@y.example>", "text/plain|7bit|||x@y.example"},
		{"content id without brackets", "Content-ID: x", "text/plain|7bit|||x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := Read([]byte(c.header + "\r\n\r\nx")).Root
			got := strings.Join([]string{p.MediaType, p.TransferEncoding, p.Disposition, p.Filename, p.ContentID}, "|")
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCleanFilename(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "invoice.pdf", "invoice.pdf"},
		{"unix path", "/etc/passwd", "passwd"},
		{"parent", "../../etc/passwd", "passwd"},
		{"windows path", `C:\Users\bob\a.txt`, "a.txt"},
		{"slash inside", "1/2 report.pdf", "1_2 report.pdf"},
		{"dots only", "..", ""},
		{"hidden", ".htaccess", "htaccess"},
		{"line end", "a\r\nb.txt", "a  b.txt"},
		{"nul", "a.txt\x00.exe", "a.txt.exe"},
		{"right to left", "invoice\u202egpj.exe", "invoicegpj.exe"},
		{"trailing dots and blanks", "a.exe. .", "a.exe"},
		{"invalid utf-8", "a\xff.txt", "a\ufffd.txt"},
		{"long", strings.Repeat("ä", 200) + ".tar.gz", strings.Repeat("ä", 126) + ".gz"},
		{"long without extension", strings.Repeat("x", 300), strings.Repeat("x", 255)},
		{"long extension", "a." + strings.Repeat("x", 300), "a." + strings.Repeat("x", 253)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := cleanFilename(c.in)
			if got != c.want {
				t.Errorf("cleanFilename(%q) = %q, want %q", c.in, got, c.want)
			}
			if again := cleanFilename(got); again != got {
				t.Errorf("not stable: %q becomes %q", got, again)
			}
		})
	}
}
