package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/test/peers"
)

// cluster is an etcd outside with a daemon on it, and whoever plays the operator.
type cluster struct {
	etcd   *peers.Etcd
	client *clientv3.Client
	op     *peers.Operator
	relay  string
	flags  []string
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{etcd: peers.StartEtcd(t)}
	c.client = c.etcd.Client(t)
	var shared [32]byte
	_, _ = rand.Read(shared[:]) // never fails since Go 1.24
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, shared[:], 0o600); err != nil {
		t.Fatal(err)
	}
	c.op = peers.NewOperator(t, c.client, "default", shared, 1)
	_, c.relay = startRelay(t)
	c.flags = []string{"--declared", "etcd", "--etcd", c.etcd.Endpoint, "--etcd-ca", c.etcd.Authority, "--key-file", key, "--trusted-relay", "127.0.0.1"}
	return c
}

// serving are the replicas that say that they serve.
func (c *cluster) serving(t *testing.T) []string {
	t.Helper()
	resp, err := c.client.Get(t.Context(), c.op.Keys.Sessions(), clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, kv := range resp.Kvs {
		s, err := wire.Decode[wire.Session](kv.Value)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(string(kv.Key), c.op.Keys.Sessions())
		if strings.Contains(name, "/") {
			t.Errorf("the replica %q has a slash", name)
		}
		if s.Phase == wire.Serving {
			all = append(all, name)
		}
	}
	return all
}

// programmed reports that every serving replica serves a list, and that there is one.
func (c *cluster) programmed(t *testing.T, list *wire.Account) bool {
	t.Helper()
	replicas := c.serving(t)
	for _, r := range replicas {
		if l := c.op.Loaded(r, list.Namespace); l == nil || l.Account != list.Hash {
			return false
		}
	}
	return len(replicas) > 0
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come to pass: %s", what)
		}
	}
}

// page reads a page of a help center; the status is 0 if nobody answers.
func page(t *testing.T, s *server, host, path string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.http+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, ""
	}
	return resp.StatusCode, string(raw)
}

const (
	deskHost   = "help.acme.example"
	deskButton = `href="/en/submit`
	deskForm   = `---
apiVersion: postern.dev/v1alpha1
kind: TicketForm
metadata: {name: contact, namespace: support}
spec: {title: {default: Contact us}, publication: Published, helpCenterRefs: [{name: acme}]}
`
)

// A form that the operator writes makes the button appear on every replica, and each
// acknowledges it; a form that goes takes it away.
//
// covers: K02
func TestServeWhatTheOperatorDeclares(t *testing.T) {
	c := startCluster(t)
	list := c.op.Declare("support", c.op.Documents(plainDesk))
	one, two := startServer(t, c.relay, c.flags...), startServer(t, c.relay, c.flags...)
	eventually(t, "both serve the desk", func() bool { return len(c.serving(t)) == 2 && c.programmed(t, list) })
	buttons := func() (n int) {
		for _, s := range []*server{one, two} {
			if status, body := page(t, s, deskHost, "/en"); status == http.StatusOK && strings.Contains(body, deskButton) {
				n++
			}
		}
		return n
	}
	if buttons() != 0 {
		t.Fatal("there is a button without a form")
	}
	list = c.op.Declare("support", c.op.Documents(plainDesk, deskForm))
	eventually(t, "the form is programmed", func() bool { return c.programmed(t, list) })
	if buttons() != 2 {
		t.Error("a form that is acknowledged by both has no button at one")
	}
	list = c.op.Declare("support", c.op.Documents(plainDesk))
	eventually(t, "the form is withdrawn", func() bool { return c.programmed(t, list) })
	if buttons() != 0 {
		t.Error("there is a button though the form is gone everywhere")
	}
	if err := two.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "who stops is gone", func() bool { return len(c.serving(t)) == 1 })
}

