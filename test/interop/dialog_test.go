package interop

import (
	"bufio"
	"context"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/test/peers"
)

// program runs one to its end, and returns all that it prints.
func program(t *testing.T, input, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), peers.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// dialog is a raw SMTP client.
type dialog struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, address string) *dialog {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(peers.Patience))
	return &dialog{t: t, Conn: conn, r: bufio.NewReader(conn)}
}

// talk sends a line, if there is one, and reads one answer.
func (d *dialog) talk(row, want string) {
	d.t.Helper()
	if row != "" {
		if _, err := io.WriteString(d.Conn, row+"\r\n"); err != nil {
			d.t.Fatal(err)
		}
	}
	for {
		got, err := d.r.ReadString('\n')
		if err != nil || !strings.HasPrefix(got, want[:3]) {
			d.t.Fatalf("%q was answered %q, %v; want %s", row, got, err, want)
		}
		if got[3] != '-' {
			if !strings.HasPrefix(got, want) {
				d.t.Fatalf("%q was answered %q, want %s", row, got, want)
			}
			return
		}
	}
}

// ask sends a line and returns the answer, of one line.
func (d *dialog) ask(row string) string {
	d.t.Helper()
	if _, err := io.WriteString(d.Conn, row+"\r\n"); err != nil {
		d.t.Fatal(err)
	}
	got, err := d.r.ReadString('\n')
	if err != nil {
		d.t.Fatalf("%q was answered %q, %v", row, got, err)
	}
	return strings.TrimSpace(got)
}
