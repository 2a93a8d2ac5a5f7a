package upgrade

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/posterndesk/postern/test/peers"
)

// daemon is a "postern serve" of one release or another over the same folder.
type daemon struct {
	*peers.Process
	dir, relay string
	args       []string
	program    string
	smtp, http string
}

// start begins a release on the folder and waits until it serves.
func (d *daemon) start(t *testing.T, program string) {
	t.Helper()
	d.begin(t, program)
	for deadline := time.Now().Add(peers.Patience); time.Now().Before(deadline); {
		if d.serves() {
			return
		}
		if d.Ended(20 * time.Millisecond) {
			break
		}
	}
	t.Fatalf("%s does not serve:\n%s", program, d.Log)
}

// begin begins a release that may end by itself.
func (d *daemon) begin(t *testing.T, program string) {
	t.Helper()
	d.program = program
	d.Process = peers.Start(t, exec.Command(program, append([]string{
		"serve", "--dir", d.dir, "--manifests", filepath.Join(d.dir, "manifests"), "--relay", d.relay, "--trusted-relay", "127.0.0.1", "--dns", "127.0.0.1:1",
		"--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--hostname", "mx.acme.example",
	}, d.args...)...))
}

// serves finds the line of the log that says where it listens.
func (d *daemon) serves() bool {
	for line := range strings.Lines(d.Log.String()) {
		var told struct{ Msg, SMTP, HTTP string }
		if json.Unmarshal([]byte(line), &told) == nil && told.Msg == "serving" {
			d.smtp, d.http = told.SMTP, told.HTTP
			return true
		}
	}
	return false
}

// end ends it in order, or without a warning.
func (d *daemon) end(t *testing.T, signal syscall.Signal) {
	t.Helper()
	d.Signal(signal)
	if !d.Ended(peers.Patience) {
		t.Fatalf("%s does not end", d.program)
	}
}

// command runs a command of the release that serves now.
func (d *daemon) command(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(d.program, append(args, "--dir", d.dir)...).CombinedOutput()
	if err != nil {
		t.Fatalf("postern %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// outgoing is a mail that waits, or was given up.
type outgoing struct{ ID, To, Purpose, State, MessageID string }

// outbox lists them, of one state.
func (d *daemon) outbox(t *testing.T, state string) []outgoing {
	t.Helper()
	var all struct{ Deliveries []outgoing }
	if err := json.Unmarshal([]byte(d.command(t, "outbox", "list", "--state", state, "--json")), &all); err != nil {
		t.Fatal(err)
	}
	return all.Deliveries
}

// drain has all mail tried now, and waits until none waits any more.
func (d *daemon) drain(t *testing.T) {
	t.Helper()
	peers.Eventually(t, 2*peers.Patience, func() error {
		waiting := d.outbox(t, "waiting")
		if len(waiting) == 0 {
			return nil
		}
		d.command(t, "outbox", "retry", "--relay", "127.0.0.1")
		return fmt.Errorf("%d mails still wait, such as %+v", len(waiting), waiting[0])
	})
	if failed := d.outbox(t, "failed"); len(failed) > 0 {
		t.Errorf("%d mails were given up, such as %+v", len(failed), failed[0])
	}
}

// etcd is a client of the one inside.
func (d *daemon) etcd(t *testing.T) *clientv3.Client {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{"unix://" + filepath.Join(d.dir, "etcd", "client.sock")}, DialTimeout: peers.Patience, Logger: zap.NewNop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() }) // it may be closed already
	return client
}
