package peers

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/smtp"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// Dev is a real "postern dev" as a process of its own: help centers at hosts that
// this machine knows, a sample agent, and all outgoing mail caught.
type Dev struct {
	*Process
	Dir      string   // its state
	Centers  []Center // as it lists them
	SMTP     string   // where it listens
	Agent    string   // address of the sample agent
	Password string   // theirs

	mu   sync.Mutex
	read map[string]bool // mails that a test has read
}

// Center is a help center of [Dev].
type Center struct{ Name, URL string }

var (
	centerLine   = regexp.MustCompile(`Help center +(\S+) +(http://\S+)/\n`)
	agentLine    = regexp.MustCompile(`address: +(\S+)`)
	passwordLine = regexp.MustCompile(`password: +(\S+)`)
	smtpLine     = regexp.MustCompile(`SMTP: (\S+)`)
)

// StartDev starts it, with the manifests in one YAML text or with the samples for
// "". It logs everything, so that its log can be looked through.
func StartDev(t testing.TB, manifests string, args ...string) *Dev {
	t.Helper()
	dir := t.TempDir()
	d := &Dev{Dir: filepath.Join(dir, "state"), read: map[string]bool{}}
	all := []string{"dev", "--verbose", "--dir", d.Dir, "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"}
	if manifests != "" {
		write(t, filepath.Join(dir, "manifests", "desk.yaml"), manifests)
		all = append(all, "--manifests", filepath.Join(dir, "manifests"))
	}
	cmd := exec.Command(Program(t), append(all, args...)...)
	var out Log
	cmd.Stdout = &out
	d.Process = Start(t, cmd)
	for deadline := time.Now().Add(Patience); !strings.Contains(out.String(), "Ctrl-C"); {
		if d.Ended(20*time.Millisecond) || time.Now().After(deadline) {
			t.Fatalf("postern dev does not serve:\n%s%s", out.String(), d.Log)
		}
	}
	welcome := out.String()
	for _, m := range centerLine.FindAllStringSubmatch(welcome, -1) {
		d.Centers = append(d.Centers, Center{Name: m[1], URL: m[2]})
	}
	for line, into := range map[*regexp.Regexp]*string{agentLine: &d.Agent, passwordLine: &d.Password, smtpLine: &d.SMTP} {
		m := line.FindStringSubmatch(welcome)
		if m == nil {
			t.Fatalf("postern dev does not say %s:\n%s", line, welcome)
		}
		*into = m[1]
	}
	return d
}

// URL is where the first help center answers.
func (d *Dev) URL() string { return d.Centers[0].URL }

// Command runs a command of the command line over its state and returns what it
// prints.
func (d *Dev) Command(t testing.TB, args ...string) string {
	t.Helper()
	return command(t, d.Dir, args...)
}

// Caught is a mail that it sent, in its list of them.
type Caught struct{ ID, To, Subject string }

// Mails are all that it sent.
func (d *Dev) Mails(t testing.TB) []Caught {
	t.Helper()
	var all []Caught
	if err := json.Unmarshal(d.get(t, "/dev/mail.json"), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// Letters are all that it sent, opened.
func (d *Dev) Letters(t testing.TB) []Letter {
	t.Helper()
	var all []Letter
	for _, m := range d.Mails(t) {
		all = append(all, OpenLetter(t, d.get(t, "/dev/mail/"+m.ID+".eml")))
	}
	return all
}

// Letter waits for a mail to an address whose subject has some words, and that
// was not taken before.
func (d *Dev) Letter(t testing.TB, to, subject string) Letter {
	t.Helper()
	return d.letter(t, to, func(l Letter) bool { return strings.Contains(l.Subject, subject) })
}

// LetterWith is Letter for a mail with a link whose path has a part.
func (d *Dev) LetterWith(t testing.TB, to, part string) Letter {
	t.Helper()
	return d.letter(t, to, func(l Letter) bool {
		return slices.ContainsFunc(l.Links, func(link string) bool { return strings.Contains(link, part) })
	})
}

func (d *Dev) letter(t testing.TB, to string, fits func(Letter) bool) (found Letter) {
	t.Helper()
	Eventually(t, Patience, func() error {
		var others []string
		for _, m := range d.Mails(t) {
			if !strings.EqualFold(m.To, to) {
				continue
			}
			found = OpenLetter(t, d.get(t, "/dev/mail/"+m.ID+".eml"))
			if fits(found) && d.take(m.ID) {
				return nil
			}
			others = append(others, found.Subject)
		}
		return fmt.Errorf("no such new mail to %s, only %q", to, others)
	})
	return found
}

func (d *Dev) take(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := d.read[id]
	d.read[id] = true
	return !taken
}

func (d *Dev) get(t testing.TB, path string) []byte {
	t.Helper()
	resp, err := http.Get(d.URL() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s %v", path, resp.Status, err)
	}
	return raw
}

// Send brings it a mail.
func (d *Dev) Send(t testing.TB, from, to, mail string) {
	t.Helper()
	if err := smtp.SendMail(d.SMTP, nil, from, []string{to}, []byte(strings.ReplaceAll(mail, "\n", "\r\n"))); err != nil {
		t.Fatal(err)
	}
}

// Etcd is a client of the etcd inside.
func (d *Dev) Etcd(t testing.TB) *clientv3.Client {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{"unix://" + filepath.Join(d.Dir, "etcd", "client.sock")}, DialTimeout: Patience, Logger: zap.NewNop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() }) // nothing is under way any more
	return client
}
