package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/admin"
)

// instance is a real postern as a process of its own.
type instance struct {
	dir  string
	args []string
	cmd  *exec.Cmd
	smtp string
	http string
}

// startInstance runs the test binary as postern: it is the same program, with
// the race detector in it.
func startInstance(t *testing.T, dir string, args ...string) *instance {
	t.Helper()
	i := &instance{dir: dir, args: args}
	i.start(t)
	t.Cleanup(func() { i.stop(syscall.SIGKILL) })
	return i
}

func (i *instance) start(t *testing.T) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "postern")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, program); err != nil { // testscript runs main for this name
		t.Fatal(err)
	}
	i.cmd = exec.Command(program, append([]string{
		"dev", "--dir", i.dir, "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0",
	}, i.args...)...)
	i.cmd.Stderr = t.Output()
	out, err := i.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := i.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	welcome := readUntil(out, "Ctrl-C")
	web, mail := httpLine.FindStringSubmatch(welcome), smtpLine.FindStringSubmatch(welcome)
	if web == nil || mail == nil {
		t.Fatalf("postern did not start:\n%s", welcome)
	}
	i.http, i.smtp = web[1], mail[1]
}

func (i *instance) stop(signal syscall.Signal) {
	if i.cmd.ProcessState == nil {
		_ = i.cmd.Process.Signal(signal) // gone already is what we want
		_ = i.cmd.Wait()
	}
}

// ledger is what the senders know, outside of the program under test.
type ledger struct {
	mu    sync.Mutex
	acked map[string]bool // Message-IDs that were answered with 250
}

// TestKillNineLosesNothing sends 1,000 mails over several connections while the
// daemon is killed twice without a warning; 10,000 and five times with make chaos.
// Senders do what mail servers do:
// whatever was not answered with 250 is sent again. In the end every mail that
// was answered is one entry, and no mail is two.
//
// covers: M05, P04, P05
func TestKillNineLosesNothing(t *testing.T) {
	const connections = 8
	mails, kills := 1000, 2
	if os.Getenv("POSTERN_CHAOS") != "" {
		mails, kills = 10_000, 5
	}
	i := startInstance(t, filepath.Join(t.TempDir(), "state"))
	var current atomic.Value // address of the daemon that runs now
	current.Store(i.smtp)
	l := &ledger{acked: map[string]bool{}}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= mails; n = int(next.Add(1)) {
				l.sendUntilTaken(t, &current, n)
			}
		})
	}
	for k := range kills {
		l.waitFor(t, (k+1)*mails/(kills+2)+rand.IntN(mails/10))
		i.stop(syscall.SIGKILL)
		i.start(t)
		current.Store(i.smtp)
	}
	wg.Wait()
	l.check(t, i, mails)
}

// sendUntilTaken sends one mail again and again until it is answered with 250.
func (l *ledger) sendUntilTaken(t *testing.T, addr *atomic.Value, n int) {
	id := fmt.Sprintf("<mail-%d@customer.example>", n)
	// Every third mail answers an earlier one of its sender, so that tickets are
	// shared. No address writes more than a mailbox takes of it in an hour.
	sender := fmt.Sprintf("sender%d@customer.example", (n-1)/3/16)
	answers := ""
	if n%3 == 0 {
		answers = fmt.Sprintf("In-Reply-To: <mail-%d@customer.example>\r\n", n-2)
	}
	raw := fmt.Sprintf("From: Sender <%s>\r\nTo: support@acme.example\r\nSubject: Mail %d\r\nMessage-ID: %s\r\n%s\r\nText of mail %d.\r\n",
		sender, n, id, answers, n)
	deadline := time.Now().Add(10 * time.Minute)
	for time.Now().Before(deadline) {
		err := sendMail(addr.Load().(string), sender, "support@acme.example", raw)
		if err == nil {
			l.mu.Lock()
			l.acked[id] = true
			l.mu.Unlock()
			return
		}
		if strings.Contains(err.Error(), "SMTP error 5") {
			t.Errorf("mail %d was refused for good: %v", n, err)
			return
		}
		time.Sleep(20 * time.Millisecond) // the daemon is down: a mail server would wait longer
	}
	t.Errorf("mail %d was never taken", n)
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

func (l *ledger) waitFor(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Minute); l.count() < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("only %d mails were taken", l.count())
		}
	}
}

