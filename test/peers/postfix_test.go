package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// What tests of others stand on: it starts beside the machine's own Postfix,
// takes mail, keeps what it cannot deliver, and delivers it later.
func TestPostfix(t *testing.T) {
	port := Port(t)
	p := NewPostfix(t)
	p.Main(fmt.Sprintf("default_transport = smtp:[127.0.0.1]:%d", port))
	p.Start(t)
	p.Send(t, "a@customer.example", "support@acme.example", "Subject: x\n\nhello\n")
	Eventually(t, Patience, func() error {
		queue := p.Queue(t)
		if len(queue) != 1 || len(queue[0].Recipients) != 1 || !strings.Contains(queue[0].Recipients[0].Why, "refused") {
			return fmt.Errorf("queue %+v", queue)
		}
		return nil
	})
	raw, err := os.ReadFile(filepath.Join(p.Dir, "queue", "pid", "master.pid"))
	if err != nil {
		t.Fatal(err)
	}
	master, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	p.Stop(t)
	if err := syscall.Kill(master, 0); err != syscall.ESRCH {
		t.Errorf("the master of a Postfix that was stopped still runs: %v", err)
	}
	p.Start(t)
	if queue := p.Queue(t); len(queue) != 1 {
		t.Errorf("after a restart: %+v", queue)
	}
}

func TestLastOfEach(t *testing.T) {
	got := lastOfEach([]string{"a = 1", "b =", "a = 2", "c = x=y"})
	if want := []string{"b =", "a = 2", "c = x=y"}; !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
}
