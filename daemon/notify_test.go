package main

import (
	"net"
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// covers: K03
func TestServeTellsSystemd(t *testing.T) {
	told := notifySocket(t)
	_, relay := startRelay(t)
	s := startServer(t, relay)
	if got := readTold(t, told); got != "READY=1" {
		t.Fatalf("systemd was told %q first", got)
	}
	// Whoever is started after it finds it ready.
	resp, err := http.Get("http://" + s.admin + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("readyz says %s after READY=1", resp.Status)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := readTold(t, told); got != "STOPPING=1" {
		t.Errorf("systemd was told %q at the end", got)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// notifySocket is what systemd has for programs it starts.
func notifySocket(t *testing.T) *net.UnixConn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // nothing is read any more
	t.Setenv("NOTIFY_SOCKET", path)
	return c
}

func readTold(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1024)
	n, err := c.Read(b)
	if err != nil {
		t.Fatalf("systemd is not told: %v", err)
	}
	return string(b[:n])
}
