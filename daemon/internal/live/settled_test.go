package live

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// A deletion opens no sign-up, also over a start of the daemon.
//
// covers: S26
func TestDeletedFileDoesNotOpenSignUp(t *testing.T) {
	dir, options := t.TempDir(), Options{Settled: filepath.Join(t.TempDir(), "signups")}
	narrow := center("acme", "a", "") + "  signUp: {mode: InviteOnly, methods: [Password]}\n"
	open := center("acme", "b", "") + "  signUp: {mode: Open, methods: [Password]}\n"
	start := func(manifests ...string) helpdesk.SignUp {
		t.Helper()
		write(t, dir, append(manifests, mailbox("acme", "support", ""))...)
		l, err := Load(dir, options, quiet)
		if err != nil {
			t.Fatal(err)
		}
		return l.HelpCenters()[0].SignUp
	}
	if s := start(narrow, open); s.Open {
		t.Fatalf("together: %+v", s)
	}
	for range 2 {
		if s := start(open); s.Open {
			t.Errorf("once the narrow one is deleted: %+v", s)
		}
	}
	if s := start(strings.Replace(open, "[Password]", "[Password, EmailCode]", 1)); !s.Open {
		t.Errorf("changed: %+v", s)
	}
}

// What cannot be kept is told, and served all the same; what cannot be read keeps the
// daemon from starting, as it would open sign-up unseen.
func TestSettledCannotBeKept(t *testing.T) {
	dir := folder(t, center("acme", "a", "")+"  signUp: {mode: Open, methods: [Password]}\n", mailbox("acme", "support", ""))
	var said strings.Builder
	if _, err := Load(dir, Options{Settled: filepath.Join(t.TempDir(), "missing", "signups")}, slog.New(slog.NewTextHandler(&said, nil))); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "which sign-up holds") {
		t.Errorf("nobody is told: %s", &said)
	}
	for _, content := range []string{"{", `{"schema": 99}`} {
		path := filepath.Join(t.TempDir(), "signups")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(dir, Options{Settled: path}, quiet); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", content, err)
		}
	}
}

// What an earlier version has kept counts after an upgrade.
func TestSettledOfAnEarlierSchema(t *testing.T) {
	dir := folder(t, center("acme", "a", "")+"  signUp: {mode: Open, methods: [Password]}\n", mailbox("acme", "support", ""))
	path := filepath.Join(t.TempDir(), "signups")
	content := fmt.Sprintf(`{"schema": %d, "signUps": {"acme": {"holder": "", "applied": {"mode": "InviteOnly"}, "allOverruled": true}}}`, config.Schema-1)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Load(dir, Options{Settled: path}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if l.HelpCenters()[0].SignUp.Open {
		t.Error("a declaration that was overruled opens sign-up")
	}
}
