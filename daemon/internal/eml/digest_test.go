package eml

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestDigestTransport: what happens to a mail on its way does not change its
// digest, whatever the mail is.
//
// covers: P05
func TestDigestTransport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringMatching(`[ -~]{0,30}`)
		line := rapid.StringMatching(`[ -~\x80-\xff]{0,40}`)
		from, subject := words.Draw(t, "from"), strings.TrimSpace(words.Draw(t, "subject"))
		body := strings.Join(rapid.SliceOf(line).Draw(t, "body"), "\n")
		direct := "From: " + from + "\nDate: Mon, 3 Mar 2025 10:15:30 +0100\nSubject: " + subject + "\nMessage-ID: <a@b.example>\n\n" + body

		relayed := direct
		if rapid.Bool().Draw(t, "folded") {
			relayed = strings.Replace(relayed, "\nSubject: ", "\nSubject:\n\t", 1)
		}
		for _, f := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{
			"Received: from mx.example by mx2.example", "Return-Path: <a@b.example>", "Delivered-To: c@d.example",
			"X-Spam: no", "DKIM-Signature: v=1;\n b=abc", "Authentication-Results: mx.example; dkim=pass",
			"ARC-Seal: i=1", "Received-SPF: pass", "To: c@d.example",
		}), func(s string) string { return s }).Draw(t, "trace") {
			relayed = f + "\n" + relayed
		}
		relayed = strings.TrimRight(relayed, "\n") + strings.Repeat("\n", rapid.IntRange(2, 5).Draw(t, "blank lines"))
		relayed = strings.ReplaceAll(relayed, "\n", rapid.SampledFrom([]string{"\n", "\r\n", "\r\r\n"}).Draw(t, "line end"))
		if Read([]byte(direct)).Digest() != Read([]byte(relayed)).Digest() {
			t.Fatalf("%q and %q have different digests", direct, relayed)
		}
	})
}

// TestDigestContent: what the author changes does change it.
func TestDigestContent(t *testing.T) {
	base := "From: a@b.example\nDate: Mon, 3 Mar 2025 10:15:30 +0100\nSubject: x y\nMessage-ID: <a@b.example>\n\none\n\ntwo\n"
	for _, c := range []struct{ name, from, to string }{
		{"from", "a@b.example\nDate", "c@b.example\nDate"},
		{"date", ":30", ":31"},
		{"subject", "x y", "xy"},
		{"message id", "<a@", "<c@"},
		{"body", "one", "onE"},
		{"blank line inside", "one\n\n", "one\n"},
		{"blank line at the beginning", "\n\none", "\n\n\none"},
		{"blank at a line end", "one\n", "one \n"},
		{"second subject", "Subject", "Subject: z\nSubject"},
		{"value moved to the next field", "Subject: x y", "Subject: x"},
		{"no message id", "Message-ID: <a@b.example>\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(base, c.from, c.to, 1)
			if changed == base {
				t.Fatal("nothing was changed")
			}
			if Read([]byte(base)).Digest() == Read([]byte(changed)).Digest() {
				t.Errorf("%q has the same digest", changed)
			}
		})
	}
}

// TestHashLines compares the streaming form with the plain definition.
func TestHashLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := []byte(strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "\r", "\n", "\r\n", strings.Repeat("b", decodeChunk-1)})).Draw(t, "body"), ""))
		h := sha256.New()
		hashLines(h, body)
		for bytes.Contains(body, []byte("\r\n")) {
			body = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
		}
		body = bytes.TrimRight(bytes.ReplaceAll(body, []byte("\r"), []byte("\n")), "\n")
		if want := sha256.Sum256(body); !bytes.Equal(h.Sum(nil), want[:]) {
			t.Fatalf("hash of %q differs", body)
		}
	})
}
