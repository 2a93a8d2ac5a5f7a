package secrets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "secrets")
	for name, content := range map[string]string{
		"secrets/support/relay/password":          "with blanks \r\n",
		"secrets/support/relay/token":             "one\n\n",
		"secrets/support/relay/empty":             "\n",
		"secrets/support/relay/large":             strings.Repeat("x", maxSecret+1),
		"secrets/other/relay/password":            "not yours",
		"secrets/support/mounted/..data/password": "mounted",
		"outside": "outside",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"mounted/password": "..data/password", "relay/escape": "../../../outside"} {
		if err := os.Symlink(target, filepath.Join(folder, "support", link)); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, key string
		secret    string
		want      string
		kind      helpdesk.Kind
	}{
		{"only the line end goes", "password", "relay", "with blanks ", 0},
		{"only one line end goes", "token", "relay", "one\n", 0},
		{"a mounted Secret", "password", "mounted", "mounted", 0},
		{"nothing is no password", "empty", "relay", "", helpdesk.NotFound},
		{"not there", "absent", "relay", "", helpdesk.NotFound},
		{"too large", "large", "relay", "", helpdesk.Unavailable},
		{"out of the folder", "escape", "relay", "", helpdesk.Unavailable},
		{"of another account", "password", "../other/relay", "", helpdesk.NotFound},
		{"a folder", ".", "relay", "", helpdesk.Unavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Folder(folder).Secret(t.Context(), "support", helpdesk.SecretRef{Name: test.secret, Key: test.key})
			if test.kind != 0 {
				if helpdesk.KindOf(err) != test.kind || strings.Contains(err.Error(), "not yours") {
					t.Fatalf("got %q, %v", got, err)
				}
				return
			}
			if err != nil || string(got) != test.want {
				t.Fatalf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}
