package inbound

import (
	"context"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// clean makes the entry: what the writer newly wrote, the rest folded, and the
// files as blobs.
func (p *Pipeline) clean(ctx context.Context, c *incoming) error {
	e := helpdesk.Entry{
		Kind: helpdesk.Message, Channel: helpdesk.ByMail, At: c.now,
		Author: helpdesk.Author{Role: helpdesk.Customer, Name: c.writer.Name, Address: c.writer.Address},
		Hidden: c.verdict.hidden, MessageID: c.mail.MessageID(), Raw: c.kept.ref.Hash.String(),
		HTML:       c.mail.HTMLParts() > 0,
		Recognised: c.recognition(),
	}
	if c.verdict.event {
		e.Kind, e.Author = helpdesk.Event, helpdesk.Author{Role: helpdesk.System, Name: "Mail system"}
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

// content reads the mail and makes blobs of what is large. That is the same for
// each of our mailboxes and however often a race is lost.
func (p *Pipeline) content(ctx context.Context, c *incoming) (*content, error) {
	if made := c.kept.content[c.box.Account]; made != nil {
		return made, nil
	}
	whole, _ := c.mail.Text()
	text, quoted := eml.SplitQuoted(links.WithoutTokens(whole), "") // stored, they would act for others (A30)
	var made content
	var err error
	if made.text, made.textBlob, err = p.fit(ctx, c.box.Account, text); err != nil {
		return nil, err
	}
	if made.quoted, made.quotedBlob, err = p.fit(ctx, c.box.Account, quoted); err != nil {
		return nil, err
	}
	if made.files, err = p.attachments(ctx, c.box.Account, c.mail); err != nil {
		return nil, err
	}
	c.kept.content[c.box.Account] = &made
	return &made, nil
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

// maxAttachments keeps an entry within a record; the raw mail has them all.
const maxAttachments = 100

func (p *Pipeline) attachments(ctx context.Context, account string, mail *eml.Mail) ([]helpdesk.Attachment, error) {
	var files []helpdesk.Attachment
	for _, a := range mail.Attachments() {
		if len(files) == maxAttachments {
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
