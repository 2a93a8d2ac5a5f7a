package inbound

import (
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/quotes"
)

// clean makes the entry: what the writer newly wrote, the rest folded, and the
// files as blobs.
func (p *Pipeline) clean(ctx context.Context, c *incoming) error {
	switch c.verdict.act {
	case toAnswer, toNote:
		return p.cleanWork(ctx, c) // work.go
	case toForward:
		return p.cleanForward(ctx, c) // forward.go
	}
	e := helpdesk.Entry{
		Kind: helpdesk.Message, Channel: c.channel(), At: c.at(),
		Author: helpdesk.Author{Role: helpdesk.Customer, Name: c.writer.Name, Address: c.writer.Address},
		Hidden: c.verdict.hidden, MessageID: c.mail.MessageID(), Raw: c.kept.ref.Hash.String(),
		HTML:       c.mail.HTMLParts() > 0,
		Recognised: c.recognition(),
	}
	if c.verdict.event {
		e.Kind, e.Author = helpdesk.Event, helpdesk.Author{Role: helpdesk.System, Name: "Mail system"}
	}
	if c.facts[ours] && !c.verdict.event {
		e.Author = c.ourAuthor() // history.go
	}
	if c.named != nil && c.ticket != nil && c.named.ID != c.ticket.ID {
		e.Answers = c.named.ID
	}
	words, err := p.content(ctx, c)
	if err != nil {
		return err
	}
	e.Text, e.TextBlob, e.Quoted, e.QuotedBlob, e.Attachments = words.text, words.textBlob, words.quoted, words.quotedBlob, words.files
	c.entry = e
	return nil
}

// content is what a mail says, as an entry holds it.
type content struct {
	text, textBlob     string
	quoted, quotedBlob string
	files              []helpdesk.Attachment
}

// content reads the mail and makes blobs of what is large.
func (p *Pipeline) content(ctx context.Context, c *incoming) (*content, error) {
	sent, err := p.sent(ctx, c)
	if err != nil {
		return nil, err
	}
	split := quotes.Read(c.mail, sent...)
	if split.Forward != nil { // it was sent in order to be read
		split.Reply, _ = c.mail.Text()
		split.Folded = nil
	}
	if told := c.eventWords(); told != "" { // the sentence, with all that the mail system wrote folded below
		whole, _ := c.mail.Text()
		split.Reply, split.Folded = told, []string{whole}
	}
	if !c.verdict.event {
		// Whoever was passed on our mail to an agent: it is no customer's to read.
		split.Reply, split.Folded = aboveMark(split.Reply), []string{aboveMark(strings.Join(split.Folded, "\n\n"))}
	}
	// Signed tokens of ours come back in quotes; stored, they would let whoever
	// may read the thread act as whom they were issued to (A30).
	if words := c.env.fetched.words(); words != "" {
		split.Reply = words
	}
	text, quoted := links.WithoutTokens(split.Reply), links.WithoutTokens(strings.Join(split.Folded, "\n\n"))
	var made content
	if made.text, made.textBlob, err = p.fit(ctx, c.box.Account, text); err != nil {
		return nil, err
	}
	if made.quoted, made.quotedBlob, err = p.fit(ctx, c.box.Account, quoted); err != nil {
		return nil, err
	}
	if made.files, err = p.files(ctx, c); err != nil {
		return nil, err
	}
	return &made, nil
}

// maxSent is how far back a thread is compared with what a reply quotes: mail
// programs quote it all, but what matters is the newest.
const maxSent = 12

// sent are the texts that the writer may have been sent: the public part of the
// ticket, as our mails said it.
func (p *Pipeline) sent(ctx context.Context, c *incoming) ([]string, error) {
	if c.ticket == nil {
		return nil, nil
	}
	sent, err := p.sentOf(ctx, c, c.ticket)
	if err != nil || c.named == nil || c.named.ID == c.ticket.ID {
		return sent, err
	}
	earlier, err := p.sentOf(ctx, c, c.named) // before it was merged
	return append(sent, earlier...), err
}

func (p *Pipeline) sentOf(ctx context.Context, c *incoming, t *helpdesk.Ticket) ([]string, error) {
	entries, err := p.Store.LastEntries(ctx, c.box.Account, t.ID, maxSent)
	if err != nil {
		return nil, fmt.Errorf("read what was sent: %w", err)
	}
	var center *helpdesk.HelpCenter
	if hc, ok := p.Directory.HelpCenter(c.box.Account, t.HelpCenter); ok {
		center = &hc
	}
	var sent []string
	for _, e := range entries {
		if e.Public() {
			sent = append(sent, outbound.Said(t, &e, c.box, center))
		}
	}
	return sent, nil
}

// files makes blobs of the attachments. They are the same for each of our
// mailboxes and however often a race is lost.
func (p *Pipeline) files(ctx context.Context, c *incoming) ([]helpdesk.Attachment, error) {
	if made, ok := c.kept.files[c.box.Account]; ok {
		return made, nil
	}
	made, err := p.attachments(ctx, c.box.Account, c.mail)
	if err != nil {
		return nil, err
	}
	c.kept.files[c.box.Account] = made
	return made, nil
}

// fit moves a text that is too large for a record into a blob and keeps its
// beginning.
func (p *Pipeline) fit(ctx context.Context, account, text string) (short, hash string, err error) {
	if len(text) <= helpdesk.MaxInlineText {
		return text, "", nil
	}
	ref, err := blob.Put(ctx, p.Blobs, account, []byte(text))
	if err != nil {
		return "", "", keepError(err)
	}
	return cut(text, helpdesk.MaxInlineText), ref.Hash.String(), nil
}

// cut shortens at a rune.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// maxMediaType is the longest name of a media type (RFC 6838 section 4.2).
const maxMediaType = 127 + len("/") + 127

func (p *Pipeline) attachments(ctx context.Context, account string, mail *eml.Mail) ([]helpdesk.Attachment, error) {
	var files []helpdesk.Attachment
	for _, a := range mail.Attachments() {
		if len(files) == helpdesk.MaxFiles { // the raw mail has them all
			break
		}
		ref, err := p.keepPart(ctx, account, a.Part.Decoded())
		if err != nil {
			return nil, err
		}
		files = append(files, helpdesk.Attachment{
			Name: a.Filename, MediaType: cut(a.MediaType, maxMediaType), Size: ref.Size, Blob: ref.Hash.String(),
			ContentID: a.ContentID, Inline: a.Inline,
		})
	}
	return files, nil
}

func (p *Pipeline) keepPart(ctx context.Context, account string, r io.Reader) (blob.Ref, error) {
	w, err := p.Blobs.Create(ctx, account)
	if err != nil {
		return blob.Ref{}, keepError(err)
	}
	defer w.Abort()
	if _, err := io.Copy(w, r); err != nil {
		return blob.Ref{}, keepError(fmt.Errorf("attachment: %w", err))
	}
	ref, err := w.Commit(ctx)
	if err != nil {
		return blob.Ref{}, keepError(err)
	}
	return ref, nil
}
