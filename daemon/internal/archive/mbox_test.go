package archive

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const sep = "From a@b.example Mon Jan  1 00:00:00 2018\n"

// covers: P07
func TestMbox(t *testing.T) {
	length := func(body string) string {
		return fmt.Sprintf("Subject: x\nContent-Length: %d\n\n%s", len(body), body)
	}
	quoting := "From now on\nNote: unquoted\n\nFrom here, at 12:30\nBcc: 2018\n"
	tricky := "Look:\n\n" + sep + "Subject: inside\n\nEnd\n"
	for _, tt := range []struct {
		name, file string
		want       []string
	}{
		{"two", sep + "Subject: a\n\none\n\n" + sep + "Subject: b\n\ntwo\n\n", []string{"Subject: a\n\none\n", "Subject: b\n\ntwo\n"}},
		{"CRLF", strings.ReplaceAll(sep+"Subject: a\n\none\n\n"+sep+"Subject: b\n\ntwo\n\n", "\n", "\r\n"),
			[]string{"Subject: a\r\n\r\none\r\n", "Subject: b\r\n\r\ntwo\r\n"}},
		{"no line end at the end", sep + "Subject: a\n\none", []string{"Subject: a\n\none"}},
		{"blank lines of the mail stay", sep + "Subject: a\n\none\n\n\n\n" + sep + "Subject: b\n\ntwo\n", []string{"Subject: a\n\none\n\n\n", "Subject: b\n\ntwo\n"}},
		{"no blank line between", sep + "Subject: a\n\none\n" + sep + "Subject: b\n\ntwo\n", []string{"Subject: a\n\none\n", "Subject: b\n\ntwo\n"}},
		{"no body", sep + "Subject: a\n\n" + sep + "Subject: b\n\n\n" + sep + "Subject: c\n" + sep + "Subject: d\n", []string{"Subject: a\n\n", "Subject: b\n\n", "Subject: c\n", "Subject: d\n"}},
		{"nothing", sep, nil},
		{"blank lines before", "\r\n\n" + sep + "Subject: a\n\none\n", []string{"Subject: a\n\none\n"}},
		{"mboxo", sep + "Subject: a\n\n>From here\n> From there\n", []string{"Subject: a\n\nFrom here\n> From there\n"}},
		{"mboxrd", sep + "Subject: a\n\n>From here\n>>From there\n>>>Fromage\n", []string{"Subject: a\n\nFrom here\n>From there\n>>>Fromage\n"}},
		{"sentences that are not quoted", sep + "Subject: a\n\n" + quoting + "\n" + sep + "Subject: b\n\ntwo\n", []string{"Subject: a\n\n" + quoting, "Subject: b\n\ntwo\n"}},
		{"a date, and no header behind", sep + "Subject: a\n\n" + sep + "\nno header\n", []string{"Subject: a\n\n" + sep + "\nno header\n"}},
		{"other dates", "From - Tue Apr 14 12:34:56 2015\nSubject: a\n\none\n\nFrom 1@xxx Tue Apr 14 12:34:56 +0000 2015\nSubject: b\n\ntwo\n\nFrom a at b.example  Tue Apr 14 12:34:56 2015\nSubject: c\n\n3\n\nFrom a@b Tue, 14 Apr 2015 12:35 +0000\nSubject: d\n\n4\n",
			[]string{"Subject: a\n\none\n", "Subject: b\n\ntwo\n", "Subject: c\n\n3\n", "Subject: d\n\n4\n"}},
		{"no dates at all", "From nobody\nSubject: a\n\none\nFrom nobody\nB: no blank line\n\nFrom nobody\nSubject: b\n\ntwo\n",
			[]string{"Subject: a\n\none\nFrom nobody\nB: no blank line\n", "Subject: b\n\ntwo\n"}},
		{"lengths", sep + length(tricky) + "\n" + sep + length(">From me\n") + "\n" + sep + length("c") + "\n\n" + sep + length("d\n\n") + "\n",
			[]string{length(tricky), length(">From me\n"), length("c"), length("d\n\n")}},
		{"lengths of fewer mails", sep + length(tricky) + "\n" + sep + length("b\n"), []string{length(tricky), length("b\n")}},
		{"lengths, one of them wrong later", sep + length("a\n") + "\n" + sep + length("b\n") + "\n" + sep + length("c\n") + "\n" + sep + "Content-Length: 1\n\nwrong\n\n" + sep + length("e\n"),
			[]string{length("a\n"), length("b\n"), length("c\n"), "Content-Length: 1\n\nwrong\n", length("e\n")}},
		{"a length that would swallow the next", sep + fmt.Sprintf("Content-Length: %d\n\na\n\n%sSubject: b\n\nb\n", len("a\n\n"+sep+"Subject: b\n\nb\n"), sep) + "\n" + sep + "Subject: c\n\nc\n",
			[]string{fmt.Sprintf("Content-Length: %d\n\na\n", len("a\n\n"+sep+"Subject: b\n\nb\n")), "Subject: b\n\nb\n", "Subject: c\n\nc\n"}},
		{"a length beyond the end", sep + "Content-Length: 900\n\na\n\n" + sep + "Subject: b\n\nb\n", []string{"Content-Length: 900\n\na\n", "Subject: b\n\nb\n"}},
		{"two lengths", sep + "Content-Length: 2\nContent-Length: 2\n\na\n\n" + sep + "Content-Length: x\n\nb\n", []string{"Content-Length: 2\nContent-Length: 2\n\na\n", "Content-Length: x\n\nb\n"}},
		{"a line longer than the buffer", sep + "Subject: a\n\n" + strings.Repeat("x", bufferSize+7) + sep + "y\n\n" + sep + "Subject: b\n\ntwo\n",
			[]string{"Subject: a\n\n" + strings.Repeat("x", bufferSize+7) + sep + "y\n", "Subject: b\n\ntwo\n"}},
		{"a field longer than the buffer", sep + "Subject: " + strings.Repeat("x", bufferSize) + "\n\none\n\n" + sep + "Subject: b\n\ntwo\n",
			[]string{"Subject: " + strings.Repeat("x", bufferSize) + "\n\none\n", "Subject: b\n\ntwo\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := read(t, put(t, map[string]string{"box": tt.file}))
			if diff := cmp.Diff(tt.want, texts(t, a)); diff != "" {
				t.Errorf("mails (-want +got):\n%s", diff)
			}
		})
	}
}