// Etcd goes away: pages that need nothing of it are served, mail is asked to come
// again, and a daemon that is started meanwhile does the same from its disk. When etcd
// is back, everything goes on by itself.
//
// covers: K05
func TestServeWithoutEtcd(t *testing.T) {
	c := startCluster(t)
	list := c.op.Declare("support", c.op.Documents(plainDesk, deskForm))
	s := startServer(t, c.relay, c.flags...)
	eventually(t, "the desk is served", func() bool { return c.programmed(t, list) })
	eventually(t, "it is on disk", func() bool {
		_, err := os.Stat(filepath.Join(s.dir, "declared", "support.json"))
		return err == nil
	})
	const alice = "alice@customer.example"
	send := func(s *server, id string) error {
		return sendMail(s.smtp, alice, "support@acme.example", plainMail(alice, "Lamp "+id, id, "It is dark."))
	}
	if err := send(s, "before"); err != nil {
		t.Fatal(err)
	}
	c.etcd.Stop()
	without := func(s *server) {
		t.Helper()
		if err := send(s, "meanwhile"); err == nil || !strings.Contains(fmt.Sprint(err), "451") {
			t.Errorf("mail without etcd: %v, want 451", err)
		}
		if status, body := page(t, s, deskHost, "/en"); status != http.StatusOK || !strings.Contains(body, deskButton) {
			t.Errorf("the first page without etcd: %d", status)
		}
		if status, body := page(t, s, deskHost, "/agent"); status == http.StatusInternalServerError {
			t.Errorf("a page that needs the store: %d %s", status, body)
		}
	}
	without(s)
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait() // killed
	again := startServerOn(t, s.dir, c.relay, c.flags...)
	without(again)

	c.etcd.Restart(t)
	eventually(t, "it is acknowledged again", func() bool { return c.programmed(t, list) })
	eventually(t, "mail is taken in", func() bool { return send(again, "after") == nil })
	list = c.op.Declare("support", c.op.Documents(plainDesk))
	eventually(t, "changes are followed", func() bool { return c.programmed(t, list) })
}

// What is live is written as manifests that a daemon of files makes the same of.
//
// covers: M01
func TestExport(t *testing.T) {
	c := startCluster(t)
	documents := c.op.Documents(plainDesk, deskForm)
	list := c.op.Declare("support", documents)
	s := startServer(t, c.relay, c.flags...)
	eventually(t, "the desk is served", func() bool { return c.programmed(t, list) })
	file := filepath.Join(t.TempDir(), "live.yaml")
	var said strings.Builder
	if code := execute(t.Context(), []string{"export", "--dir", s.dir, "-o", file}, &said, &said); code != 0 {
		t.Fatalf("export: %s", said.String())
	}
	if code := execute(t.Context(), []string{"check", file}, &said, &said); code != 0 {
		t.Fatalf("check: %s", said.String())
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	again := c.op.Documents(string(raw))
	if len(again) != len(documents) {
		t.Errorf("%d objects became %d", len(documents), len(again))
	}
	for ref, d := range documents {
		if again[ref].Hash != d.Hash {
			t.Errorf("%s is another one", ref)
		}
	}
	said.Reset()
	if code := execute(t.Context(), []string{"center", "list", "--dir", s.dir}, &said, &said); code != 0 || !strings.Contains(said.String(), "etcd, loaded at") {
		t.Errorf("center list: %s", said.String())
	}
	if code := execute(t.Context(), []string{"export", "--dir", s.dir, "--account", "none"}, &said, &said); code == 0 {
		t.Error("an account that is not there was exported")
	}
}

func TestDeclaredFlags(t *testing.T) {
	tls := []string{"--etcd-listen-cert", "c", "--etcd-listen-key", "k", "--etcd-listen-ca", "a"}
	for _, tt := range []struct {
		name string
		flag []string
		want string // part of the error, "" for none
	}{
		{"files", nil, ""},
		{"etcd", []string{"--declared", "etcd"}, ""},
		{"elsewhere", []string{"--declared", "consul"}, "is not files or etcd"},
		{"plain on this machine", []string{"--etcd-listen", "127.0.0.1:2379"}, ""},
		{"plain for all", []string{"--etcd-listen", ":2379"}, "it needs --etcd-listen-cert"},
		{"plain on a network", []string{"--etcd-listen", "192.0.2.1:2379"}, "it needs --etcd-listen-cert"},
		{"with TLS", append([]string{"--etcd-listen", "2379"}, tls...), ""},
		{"without an authority", append([]string{"--etcd-listen", "2379"}, tls[:4]...), "go together"},
		{"certificates for nothing", tls, "need --etcd-listen"},
		{"of an etcd outside", []string{"--etcd-listen", "127.0.0.1:2379", "--etcd", "http://192.0.2.1:2379", "--key-file", "key"}, "names one outside"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := serveSettings(append(tt.flag, "--dir", t.TempDir()), io.Discard)
			if got := fmt.Sprint(err); (err == nil) != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %q", got, tt.want)
			}
		})
	}
}
