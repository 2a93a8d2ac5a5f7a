package console_test

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func (d *desk) FileLimits(_ context.Context, by actions.Actor, _ int64) (helpdesk.FileLimits, error) {
	return helpdesk.FileLimits{Bytes: 1 << 20, Mail: 2 << 20, Blocked: []string{"exe"}}, d.check(by)
}

// Attach remembers what it read.
func (d *desk) Attach(_ context.Context, by actions.Actor, limits helpdesk.FileLimits, name, mediaType string, r io.Reader) (helpdesk.Attachment, error) {
	if err := errors.Join(d.check(by), d.attachErr, limits.CheckName(name)); err != nil {
		return helpdesk.Attachment{}, err
	}
	content, err := io.ReadAll(io.LimitReader(r, limits.Bytes+1))
	if err != nil {
		return helpdesk.Attachment{}, err
	}
	if err := limits.CheckSize(name, int64(len(content))); err != nil {
		return helpdesk.Attachment{}, err
	}
	d.uploads = append(d.uploads, string(content[:min(len(content), 10)]))
	return helpdesk.Attachment{Name: name, MediaType: mediaType, Size: int64(len(content)), Blob: strings.Repeat("a", 64)}, nil
}

func (d *desk) Attached(_ context.Context, by actions.Actor, _ helpdesk.FileLimits, said helpdesk.Attachment) (helpdesk.Attachment, error) {
	return said, d.check(by)
}

// named lists files behind what was done with them.
func named(files []helpdesk.Attachment) string {
	var names strings.Builder
	for _, f := range files {
		names.WriteString(" " + f.Name)
	}
	return names.String()
}
