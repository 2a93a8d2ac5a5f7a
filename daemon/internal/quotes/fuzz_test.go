package quotes

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

// allowed is how long a text of n bytes may take, many times what it does take:
// fuzzing shares the machine, and the race detector slows everything down.
func allowed(n int) time.Duration {
	return 2*time.Second + time.Duration(n>>20)*time.Second
}

// FuzzText checks that every word of any text is in the reply or folded, and that
// the reply is never empty.
func FuzzText(f *testing.F) {
	for _, s := range shapes {
		f.Add(strings.Repeat(s.line, 3), "Re: x", s.line)
		f.Add("Hello\n"+s.line, "Fwd: x", "")
	}
	f.Add("Hi\n\nOn 1/1/2025 10:00, a@b.example wrote: x\n", "VS: x", "x")
	f.Fuzz(func(t *testing.T, text, subject, sent string) {
		if !utf8.ValidString(text) || !utf8.ValidString(subject) {
			return // eml gives nothing else
		}
		start := time.Now()
		s := Text(text, Hints{Subject: subject, Answer: len(text)%2 == 0, Author: "Alice", Address: "a@b.example", Sent: []string{sent}})
		if took := time.Since(start); took > allowed(len(text)) {
			t.Errorf("%d bytes took %v", len(text), took)
		}
		if got, want := words(s.Reply+strings.Join(s.Folded, "")), words(text); got != want {
			t.Errorf("%d letters in the reply and the folded spans, %d in the text", got, want)
		}
		if isBlank(s.Reply) && !isBlank(text) {
			t.Error("empty reply of a text with words")
		}
	})
}

// words counts what is no blank.
func words(s string) int {
	n := 0
	for _, r := range s {
		if !isBlank(string(r)) {
			n++
		}
	}
	return n
}

// FuzzRead reads any bytes as a mail, which reaches forwards that are attached.
func FuzzRead(f *testing.F) {
	f.Add([]byte("Subject: Fwd: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nnote\n--b\nContent-Type: message/rfc822\n\nFrom: a@b.example\nSubject: y\n\nbody\n--b--\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		start := time.Now()
		Read(eml.Read(raw), "some text that was sent")
		if took := time.Since(start); took > allowed(len(raw)) {
			t.Errorf("%d bytes took %v", len(raw), took)
		}
	})
}

// FuzzMailboxes checks that a list of recipients stays within its limit.
func FuzzMailboxes(f *testing.F) {
	f.Add(`"Doe, John" <john@example.com>; Roe, Jane [mailto:jane@example.com]`)
	f.Fuzz(func(t *testing.T, s string) {
		if n := len(readMailboxes(s)); n > maxMailboxes {
			t.Errorf("%d mailboxes", n)
		}
	})
}