// What is written as mbox is read as it was, whichever kind of it.
func TestMboxGoesBack(t *testing.T) {
	line := rapid.OneOf(
		rapid.SampledFrom([]string{"", "From ", "From here", ">From there", ">>From", strings.TrimSuffix(sep, "\n"), "Subject: x", "Content-Length: 3", "--b"}),
		rapid.StringMatching(`[ -~]{0,20}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")
		kind := rapid.SampledFrom([]string{"mboxrd", "mboxcl2"}).Draw(t, "kind")
		var file bytes.Buffer
		var want []string
		for range rapid.IntRange(1, 6).Draw(t, "mails") {
			body := strings.Join(append(rapid.SliceOfN(line, 0, 8).Draw(t, "body"), "end"), end) + end
			head := "Subject: x" + end
			file.WriteString(strings.TrimSuffix(sep, "\n") + end)
			if kind == "mboxcl2" {
				head += fmt.Sprintf("Content-Length: %d%s", len(body), end)
				file.WriteString(head + end + body + end)
			} else {
				file.WriteString(head + end)
				for l := range strings.Lines(body) {
					if strings.HasPrefix(strings.TrimLeft(l, ">"), "From ") {
						l = ">" + l
					}
					file.WriteString(l)
				}
				file.WriteString(end)
			}
			want = append(want, head+end+body)
		}
		if diff := cmp.Diff(want, mboxTexts(t, file.Bytes())); diff != "" {
			t.Fatalf("%q:\n%s", file.String(), diff)
		}
	})
}

// mboxTexts reads an mbox in memory.
func mboxTexts(t interface{ Fatal(...any) }, file []byte) []string {
	var all []string
	err := openMbox(bytes.NewReader(file), int64(len(file))).each(context.Background(), func(s span) error {
		var r io.Reader = io.NewSectionReader(bytes.NewReader(file), s.start, s.end-s.start)
		if !s.exact {
			r = newUnquoter(r)
		}
		raw, err := io.ReadAll(r)
		all = append(all, string(raw))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What an archive costs before anything is taken in.
func BenchmarkRead(b *testing.B) {
	var file strings.Builder
	const mails = 10_000
	for i := range mails {
		fmt.Fprintf(&file, "%sFrom: c%d@b.example\nTo: support@acme.example\nSubject: Matter\nDate: Mon, 1 Jan 2018 00:00:00 +0000\nMessage-ID: <%d@b.example>\nReferences: <%d@b.example> <%d@b.example>\n\n%s\n",
			sep, i, i, i/2, i/3, strings.Repeat("Some words that fill a line of text.\n", 50))
	}
	dir := put(b, map[string]string{"box": file.String()})
	b.SetBytes(int64(file.Len()))
	for b.Loop() {
		if a := read(b, dir); len(a.Mails) != mails {
			b.Fatal(len(a.Mails))
		}
	}
	b.ReportMetric(float64(mails*b.N)/b.Elapsed().Seconds(), "mails/s")
}

func FuzzMbox(f *testing.F) {
	f.Add([]byte(sep + "Subject: a\n\n>From one\n\n" + sep + "Content-Length: 2\n\nb\n"))
	f.Add([]byte("From nobody\r\n\r\nx"))
	f.Add([]byte(strings.Repeat(sep+"Content-Length: 1\n\na\n", 4)))
	f.Fuzz(func(t *testing.T, file []byte) {
		at := int64(0)
		err := openMbox(bytes.NewReader(file), int64(len(file))).each(t.Context(), func(s span) error {
			if s.start < at || s.end < s.start || s.end > int64(len(file)) {
				t.Fatalf("a mail from %d to %d after %d, of %d bytes", s.start, s.end, at, len(file))
			}
			between := file[at:s.start]
			if text := bytes.TrimSpace(bytes.Replace(between, bytes.TrimSuffix(s.from, []byte("\n")), nil, 1)); len(text) > 0 {
				t.Fatalf("%q belongs to no mail", text)
			}
			at = s.end
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if rest := bytes.TrimSpace(file[at:]); len(rest) > 0 {
			t.Fatalf("%q at the end belongs to no mail", rest)
		}
		mboxTexts(t, file)
	})
}
