package secrets

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// What was declared counts; the folder has the rest, and never stands in for what
// cannot be opened.
func TestDeclared(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a", "relay"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"password", "token", "broken"} {
		if err := os.WriteFile(filepath.Join(dir, "a", "relay", key), []byte("of the folder\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	source := Declared{Folder: Folder(dir), Open: func(account, name, key string) ([]byte, bool, error) {
		switch account + "/" + name + "/" + key {
		case "a/relay/password":
			return []byte("declared\n"), true, nil
		case "a/relay/empty":
			return []byte("\n"), true, nil
		case "a/relay/broken":
			return nil, false, errors.New("it does not open")
		}
		return nil, false, nil
	}}
	for _, tt := range []struct {
		key  string
		want string
		kind helpdesk.Kind // of the error, if there is to be one
	}{
		{"password", "declared", 0},
		{"token", "of the folder", 0},
		{"empty", "", helpdesk.NotFound},
		{"broken", "", helpdesk.Unavailable},
		{"none", "", helpdesk.NotFound},
	} {
		t.Run(tt.key, func(t *testing.T) {
			got, err := source.Secret(t.Context(), "a", helpdesk.SecretRef{Name: "relay", Key: tt.key})
			if string(got) != tt.want || tt.want == "" && helpdesk.KindOf(err) != tt.kind || tt.want != "" && err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
