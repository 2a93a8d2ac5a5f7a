// Package inspect tells how a mail is read: everything that the steps of the
// inbound pipeline take from its bytes alone.
package inspect

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/quotes"
)

// Reading is what was read out of one mail. Its JSON form is the contract of
// `postern inspect --json`; lists are never null.
type Reading struct {
	File      string    `json:"file"`
	SHA256    string    `json:"sha256"` // of the raw bytes, in hex
	MessageID string    `json:"message_id"`
	Subject   string    `json:"subject"`
	Date      string    `json:"date"` // RFC 3339; "" when there is none
	From      []Mailbox `json:"from"`
	To        []Mailbox `json:"to"`
	Cc        []Mailbox `json:"cc"`
	ReplyTo   []Mailbox `json:"reply_to"`

	Kind      string   `json:"kind"`
	Text      string   `json:"text"`
	HTMLParts int      `json:"html_parts"` // shown as text
	Reply     string   `json:"reply"`
	Folded    []string `json:"folded"`
	Forward   *Forward `json:"forward"`

	Attachments []Attachment `json:"attachments"`
	Parts       []Part       `json:"parts"`
	Bounce      *Bounce      `json:"bounce"`
	Faults      []string     `json:"faults"`

	reason  string   // the evidence of the kind
	details []string // of the faults
}

// Mailbox is a name and an address, either of which may be "".
type Mailbox struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Forward is the mail that was forwarded inside this one.
type Forward struct {
	From    Mailbox   `json:"from"`
	To      []Mailbox `json:"to"`
	Cc      []Mailbox `json:"cc"`
	Subject string    `json:"subject"`
	Date    string    `json:"date"` // as it stands there
	Body    string    `json:"body"`
	Note    string    `json:"note"` // what stands above
}

// Attachment is a part that is not shown as text.
type Attachment struct {
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	Size      int64  `json:"size"`
	SHA256    string `json:"sha256"` // of the decoded bytes, in hex
	Inline    bool   `json:"inline"`
	ContentID string `json:"content_id"`
}

// Part is a leaf of the MIME tree.
type Part struct {
	Path      string `json:"path"`
	MediaType string `json:"media_type"`
	SHA256    string `json:"sha256"` // of the decoded bytes, in hex
}

// Bounce is what a report says about mail that was sent.
type Bounce struct {
	Recipients []Recipient `json:"recipients"`
}

// Recipient is one address of a report.
type Recipient struct {
	Address string `json:"address"`
	Status  string `json:"status"` // enhanced status code (RFC 3463), or ""
	Code    int    `json:"code"`   // reply code of SMTP, or 0
	Class   string `json:"class"`
}

// Read reads raw as one mail. It never fails.
func Read(file string, raw []byte) *Reading {
	sum := sha256.Sum256(raw)
	m := eml.Read(raw)
	r := &Reading{
		File: strings.ToValidUTF8(file, "�"), SHA256: hex.EncodeToString(sum[:]),
		MessageID: strings.Trim(m.MessageID(), "<>"), Subject: m.Subject(),
		From: mailboxes(m.From()), To: mailboxes(m.To()), Cc: mailboxes(m.Cc()), ReplyTo: mailboxes(m.ReplyTo()),
		Folded: []string{}, Faults: []string{},
	}
	if at, ok := m.Date(); ok {
		r.Date = at.Format(time.RFC3339)
	}
	r.readKind(m)
	r.readText(m)
	r.readParts(m)
	for _, f := range m.Faults {
		r.Faults = append(r.Faults, string(f.Code))
		r.details = append(r.details, f.String())
	}
	return r
}

func mailboxes(list []eml.Mailbox) []Mailbox {
	out := make([]Mailbox, 0, len(list))
	for _, b := range list {
		written := b.Written
		if b.Address != (helpdesk.Address{}) {
			written = b.Address.String()
		}
		out = append(out, Mailbox{b.Name, written})
	}
	return out
}

func (r *Reading) readText(m *eml.Mail) {
	r.Text, _ = m.Text()
	r.HTMLParts = m.HTMLParts()
	split := quotes.Read(m)
	r.Reply = split.Reply
	r.Folded = append(r.Folded, split.Folded...)
	if f := split.Forward; f != nil && r.Kind == "message" {
		r.Forward = &Forward{
			From: Mailbox(f.From), To: others(f.To), Cc: others(f.Cc),
			Subject: f.Subject, Date: f.Date, Body: f.Body, Note: f.Note,
		}
	}
}

func others(list []quotes.Mailbox) []Mailbox {
	out := make([]Mailbox, 0, len(list))
	for _, b := range list {
		out = append(out, Mailbox(b))
	}
	return out
}

func (r *Reading) readParts(m *eml.Mail) {
	sums := make(map[*eml.Part]string)
	r.Parts = []Part{}
	for p := range m.Root.All() {
		if p.IsMultipart() && len(p.Children) > 0 {
			continue
		}
		_, sum := digest(p.Decoded())
		sums[p] = sum
		if !p.IsMessage() {
			r.Parts = append(r.Parts, Part{p.Path, p.MediaType, sum})
		}
	}
	r.Attachments = []Attachment{}
	for _, a := range m.Attachments() {
		size, sum := digest(a.Part.Decoded())
		r.Attachments = append(r.Attachments, Attachment{a.Filename, a.MediaType, size, sum, a.Inline, a.ContentID})
	}
}

// digest measures a body without keeping it.
func digest(body io.Reader) (size int64, sum string) {
	h := sha256.New()
	size, _ = io.Copy(hash.Hash(h), body) // readers of eml do not fail
	return size, hex.EncodeToString(h.Sum(nil))
}
