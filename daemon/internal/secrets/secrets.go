// Package secrets reads passwords, tokens and keys from files, or from what was
// declared sealed, each time that one is needed: a changed one counts at once, and
// none stays in memory.
package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// maxSecret is far above any key or token, and below what would hurt.
const maxSecret = 64 << 10

// Folder holds each secret as the file ACCOUNT/NAME/KEY, so that no account can
// name a secret of another one. Mounted Secrets of Kubernetes have this form.
type Folder string

// Secret reads one secret, without the line end that editors put behind it. The
// error is NotFound when there is none, and names the file that is missing.
func (f Folder) Secret(_ context.Context, account string, ref helpdesk.SecretRef) ([]byte, error) {
	for _, part := range []string{account, ref.Name, ref.Key} {
		if !filepath.IsLocal(part) || strings.ContainsAny(part, `/\`) { // what the manifests' check lets nobody write
			return nil, helpdesk.Errorf(helpdesk.NotFound, "%.60q does not name a secret", part)
		}
	}
	name := account + "/" + ref.Name + "/" + ref.Key
	raw, err := f.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, helpdesk.Errorf(helpdesk.NotFound, "the secret %s is not there: it is read from the file %s/%s", ref.Name, f, name)
	case err != nil:
		return nil, helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("read secret: %w", err))
	}
	if raw = withoutLineEnd(raw); len(raw) == 0 {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "the secret %s is empty: %s/%s", ref.Name, f, name)
	}
	return raw, nil
}

// read follows links of mounted Secrets, but never out of the folder.
func (f Folder) read(name string) ([]byte, error) {
	root, err := os.OpenRoot(string(f))
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // only read from
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	raw, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	if len(raw) > maxSecret {
		return nil, fmt.Errorf("%s has more than %d bytes", name, maxSecret)
	}
	return raw, err
}

// Declared are secrets that came with the declared configuration, and those of a
// folder where it has none.
type Declared struct {
	// Open opens one; found is false if none of that name and key was declared.
	Open   func(account, name, key string) (value []byte, found bool, err error)
	Folder Folder
}

// Secret opens or reads one secret, as [Folder] does.
func (d Declared) Secret(ctx context.Context, account string, ref helpdesk.SecretRef) ([]byte, error) {
	raw, found, err := d.Open(account, ref.Name, ref.Key)
	switch {
	case err != nil:
		return nil, helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("open secret: %w", err))
	case !found:
		return d.Folder.Secret(ctx, account, ref)
	}
	if raw = withoutLineEnd(raw); len(raw) == 0 {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "%s of the secret %s is empty", ref.Key, ref.Name)
	}
	return raw, nil
}

// withoutLineEnd drops what editors put behind a secret.
func withoutLineEnd(raw []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))
}
