package eml

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// view is everything a reader of a mail can ask for.
type view struct {
	Subject     string           `json:"subject"`
	From        []string         `json:"from,omitempty"`
	OneFrom     string           `json:"oneFrom,omitempty"`
	ReplyTo     []string         `json:"replyTo,omitempty"`
	To          []string         `json:"to,omitempty"`
	Cc          []string         `json:"cc,omitempty"`
	MessageID   string           `json:"messageID,omitempty"`
	InReplyTo   []string         `json:"inReplyTo,omitempty"`
	References  []string         `json:"references,omitempty"`
	Date        string           `json:"date,omitempty"`
	Source      string           `json:"source"`
	Text        []string         `json:"text,omitempty"`
	HTML        []string         `json:"html,omitempty"`
	Attachments []attachmentView `json:"attachments,omitempty"`
	Parts       []partView       `json:"parts"`
	Faults      []string         `json:"faults,omitempty"`
}

type attachmentView struct {
	Filename  string `json:"filename"`
	MediaType string `json:"mediaType"`
	ContentID string `json:"contentID,omitempty"`
	Inline    bool   `json:"inline,omitempty"`
	Size      int    `json:"size"`
	SHA256    string `json:"sha256"`
}

type partView struct {
	Path      string `json:"path"`
	MediaType string `json:"mediaType"`
	Encoding  string `json:"encoding"`
	Charset   string `json:"charset,omitempty"`
	Size      int    `json:"size"`
}

func viewOf(t *testing.T, m *Mail) view {
	t.Helper()
	text, source := m.Text()
	v := view{
		Subject: m.Subject(), MessageID: m.MessageID(), InReplyTo: m.InReplyTo(), References: m.References(),
		From: boxStrings(m.From()), ReplyTo: boxStrings(m.ReplyTo()), To: boxStrings(m.To()), Cc: boxStrings(m.Cc()),
		Source: source.String(),
	}
	if text != "" {
		v.Text = strings.Split(text, "\n")
	}
	if one, ok := m.OneFrom(); ok {
		v.OneFrom = one.Address.String()
	}
	if d, ok := m.Date(); ok {
		v.Date = d.Format(time.RFC3339)
	}
	if html, ok := m.HTML(); ok {
		v.HTML = strings.Split(html, "\n")
	}
	for _, a := range m.Attachments() {
		b, err := io.ReadAll(a.Part.Decoded())
		if err != nil {
			t.Fatalf("decode part %s: %v", a.Part.Path, err)
		}
		sum := sha256.Sum256(b)
		v.Attachments = append(v.Attachments, attachmentView{a.Filename, a.MediaType, a.ContentID, a.Inline, len(b), hex.EncodeToString(sum[:8])})
	}
	for p := range m.Root.All() {
		v.Parts = append(v.Parts, partView{p.Path, p.MediaType, p.TransferEncoding, p.Charset, len(p.Bytes())})
	}
	for _, f := range m.Faults {
		v.Faults = append(v.Faults, f.String())
	}
	return v
}

func boxStrings(boxes []Mailbox) []string {
	var out []string
	for _, b := range boxes {
		s := b.String()
		if b.Address.IsZero() {
			s = "? " + s
		}
		if b.Group {
			s += " (group)"
		}
		out = append(out, s)
	}
	return out
}

// covers: P07
func TestSamples(t *testing.T) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d samples found, error %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var buf bytes.Buffer
			enc := json.NewEncoder(&buf)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			if err := enc.Encode(viewOf(t, Read(raw))); err != nil {
				t.Fatal(err)
			}
			got := buf.Bytes()
			golden := strings.TrimSuffix(file, ".eml") + ".json"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("reading of %s changed (-want +got):\n%s", file, diff)
			}
		})
	}
}
