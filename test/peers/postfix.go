package peers

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Postfix is Debian's Postfix in a folder of its own, with its own queue. The one
// of the machine is not touched. Make it with NewPostfix, say what it should be
// with File, Main and Master, then Start it.
//
// It takes mail of loopback for any address and, unless Main names a transport,
// returns all of it: no mail of a test leaves the machine.
type Postfix struct {
	*Process
	Dir  string // readable for its processes, unlike folders of testing
	SMTP string // where it takes mail

	conf         string
	main, master []string
}

// NewPostfix makes the folder. Only root can start a Postfix.
func NewPostfix(t testing.TB) *Postfix {
	t.Helper()
	Need(t, "postfix", "postfix")
	if os.Getuid() != 0 {
		Missing(t, "only root can start Postfix")
	}
	dir, err := os.MkdirTemp("", "postern-postfix-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p := &Postfix{Dir: dir, SMTP: fmt.Sprintf("127.0.0.1:%d", Port(t)), conf: filepath.Join(dir, "conf")}
	for _, sub := range []string{"conf", "queue", "data"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ownedBy(t, "postfix", filepath.Join(dir, "data"))
	p.Main(
		"compatibility_level = 3.6",
		"queue_directory = "+filepath.Join(dir, "queue"),
		"data_directory = "+filepath.Join(dir, "data"),
		"maillog_file = /dev/stdout",
		"mail_owner = postfix",
		"setgid_group = postdrop",
		"myhostname = mta.example",
		"myorigin = mta.example",
		"inet_interfaces = 127.0.0.1",
		"inet_protocols = ipv4",
		"mynetworks = 127.0.0.0/8",
		"mydestination =",
		"local_recipient_maps =",
		"alias_maps =",
		"alias_database =",
		"recipient_delimiter = +",
		"local_transport = error:no local mail here",
		"default_transport = error:no way out of this test",
		"smtp_host_lookup = native",
		"smtp_dns_support_level = disabled",
		"smtpd_recipient_restrictions = permit_mynetworks, reject",
		"smtpd_relay_restrictions = permit_mynetworks, reject",
		"smtpd_client_connection_count_limit = 0",
		"smtpd_client_connection_rate_limit = 0",
		"notify_classes =",
		// Mail systems wait for minutes; a test has seconds.
		"minimal_backoff_time = 1s",
		"maximal_backoff_time = 2s",
		"queue_run_delay = 1s",
	)
	p.Master(
		strings.TrimPrefix(p.SMTP, "127.0.0.1:")+" inet n - n - - smtpd",
		"pickup unix n - n 1 1 pickup",
		"cleanup unix n - n - 0 cleanup",
		"qmgr unix n - n 1 1 qmgr",
		"tlsmgr unix - - n 1000? 1 tlsmgr",
		"rewrite unix - - n - - trivial-rewrite",
		"bounce unix - - n - 0 bounce",
		"defer unix - - n - 0 bounce",
		"trace unix - - n - 0 bounce",
		"verify unix - - n - 1 verify",
		"flush unix n - n 1000? 0 flush",
		"proxymap unix - - n - - proxymap",
		"proxywrite unix - - n - 1 proxymap",
		"smtp unix - - n - - smtp",
		"relay unix - - n - - smtp",
		"showq unix n - n - - showq",
		"error unix - - n - - error",
		"retry unix - - n - - error",
		"discard unix - - n - - discard",
		"lmtp unix - - n - - lmtp",
		"anvil unix - - n - 1 anvil",
		"scache unix - - n - 1 scache",
		"postlog unix-dgram n - n - 1 postlogd",
	)
	return p
}

// File writes a file for lines of Main to name, readable for Postfix.
func (p *Postfix) File(t testing.TB, name, content string) (path string) {
	t.Helper()
	path = filepath.Join(p.Dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Main adds lines of main.cf; of a name twice, the last counts.
func (p *Postfix) Main(lines ...string) { p.main = append(p.main, lines...) }

// Master adds services of master.cf: "127.0.0.1:2465 inet n - n - - smtpd", and
// options on lines that begin with spaces. None may be chrooted.
func (p *Postfix) Master(lines ...string) { p.master = append(p.master, lines...) }

// Start runs it until the test ends or Stop, after which Start starts it again
// over the same queue.
func (p *Postfix) Start(t testing.TB) {
	t.Helper()
	p.File(t, "conf/main.cf", strings.Join(lastOfEach(p.main), "\n")+"\n")
	p.File(t, "conf/master.cf", strings.Join(p.master, "\n")+"\n")
	p.Process = Start(t, exec.Command("postfix", "-c", p.conf, "start-fg"))
	t.Cleanup(func() { p.Stop(t) })
	p.Answers(t, p.SMTP)
}

// lastOfEach leaves out the settings that a later line of the same name sets again.
// Each program of Postfix would warn of them, its log daemon too, which then waits
// for itself for ever if the others have filled its socket at that moment.
func lastOfEach(lines []string) []string {
	last := map[string]int{}
	for i, line := range lines {
		name, _, _ := strings.Cut(line, "=")
		last[strings.TrimSpace(name)] = i
	}
	var kept []string
	for i, line := range lines {
		name, _, _ := strings.Cut(line, "=")
		if last[strings.TrimSpace(name)] == i {
			kept = append(kept, line)
		}
	}
	return kept
}

// Stop ends it in order; what it has stays in its queue. Its master has a process
// group of its own, so nothing but Postfix's own command ends all of it.
func (p *Postfix) Stop(t testing.TB) {
	t.Helper()
	_ = exec.Command("postfix", "-c", p.conf, "stop").Run() // stopped already is fine
	if !p.Ended(Patience) {
		t.Fatal("postfix does not end")
	}
}

// Send hands it a mail as a program on its machine would, through its sendmail.
func (p *Postfix) Send(t testing.TB, from, to, raw string) {
	t.Helper()
	cmd := exec.Command("sendmail", "-C", p.conf, "-i", "-f", from, "--", to)
	cmd.Stdin = strings.NewReader(raw)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sendmail: %v\n%s", err, out)
	}
}

// Queued is a mail that Postfix still has.
type Queued struct {
	Queue      string `json:"queue_name"` // incoming, active, deferred
	ID         string `json:"queue_id"`
	Sender     string `json:"sender"`
	Recipients []struct {
		Address string `json:"address"`
		Why     string `json:"delay_reason"` // what the next server said last
	} `json:"recipients"`
}

// Queue lists what it still has.
func (p *Postfix) Queue(t testing.TB) (all []Queued) {
	t.Helper()
	out, err := exec.Command("postqueue", "-c", p.conf, "-j").Output()
	if err != nil {
		t.Fatalf("postqueue: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		var q Queued
		if err := json.Unmarshal([]byte(line), &q); err != nil {
			t.Fatalf("postqueue: %v in %s", err, line)
		}
		all = append(all, q)
	}
	return all
}

// ownedBy gives a file to a user of the machine.
func ownedBy(t testing.TB, name, path string) {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid) // numbers on every Unix
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
}
