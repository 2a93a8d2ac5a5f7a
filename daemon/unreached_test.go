package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// Why an etcd outside is not reached is said in its words: by the error with which a
// daemon of files ends, and in the log of one that waits for etcd.
//
// covers: P05
func TestEtcdUnreached(t *testing.T) {
	ours, theirs := peers.NewAuthority(t), peers.NewAuthority(t)
	cert, key := ours.Issue(t, "localhost", "127.0.0.1")
	_, relay := startRelay(t)
	inside := startServer(t, relay, "--etcd-listen", "127.0.0.1:0", "--etcd-listen-cert", cert, "--etcd-listen-key", key, "--etcd-listen-ca", ours.File)
	shared := filepath.Join(t.TempDir(), "key")
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails since Go 1.24
	if err := os.WriteFile(shared, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "postern")
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, etcd string
		flags      []string
		says       string
	}{
		{"nobody listens", fmt.Sprintf("127.0.0.1:%d", peers.Port(t)), nil, "connection refused"},
		{"it is of another authority", "https://" + inside.etcd, []string{"--etcd-ca", theirs.File, "--etcd-cert", cert, "--etcd-key", key}, "unknown authority"},
		{"without a certificate", "https://" + inside.etcd, []string{"--etcd-ca", ours.File}, "certificate required"},
	} {
		for _, declared := range []string{declaredFiles, declaredEtcd} {
			t.Run(tt.name+", "+declared, func(t *testing.T) {
				t.Parallel()
				manifests := t.TempDir()
				if err := os.WriteFile(filepath.Join(manifests, "desk.yaml"), []byte(plainDesk), 0o600); err != nil {
					t.Fatal(err)
				}
				p := peers.Start(t, exec.Command(program, append([]string{
					"serve", "--dir", t.TempDir(), "--manifests", manifests, "--relay", relay, "--trusted-relay", "127.0.0.1",
					"--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--dns", "127.0.0.1:1",
					"--declared", declared, "--key-file", shared, "--etcd", tt.etcd,
				}, tt.flags...)...))
				if declared == declaredFiles && !p.Ended(peers.Patience) {
					t.Fatal("it goes on")
				}
				peers.Eventually(t, peers.Patience, func() error {
					for line := range bytes.Lines([]byte(p.Log.String())) {
						var told struct{ Msg, Error string }
						inLog := json.Unmarshal(line, &told) == nil
						why := told.Error
						if inLog != (declared == declaredEtcd) || inLog && told.Msg != "etcd is not reached" {
							continue
						} else if !inLog { // the error that it ended with
							why = string(line)
						}
						if strings.Contains(why, tt.says) {
							return nil
						}
					}
					return fmt.Errorf("it does not say %q:\n%s", tt.says, p.Log)
				})
			})
		}
	}
}
