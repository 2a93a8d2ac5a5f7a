package inbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// kept is a mail whose bytes are durable.
type kept struct {
	ref   blob.Ref
	bytes []byte
}

func (k *kept) again() io.Reader { return bytes.NewReader(k.bytes) }

func (k *kept) release() { k.bytes = nil }

// keep stores the bytes before anything else looks at them: a mail that breaks
// a later step can be run again, and never has to be asked for twice.
func (p *Pipeline) keep(ctx context.Context, account string, raw io.Reader) (*kept, error) {
	w, err := p.Blobs.Create(ctx, account)
	if err != nil {
		return nil, keepError(err)
	}
	defer w.Abort()
	var buf bytes.Buffer
	if _, err := io.Copy(io.MultiWriter(w, &buf), raw); err != nil {
		return nil, keepError(err)
	}
	ref, err := w.Commit(ctx)
	if err != nil {
		return nil, keepError(err)
	}
	return &kept{ref: ref, bytes: buf.Bytes()}, nil
}

// keepError tells a full disk, which the sender may wait for, from the rest.
func keepError(err error) error {
	err = fmt.Errorf("keep mail: %w", err)
	if errors.Is(err, blob.ErrFull) {
		return &helpdesk.Error{Kind: helpdesk.Full, Err: err}
	}
	return err
}
