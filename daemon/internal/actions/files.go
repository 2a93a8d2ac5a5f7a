package actions

import (
	"context"
	"io"
	"mime"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// FileLimits are those of the files that agents may send from a ticket.
func (d *Desk) FileLimits(ctx context.Context, by Actor, number int64) (helpdesk.FileLimits, error) {
	if err := by.mayWork(); err != nil {
		return helpdesk.FileLimits{}, err
	}
	t, err := d.ticket(ctx, by, number)
	if err != nil {
		return helpdesk.FileLimits{}, err
	}
	box, err := d.mailbox(by.Account, t.Mailbox)
	return box.Files, err
}

// agentFiles are where the files of an agent's answer or note wait.
func agentFiles(by Actor, number int64, limits helpdesk.FileLimits) waiting {
	return waiting{
		account: by.Account, audience: links.AudienceOf(by.Account, "Agents", ""), purpose: []any{"agent", by.author().ID, number}, limits: limits,
	}
}

// Attach keeps a file for an answer or a note that is being written, reading it
// piece by piece. A file over the limits is Invalid, and marked with
// [helpdesk.ErrFile]; other errors of r are passed on.
func (d *Desk) Attach(ctx context.Context, by Actor, number int64, limits helpdesk.FileLimits, name, mediaType string, r io.Reader) (Upload, error) {
	if err := by.mayWork(); err != nil {
		return Upload{}, err
	}
	return d.keep(ctx, agentFiles(by, number, limits), "", name, mediaType, r)
}

// Attached finds again a file that Attach kept for the same agent and ticket, as
// the page names it that was being written; errors as those of [Desk.KeptUpload].
func (d *Desk) Attached(ctx context.Context, by Actor, number int64, limits helpdesk.FileLimits, token string) (Upload, error) {
	if err := by.mayWork(); err != nil {
		return Upload{}, err
	}
	return d.kept(ctx, agentFiles(by, number, limits), token)
}

// maxMediaType is the longest name of a media type (RFC 6838 section 4.2).
const maxMediaType = 127 + len("/") + 127

// describeFile takes name and type as somebody's browser told them.
func describeFile(name, mediaType string) helpdesk.Attachment {
	a := helpdesk.Attachment{Name: eml.Filename(name), MediaType: "application/octet-stream"}
	if a.Name == "" {
		a.Name = "file"
	}
	if plain, _, err := mime.ParseMediaType(mediaType); err == nil && len(plain) <= maxMediaType {
		a.MediaType = plain
	}
	return a
}
