package main

import (
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// A replica that has never had a configuration and does not reach etcd says so to
// whoever opens a page, on the same port that it serves on later.
//
// covers: K05
func TestNothingIsLoadedYet(t *testing.T) {
	c := startCluster(t)
	list := c.op.Declare("support", c.op.Documents(plainDesk, deskForm))
	c.etcd.Stop()
	s := startUntil(t, "waiting for what is declared", filepath.Join(t.TempDir(), "state"), c.relay, c.flags...)
	for _, path := range []string{"/en", "/agent", "/api/v1/forms"} {
		status, body := page(t, s, deskHost, path)
		if status != http.StatusServiceUnavailable || !strings.Contains(body, "The help centers are not loaded yet.") || !strings.Contains(body, "This does not work at the moment") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	resp, err := http.Get("http://" + s.http + "/en")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.Header.Get("Retry-After") == "" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers are %v", resp.Header)
	}
	probe := func(path string) (int, string) {
		resp, err := http.Get("http://" + s.admin + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	if status, body := probe("/livez"); status != http.StatusOK {
		t.Errorf("/livez: %d %s", status, body)
	}
	if status, body := probe("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "the configuration is not loaded yet") {
		t.Errorf("/readyz: %d %s", status, body)
	}
	c.etcd.Restart(t)
	eventually(t, "the desk is served", func() bool { return c.programmed(t, list) })
	if status, body := page(t, s, deskHost, "/en"); status != http.StatusOK || !strings.Contains(body, deskButton) {
		t.Errorf("once it is loaded: %d %s", status, body)
	}
	if status, _ := probe("/readyz"); status != http.StatusOK {
		t.Errorf("/readyz once it is loaded: %d", status)
	}
}

// polledMailbox is at a server that nobody runs.
func polledMailbox(port string) string {
	return `---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: polled, namespace: support}
spec:
  address: polled@acme.example
  inbound: {type: IMAP, imap: {host: localhost, port: ` + port + `, credentialsSecretRef: {name: mail}}}
`
}

// The replica that polls a mailbox tells the operator how that goes.
//
// covers: P01
func TestPollingIsTold(t *testing.T) {
	c := startCluster(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String()) // of a listener
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	documents := c.op.Documents(plainDesk, polledMailbox(port))
	secret := c.op.Secret("support", "mail", "1", map[string]string{"password": "hunter2"})
	documents[secret.Ref()] = secret
	list := c.op.Declare("support", documents)
	startServer(t, c.relay, c.flags...)
	eventually(t, "the desk is served", func() bool { return c.programmed(t, list) })
	told := func() map[string]wire.Poll {
		replicas := c.serving(t)
		if len(replicas) != 1 {
			return nil
		}
		loaded := c.op.Loaded(replicas[0], "support")
		if loaded == nil {
			return nil
		}
		return loaded.Mail
	}
	eventually(t, "the server is told to be out of reach", func() bool {
		return told()["polled"].State == wire.PollUnreachable
	})
	if p := told()["polled"]; !strings.HasPrefix(p.Message, "TCP: ") {
		t.Errorf("it says %q", p.Message)
	}
	if _, polled := told()["support"]; polled {
		t.Error("a mailbox that is not polled has a state")
	}
	documents = c.op.Documents(plainDesk)
	list = c.op.Declare("support", documents)
	eventually(t, "it is not told of what is gone", func() bool { return c.programmed(t, list) && len(told()) == 0 })
}

// covers: P01
func TestPollOf(t *testing.T) {
	looked := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		poll *helpdesk.Poll
		want *wire.Poll
	}{
		{"not polled here", nil, nil},
		{"not looked at yet", &helpdesk.Poll{}, nil},
		{"works", &helpdesk.Poll{Success: looked}, &wire.Poll{State: wire.PollConnected}},
		{"no such name", &helpdesk.Poll{Step: "DNS", Words: "no such host"}, &wire.Poll{State: wire.PollUnreachable, Message: "DNS: no such host"}},
		{"refused", &helpdesk.Poll{Step: "TCP", Words: "connection refused", Success: looked}, &wire.Poll{State: wire.PollUnreachable, Message: "TCP: connection refused"}},
		{"not believed", &helpdesk.Poll{Step: "TLS", Words: "unknown authority"}, &wire.Poll{State: wire.PollUnreachable, Message: "TLS: unknown authority"}},
		{"wrong password", &helpdesk.Poll{Step: "AUTH", Words: "NO wrong password"}, &wire.Poll{State: wire.PollRefused, Message: "NO wrong password"}},
		{"no such folder", &helpdesk.Poll{Step: "SELECT", Words: "NO"}, &wire.Poll{State: wire.PollUnreachable, Message: "SELECT: NO"}},
		{"breaks off", &helpdesk.Poll{Step: "FETCH", Words: "EOF"}, &wire.Poll{State: wire.PollUnreachable, Message: "FETCH: EOF"}},
		{"fails on our side", &helpdesk.Poll{Step: "KEEP", Words: "disk full", Success: looked}, &wire.Poll{State: wire.PollConnected}},
		{"many words", &helpdesk.Poll{Step: "AUTH", Words: strings.Repeat("ä", wire.MaxError)}, &wire.Poll{State: wire.PollRefused, Message: strings.Repeat("ä", wire.MaxError/2)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := pollOf(tt.poll)
			if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if got != nil && len(got.Message) > wire.MaxError {
				t.Errorf("%d bytes are told", len(got.Message))
			}
		})
	}
}
