package outbound

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// files go with an agent's answer. They are read while the mail is written, and
// a file whose bytes are not those that were stored ends the attempt. What a
// customer attached goes to nobody else: it is a stranger's, and a desk that
// passes it on by itself spreads what they like.
func (q *Queue) files(ctx context.Context, account string, e *helpdesk.Entry) []eml.OutgoingAttachment {
	if e.Author.Role == helpdesk.Customer {
		return nil
	}
	var files []eml.OutgoingAttachment
	for _, a := range e.Attachments {
		files = append(files, eml.OutgoingAttachment{
			Filename: a.Name, MediaType: a.MediaType, Open: func() (io.ReadCloser, error) { return q.open(ctx, account, a) },
		})
	}
	return files
}

func (q *Queue) open(ctx context.Context, account string, a helpdesk.Attachment) (io.ReadCloser, error) {
	hash, err := blob.ParseHash(a.Blob)
	if err != nil {
		return nil, err
	}
	r, err := blob.OpenVerified(ctx, q.Blobs, account, hash)
	if err != nil {
		return nil, fmt.Errorf("file %q: %w", a.Name, err)
	}
	return r, nil
}

// maxFileNames are told in a mail; the page has them all.
const maxFileNames = 10

func fileNames(files []helpdesk.Attachment) string {
	return told(files, func(f *helpdesk.Attachment) string { return clip(oneLine(f.Name), 80) })
}

// filesTold are the files of a customer as others who take part read of them:
// those that they may fetch.
func filesTold(e *helpdesk.Entry) string {
	var files []helpdesk.Attachment
	for _, f := range e.Attachments {
		if !f.HoldsMail() {
			files = append(files, f)
		}
	}
	return told(files, func(f *helpdesk.Attachment) string {
		return fmt.Sprintf("%s (%s)", clip(oneLine(f.Name), 80), helpdesk.SizeWords(f.Size))
	})
}

func told(files []helpdesk.Attachment, words func(*helpdesk.Attachment) string) string {
	var names []string
	for i := range files {
		if len(names) == maxFileNames {
			names = append(names, "…")
			break
		}
		names = append(names, words(&files[i]))
	}
	return strings.Join(names, ", ")
}
