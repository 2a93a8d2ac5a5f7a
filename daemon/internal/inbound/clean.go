package inbound

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// clean makes the entry: what the writer newly wrote, the rest folded, and the
// files as blobs.
func (p *Pipeline) clean(ctx context.Context, c *incoming) error {
	e := helpdesk.Entry{
		Kind: helpdesk.Message, Channel: helpdesk.ByMail, At: c.now,
		Author: helpdesk.Author{Role: helpdesk.Customer, Name: c.writer.Name, Address: c.writer.Address},
		Hidden: c.verdict.hidden, MessageID: c.mail.MessageID(), Raw: c.kept.ref.Hash.String(),
		Recognised: c.recognition(),
	}
	if c.verdict.event {
		e.Kind, e.Author = helpdesk.Event, helpdesk.Author{Role: helpdesk.System, Name: "Mail system"}
	}
	text, _ := c.mail.Text()
	e.Text, e.Quoted = eml.SplitQuoted(withoutTokens(text), "")
	var err error
	if e.Text, e.TextBlob, err = p.fit(ctx, c.box.Account, e.Text); err != nil {
		return err
	}
	if e.Quoted, e.QuotedBlob, err = p.fit(ctx, c.box.Account, e.Quoted); err != nil {
		return err
	}
	if e.Attachments, err = p.attachments(ctx, c.box.Account, c.mail); err != nil {
		return err
	}
	c.entry = e
	return nil
}

// Signed tokens of ours come back in quotes. Stored, they would let whoever may
// read the thread act as whom they were issued to (A30).
var tokenPatterns = regexp.MustCompile(`(pl1_)[A-Za-z0-9_-]{47}|(\+)[a-zA-Z2-7]{40}(@)`)

func withoutTokens(text string) string {
	if !strings.Contains(text, "pl1_") && !strings.Contains(text, "+") {
		return text
	}
	return tokenPatterns.ReplaceAllString(text, "$1$2…$3")
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
			Name: a.Filename, MediaType: a.MediaType, Size: ref.Size, Blob: ref.Hash.String(),
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
