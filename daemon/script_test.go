package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/posterndesk/postern/daemon/internal/devmail"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/test/peers"
)

// patience is how long a script waits for what is under way. It only passes in
// full when something is broken.
const patience = peers.Patience

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"postern": main})
}

// TestScripts runs the dialogs of testdata/script over the real program. Each
// is read like a page of the manual; the commands are below.
func TestScripts(t *testing.T) {
	dns := startDNS(t, senders)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			daemons := &processes{running: map[string]*process{}}
			e.Values[processesKey{}] = daemons
			e.Defer(daemons.killAll)
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("DNS", dns) // that "dev" may be told to ask
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"dev":    cmdDev,
			"stop":   cmdStop,
			"send":   cmdSend,
			"caught": cmdCaught,
			"tamper": cmdTamper,
		},
		RequireExplicitExec: true,
	})
}

type processesKey struct{}

// processes are the daemons of one script, by folder.
type processes struct {
	mu      sync.Mutex
	running map[string]*process
}

type process struct {
	cmd    *exec.Cmd
	errors bytes.Buffer
	done   chan struct{}
}

func (p *processes) killAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.running {
		_ = one.cmd.Process.Kill() // dead already is what we want
		<-one.done
	}
}

var (
	httpLine     = regexp.MustCompile(`Help center\s+\S+\s+(http://\S+)/`)
	smtpLine     = regexp.MustCompile(`SMTP: (\S+)\s+Health and metrics: (http://\S+)/readyz`)
	passwordLine = regexp.MustCompile(`address:\s+(\S+)\s+password: (\S+)`)
)

// cmdDev starts "postern dev" on a folder and free ports, and sets SMTP, HTTP,
// ADMIN, AGENT and PASSWORD from what it prints.
//
//	dev DIR [FLAGS]
func cmdDev(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: dev DIR [FLAGS]")
	}
	dir := ts.MkAbs(args[0])
	all := append([]string{"dev", "--dir", dir, "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args[1:]...)
	program, err := exec.LookPath("postern")
	if err != nil {
		// testscript put it on the script's path, not on ours.
		program = filepath.Join(strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0], "postern")
	}
	p := &process{cmd: exec.Command(program, all...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stderr = ts.Getenv("WORK"), &p.errors
	out, err := p.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(p.cmd.Start())
	ps := ts.Value(processesKey{}).(*processes)
	ps.mu.Lock()
	ps.running[args[0]] = p
	ps.mu.Unlock()
	welcome := readUntil(out, "Ctrl-C")
	go func() {
		_, _ = io.Copy(io.Discard, out) // until it ends
		_ = p.cmd.Wait()                // killed or not is the script's business
		close(p.done)
	}()
	web, mail, login := httpLine.FindStringSubmatch(welcome), smtpLine.FindStringSubmatch(welcome), passwordLine.FindStringSubmatch(welcome)
	if web == nil || mail == nil || login == nil {
		ts.Fatalf("postern dev did not say where it is:\n%s\n%s", welcome, p.errors.String())
	}
	for name, value := range map[string]string{
		"HTTP": web[1], "SECOND": strings.Replace(web[1], "//", "//second.", 1), "SMTP": mail[1], "ADMIN": mail[2], "AGENT": login[1], "PASSWORD": login[2],
	} {
		ts.Setenv(name, value)
	}
	fmt.Fprint(ts.Stdout(), welcome)
}

func readUntil(r io.Reader, end string) string {
	var b strings.Builder
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		b.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), end) {
			break
		}
	}
	return b.String()
}

// cmdStop ends a daemon: politely, or with "stop -9 DIR" as a power cut would.
func cmdStop(ts *testscript.TestScript, neg bool, args []string) {
	signal := os.Signal(syscall.SIGTERM)
	if len(args) == 2 && args[0] == "-9" {
		signal, args = syscall.SIGKILL, args[1:]
	}
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stop [-9] DIR")
	}
	ps := ts.Value(processesKey{}).(*processes)
	ps.mu.Lock()
	p := ps.running[args[0]]
	delete(ps.running, args[0])
	ps.mu.Unlock()
	if p == nil {
		ts.Fatalf("no daemon runs on %s", args[0])
	}
	ts.Check(p.cmd.Process.Signal(signal))
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		ts.Fatalf("postern did not stop:\n%s", p.errors.String())
	}
	if signal == syscall.SIGTERM && p.cmd.ProcessState.ExitCode() != 0 {
		ts.Fatalf("postern ended with %v:\n%s", p.cmd.ProcessState, p.errors.String())
	}
}