func (l *ledger) check(t *testing.T, i *instance, mails int) {
	t.Helper()
	entries := map[string]int{}
	numbers := map[int64]bool{}
	for _, ticket := range allTickets(t, i.dir) {
		if numbers[ticket.Number] {
			t.Errorf("number %d was given twice", ticket.Number)
		}
		numbers[ticket.Number] = true
		if len(ticket.Entries) != ticket.EntryCount {
			t.Errorf("ticket #%d counts %d entries and has %d", ticket.Number, ticket.EntryCount, len(ticket.Entries))
		}
		for _, e := range ticket.Entries {
			entries[e.MessageID]++
		}
	}
	if got := l.count(); got != mails {
		t.Errorf("%d of %d mails were answered with 250", got, mails)
	}
	for id := range l.acked {
		if entries[id] != 1 {
			t.Errorf("%s was answered with 250 and is in %d entries, want 1", id, entries[id])
		}
	}
	t.Logf("%d mails are in %d tickets", len(entries), len(numbers))
}

// allTickets asks the daemon for every ticket with its history.
func allTickets(t *testing.T, dir string) []admin.Ticket {
	t.Helper()
	client := admin.NewClient(dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all []admin.Ticket
	before := int64(0)
	for {
		var page []admin.Ticket
		if err := client.Get(ctx, fmt.Sprintf("/accounts/support/tickets?limit=100&before=%d", before), &page); err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		for _, head := range page {
			var whole admin.Ticket
			if err := client.Get(ctx, fmt.Sprintf("/accounts/support/tickets/%d", head.Number), &whole); err != nil {
				t.Fatal(err)
			}
			all = append(all, whole)
			before = head.Number
		}
	}
}

// TestFullDisk lets the daemon run out of space: mail is answered with 4xx, what
// was accepted stays, and when there is room again, so is mail.
//
// covers: P04
func TestFullDisk(t *testing.T) {
	disk := smallDisk(t, "160m")
	i := startInstance(t, filepath.Join(disk, "state"))
	send := func(n int) error {
		return sendMail(i.smtp, "alice@customer.example", "support@acme.example", fmt.Sprintf(
			"From: Alice <alice@customer.example>\r\nTo: support@acme.example\r\nSubject: Mail %d\r\nMessage-ID: <full-%d@customer.example>\r\n\r\n%s\r\n",
			n, n, strings.Repeat("All work and no play.\r\n", 4*leftFree/23)))
	}
	if err := send(1); err != nil {
		t.Fatal(err)
	}
	i.idle(t)
	filler := fillDisk(t, disk)
	err := send(2)
	if err == nil || !strings.Contains(err.Error(), "SMTP error 45") {
		t.Fatalf("on a full disk a mail was answered with %v, want 45x", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := send(2); err != nil {
		t.Errorf("with room again: %v", err)
	}
	tickets := allTickets(t, i.dir)
	if len(tickets) != 2 {
		got, _ := json.Marshal(tickets)
		t.Errorf("there are %d tickets, want 2: %s", len(tickets), got)
	}
}

// idle waits until all mail is out and etcd has written its pages: those that it
// writes on a disk that is full to the last byte end the process, which is another
// story.
func (i *instance) idle(t *testing.T) {
	t.Helper()
	const quiet = 500 * time.Millisecond                                              // several times as long as etcd gathers pages
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) { // between two looks
		waiting := 0
		for _, ticket := range allTickets(t, i.dir) {
			for _, d := range ticket.Deliveries {
				if !d.State.Final() {
					waiting++
				}
			}
		}
		pages, err := os.Stat(filepath.Join(i.dir, "etcd", "data", "member", "snap", "db"))
		if err != nil {
			t.Fatal(err)
		}
		if waiting == 0 && time.Since(pages.ModTime()) > quiet {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d mails are not out", waiting)
		}
	}
}

// smallDisk mounts a file system of its own; only root can.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if os.Getuid() != 0 {
		skipOrFail(t, "a full disk is tried on a mount of its own, which takes root")
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		skipOrFail(t, fmt.Sprintf("mount a small disk: %v", err))
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// skipOrFail skips what can't be tried here; in CI that is a failure.
func skipOrFail(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func fillDisk(t *testing.T, disk string) (filler string) {
	t.Helper()
	filler = filepath.Join(disk, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 64<<10)
	for len(block) > 0 {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2] // to the last byte
		}
	}
	end, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(end - leftFree); err != nil {
		t.Fatal(err)
	}
	return filler
}

// leftFree is for the pages that etcd writes a moment after it has answered:
// without them it ends the process, which is another story. A mail of the test
// is several times larger.
const leftFree = 512 << 10
