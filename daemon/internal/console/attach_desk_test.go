package console_test

import (
	"context"
	"encoding/json"
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
func (d *desk) Attach(_ context.Context, by actions.Actor, _ int64, limits helpdesk.FileLimits, name, mediaType string, r io.Reader) (actions.Upload, error) {
	if err := errors.Join(d.check(by), d.attachErr, limits.CheckName(name)); err != nil {
		return actions.Upload{}, err
	}
	content, err := io.ReadAll(io.LimitReader(r, limits.Bytes+1))
	if err != nil {
		return actions.Upload{}, err
	}
	if err := limits.CheckSize(name, int64(len(content))); err != nil {
		return actions.Upload{}, err
	}
	d.uploads = append(d.uploads, string(content[:min(len(content), 10)]))
	return actions.Upload{Attachment: helpdesk.Attachment{Name: name, MediaType: mediaType, Size: int64(len(content)), Blob: strings.Repeat("a", 64)}, Seal: "s"}, nil
}

func (d *desk) Attached(_ context.Context, by actions.Actor, _ int64, _ helpdesk.FileLimits, token string) (actions.Upload, error) {
	var u actions.Upload
	if err := json.Unmarshal([]byte(token), &u); err != nil || u.Seal != "s" {
		return u, &helpdesk.Error{Kind: helpdesk.Invalid, Public: "a file is gone", Err: helpdesk.ErrFile}
	}
	return u, d.check(by)
}

// named lists files behind what was done with them.
func named(files []actions.Upload) string {
	var names strings.Builder
	for _, f := range files {
		names.WriteString(" " + f.Name)
	}
	return names.String()
}