// cmdSend sends a file as a mail; variables in it are filled in.
//
//	send [-from ADDRESS] [-to ADDRESS] FILE
func cmdSend(ts *testscript.TestScript, neg bool, args []string) {
	from, to := "alice@customer.example", "support@acme.example"
	for len(args) > 2 {
		switch args[0] {
		case "-from":
			from = args[1]
		case "-to":
			to = args[1]
		default:
			ts.Fatalf("unknown flag %s", args[0])
		}
		args = args[2:]
	}
	if len(args) != 1 {
		ts.Fatalf("usage: send [-from ADDRESS] [-to ADDRESS] FILE")
	}
	raw := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	err := sendMail(ts.Getenv("SMTP"), from, to, raw)
	if neg {
		if err == nil {
			ts.Fatalf("the mail was taken, want it refused")
		}
		fmt.Fprintln(ts.Stdout(), err)
		return
	}
	ts.Check(err)
}

func sendMail(addr, from, to, raw string) error {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return err
	}
	client := smtp.NewClient(conn)
	defer client.Close()
	if err := client.SendMail(from, []string{to}, strings.NewReader(raw)); err != nil {
		return err
	}
	return client.Quit()
}

var (
	ticketLink  = regexp.MustCompile(`http://\S+/t/pl1_[A-Za-z0-9_-]{47}`)
	noteAddress = regexp.MustCompile(`<mailto:(\S+)>`)
	numberInfix = regexp.MustCompile(`#(\d+)`)
	passLink    = regexp.MustCompile(`http://\S+/pass/pp1_[A-Za-z0-9_-]{46}`)
	codeLine    = regexp.MustCompile(`(?m)^\s*(\d{8})\s*$`)
)

// cmdCaught waits for the newest caught mail to an address whose subject holds
// some words, and that was not seen before. It writes the mail to FILE.eml and
// its text to FILE.txt, and sets LINK, PASS, CODE, REPLYTO, NOTETO, MESSAGEID and
// NUMBER from it.
//
//	caught ADDRESS SUBJECT FILE
func cmdCaught(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: caught ADDRESS SUBJECT FILE")
	}
	wait := patience
	if neg {
		wait = 2 * time.Second // nothing to come takes this long to be believed
	}
	raw := waitForMail(ts, args[0], args[1], wait)
	if neg {
		if raw != nil {
			ts.Fatalf("a mail to %s was sent:\n%s", args[0], raw)
		}
		return
	}
	if raw == nil {
		ts.Fatalf("no mail to %s about %q came", args[0], args[1])
	}
	mail := eml.Read(raw)
	text, _ := mail.Text()
	ts.Check(os.WriteFile(ts.MkAbs(args[2]+".eml"), raw, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]+".txt"), []byte(text), 0o600))
	ts.Setenv("LINK", ticketLink.FindString(text))
	ts.Setenv("PASS", passLink.FindString(text))
	if m := codeLine.FindStringSubmatch(text); m != nil {
		ts.Setenv("CODE", m[1])
	}
	ts.Setenv("MESSAGEID", mail.MessageID())
	if replyTo := mail.ReplyTo(); len(replyTo) > 0 {
		ts.Setenv("REPLYTO", replyTo[0].Address.String())
	}
	if m := noteAddress.FindStringSubmatch(text); m != nil {
		ts.Setenv("NOTETO", m[1])
	}
	if m := numberInfix.FindStringSubmatch(text); m != nil {
		ts.Setenv("NUMBER", m[1])
	}
}

// waitForMail polls dev's list of caught mail; SEEN keeps what earlier calls got.
func waitForMail(ts *testscript.TestScript, to, subject string, wait time.Duration) []byte {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	for {
		var mails []devmail.Mail
		if body, err := httpGet(ctx, ts.Getenv("HTTP")+"/dev/mail.json"); err == nil {
			ts.Check(json.Unmarshal(body, &mails))
		}
		for _, m := range mails {
			if m.To == to && strings.Contains(m.Subject, subject) && !strings.Contains(ts.Getenv("SEEN"), m.ID) {
				raw, err := httpGet(ctx, ts.Getenv("HTTP")+"/dev/mail/"+m.ID+".eml")
				ts.Check(err)
				ts.Setenv("SEEN", ts.Getenv("SEEN")+" "+m.ID)
				return raw
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func httpGet(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, resp.Status)
	}
	return io.ReadAll(resp.Body)
}

// cmdTamper sets LINK to itself with one character of the token changed.
func cmdTamper(ts *testscript.TestScript, _ bool, _ []string) {
	link := []byte(ts.Getenv("LINK"))
	at := len(link) - 10
	if link[at] == 'A' {
		link[at] = 'B'
	} else {
		link[at] = 'A'
	}
	ts.Setenv("LINK", string(link))
}
