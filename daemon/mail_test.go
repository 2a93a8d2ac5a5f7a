package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestConnectionsFor(t *testing.T) {
	for _, tt := range []struct {
		files   uint64
		servers int
		want    int
	}{
		{1 << 63, 1, 536_870_662}, {20_000, 1, 9_750}, {20_000, 2, 4_875}, {1024, 1, 262}, {1024, 2, 131}, {500, 1, 20}, {0, 2, 20},
	} {
		if got := connectionsFor(tt.files, tt.servers); got != tt.want {
			t.Errorf("%d files, %d servers: %d connections, want %d", tt.files, tt.servers, got, tt.want)
		}
	}
	if openFiles() < 256 {
		t.Errorf("%d files may be open", openFiles())
	}
}

func TestListenOnSocket(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, fs.ModeSetgid|0o750); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "lmtp")
	l, err := listenOn(unixPrefix + path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o660 || info.Mode().Type() != fs.ModeSocket {
		t.Errorf("%v, %v; want a socket for owner and group", info, err)
	}
	if _, err := listenOn(unixPrefix + path); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a socket that answers: %v", err)
	}
	// A process that was killed leaves its socket behind.
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = l.Close()
	if l, err = listenOn(unixPrefix + path); err != nil {
		t.Fatalf("a dead socket is in the way: %v", err)
	}
	_ = l.Close()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
	// What is no socket is nobody's to remove.
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listenOn(unixPrefix + path); err == nil {
		t.Error("a file gave way")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "precious" {
		t.Errorf("the file is %q, %v", got, err)
	}
}

func TestMailFlags(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string // of the error; "" for none
	}{
		{"all", []string{"--smtps", "2465", "--tls", "x", "--lmtp", "unix:/run/postern/lmtp", "--greeting-delay", "500ms",
			"--proxy-protocol", "192.0.2.0/24", "--repair-line-ends", "unix", "--repair-line-ends", "127.0.0.1"}, ""},
		{"TLS without certificates", []string{"--smtps", ":465"}, "--smtps needs certificates"},
		{"no address", []string{"--lmtp", "lmtp"}, "is not an address"},
		{"no network", []string{"--proxy-protocol", "balancer"}, "balancer"},
		{"the socket has no proxy", []string{"--proxy-protocol", "unix"}, "unix"},
		{"no relay", []string{"--repair-line-ends", "mta"}, "mta"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var errs strings.Builder
			_, err := serveSettings(append(tt.args, "--dir", t.TempDir()), &errs)
			said := errs.String()
			if err != nil {
				said += err.Error()
			}
			if (err == nil) != (tt.want == "") || !strings.Contains(said, tt.want) {
				t.Errorf("said %q, want %q", said, tt.want)
			}
		})
	}
}
