package conversations

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// desk is a real "postern serve" as a process of its own.
type desk struct {
	program, dir      string
	smtp, http, admin string
	log               *lines
	socket            *http.Client      // the operator's
	passwords         map[string]string // of agents, by address
	cookies           map[string]string // of signed-in agents, by host

	mu       sync.Mutex
	browsers map[string]*http.Client // by the address that they sit at

	reading sync.Mutex
	known   map[string]int64 // number of the ticket that has a mail, by mailbox and hash
	seen    map[string]bool  // tickets that were read, by account and number
}

// lines keeps what a process logs.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func startDesk(t *testing.T, program, manifests, dns, relay string) *desk {
	t.Helper()
	state, declared := filepath.Join(t.TempDir(), "state"), t.TempDir()
	if err := os.WriteFile(filepath.Join(declared, "desk.yaml"), []byte(manifests), 0o600); err != nil {
		t.Fatal(err)
	}
	d := &desk{
		program: program, dir: state, log: &lines{}, passwords: map[string]string{}, cookies: map[string]string{},
		browsers: map[string]*http.Client{}, known: map[string]int64{}, seen: map[string]bool{},
	}
	cmd := exec.Command(program, "serve", "--dir", state, "--manifests", declared, "--relay", relay, "--dns", dns,
		"--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	logs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	started, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		d.readLog(logs, started)
		_ = cmd.Wait() // it is ended by us
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // gone already is what we want
		select {
		case <-ended:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	select {
	case <-started:
	case <-ended:
		t.Fatalf("postern ended:\n%s", d.log)
	case <-time.After(patience):
		t.Fatalf("postern did not start:\n%s", d.log)
	}
	d.openSocket()
	return d
}

// readLog keeps the log, and finds the line that says where the desk serves.
func (d *desk) readLog(logs io.Reader, started chan struct{}) {
	in := bufio.NewReader(logs)
	for serving := false; ; {
		raw, err := in.ReadBytes('\n')
		_, _ = d.log.Write(raw) // never fails
		var line struct{ Msg, SMTP, HTTP, Admin string }
		if !serving && json.Unmarshal(raw, &line) == nil && line.Msg == "serving" {
			d.smtp, d.http, d.admin, serving = line.SMTP, line.HTTP, line.Admin, true
			close(started)
		}
		if err != nil {
			return
		}
	}
}

func (d *desk) openSocket() {
	d.socket = &http.Client{Timeout: patience, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(d.dir, "admin.sock"))
		},
	}}
}

// The records of the desk, as "postern ticket show --json" prints them: what is
// read of them here.
type (
	ticket struct {
		Number       int64      `json:"number"`
		ID           string     `json:"id"`
		Account      string     `json:"account"`
		Subject      string     `json:"subject"`
		Status       string     `json:"status"`
		Tags         []string   `json:"tags"`
		Assignee     string     `json:"assignee"`
		Requester    string     `json:"requester"`
		Mailbox      string     `json:"mailbox"`
		Follows      string     `json:"follows"`
		MergedInto   int64      `json:"mergedInto"`
		Updated      time.Time  `json:"updated"`
		EntryCount   int        `json:"entryCount"`
		Entries      []entry    `json:"entries"`
		Deliveries   []delivery `json:"deliveries"`
		Participants []struct {
			Number  int    `json:"number"`
			Address string `json:"address"`
		} `json:"participants"`
	}
	entry struct {
		From       int64       `json:"from"` // the merged ticket that it is an entry of, 0 for none
		MovedTo    *struct{}   `json:"movedTo"`
		Seq        int         `json:"seq"`
		Kind       string      `json:"kind"`
		Author     string      `json:"author"`
		AuthorRole string      `json:"authorRole"`
		Channel    string      `json:"channel"`
		Text       string      `json:"text"`
		Hidden     bool        `json:"hidden"`
		Raw        string      `json:"raw"`
		Recognised *recognised `json:"recognised"`
	}
	recognised struct {
		Rule  string `json:"rule"`
		Token string `json:"token"`
		Trust struct {
			Proof   string   `json:"proof"`
			Reasons []string `json:"reasons"`
		} `json:"trust"`
		Evidence []string `json:"evidence"`
	}
	delivery struct {
		From      int64  `json:"from"`
		To        string `json:"to"`
		Purpose   string `json:"purpose"`
		State     string `json:"state"`
		MessageID string `json:"messageID"`
	}
	held struct {
		ID         string     `json:"id"`
		Cause      string     `json:"cause"`
		Mailbox    string     `json:"mailbox"`
		Number     int64      `json:"number"`
		Raw        string     `json:"raw"`
		Recognised recognised `json:"recognised"`
	}
)

// get asks the admin socket.
func (d *desk) get(path string, out any) error {
	resp, err := d.socket.Get("http://postern" + path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("%s: %s: %s", path, resp.Status, body)
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// stands reports a mail whose place is this ticket: it is of no other one that
// was merged into it, and was not split off.
func (e *entry) stands() bool { return e.Raw != "" && e.From == 0 && e.MovedTo == nil }

// order has the admin socket do something.
func (d *desk) order(path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	resp, err := d.socket.Post("http://postern"+path, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", path, resp.Status, answer)
	}
	return json.Unmarshal(answer, out)
}

// ticket reads one with its history.
func (d *desk) ticket(account string, number int64) (*ticket, error) {
	t := &ticket{}
	return t, d.get(fmt.Sprintf("/accounts/%s/tickets/%d", account, number), t)
}

// tickets lists all heads of an account, newest first, until stop says so.
func (d *desk) tickets(account string, stop func(page []ticket) bool) error {
	before := int64(0)
	for {
		var page []ticket
		if err := d.get(fmt.Sprintf("/accounts/%s/tickets?limit=100&before=%d", account, before), &page); err != nil {
			return err
		}
		if len(page) == 0 || stop(page) {
			return nil
		}
		before = page[len(page)-1].Number
	}
}

// find tells which ticket has a mail; 0 if none. It looks at a likely one first,
// then at those that are new since the last call.
func (d *desk) find(account, box, hash string, likely int64) (int64, error) {
	d.reading.Lock()
	defer d.reading.Unlock()
	if likely != 0 {
		if err := d.learn(account, likely); err != nil {
			return 0, err
		}
	}
	if number := d.known[box+hash]; number != 0 {
		return number, nil
	}
	err := d.tickets(account, func(page []ticket) bool {
		fresh := 0
		for _, t := range page {
			if !d.seen[account+strconv.FormatInt(t.Number, 10)] && d.learn(account, t.Number) == nil {
				fresh++
			}
		}
		return fresh == 0
	})
	return d.known[box+hash], err
}

func (d *desk) learn(account string, number int64) error {
	t, err := d.ticket(account, number)
	if err != nil {
		return err
	}
	d.seen[account+strconv.FormatInt(number, 10)] = true
	for _, e := range t.Entries {
		if e.stands() {
			d.known[t.Mailbox+e.Raw] = number
		}
	}
	return nil
}

// addAgent makes an agent as the operator does.
func (d *desk) addAgent(t *testing.T, account, name, address string) {
	t.Helper()
	out, err := exec.Command(d.program, "agent", "add", address, "--name", name, "--account", account, "--dir", d.dir, "--json").CombinedOutput()
	var made struct{ Password string }
	if err == nil {
		err = json.Unmarshal(out, &made)
	}
	if err != nil {
		t.Fatalf("add agent %s: %v\n%s", address, err, out)
	}
	d.passwords[address] = made.Password
}

func (d *desk) signIn(t *testing.T, host, address string) {
	t.Helper()
	resp, _, err := d.visit(http.MethodPost, here, host, "/agent/sign-in", url.Values{"address": {address}, "password": {d.passwords[address]}})
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSeeOther || len(resp.Cookies()) == 0 {
		t.Fatalf("%s could not sign in: %s", address, resp.Status)
	}
	d.cookies[host] = resp.Cookies()[0].Name + "=" + resp.Cookies()[0].Value
}

// here is where people sit of whom it does not matter.
const here = "127.0.0.1"

// browser is a client at an address of the loopback network.
func (d *desk) browser(peer string) *http.Client {
	d.mu.Lock()
	defer d.mu.Unlock()
	if b := d.browsers[peer]; b != nil {
		return b
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(peer)}}
	b := &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 16},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	d.browsers[peer] = b
	return b
}

// visit opens a page of a help center, as its agent if path is one of theirs.
func (d *desk) visit(method, peer, host, path string, form url.Values) (*http.Response, string, error) {
	req, err := http.NewRequest(method, "http://"+d.http+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, "", err
	}
	req.Host = host
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "https://"+host)
	}
	if strings.HasPrefix(path, "/agent") && d.cookies[host] != "" {
		req.Header.Set("Cookie", d.cookies[host])
	}
	resp, err := d.browser(peer).Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

// reply answers a ticket in the agents' pages.
func (d *desk) reply(host string, number int64, text, status, nonce string) error {
	form := url.Values{"text": {text}, "status": {status}, "nonce": {nonce}}
	resp, page, err := d.visit(http.MethodPost, here, host, fmt.Sprintf("/agent/tickets/%d/reply", number), form)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("the agents' pages answered %s: %s", resp.Status, page)
	}
	return nil
}

var numberOnPage = regexp.MustCompile(`#(\d+)`)

// submit fills in the form of the portal and returns the number of the request.
func (d *desk) submit(peer, host, form string, values url.Values) (int64, error) {
	resp, page, err := d.visit(http.MethodPost, peer, host, "/submit/"+form, values)
	if err != nil {
		return 0, err
	}
	m := numberOnPage.FindStringSubmatch(page)
	if resp.StatusCode != http.StatusOK || m == nil {
		return 0, fmt.Errorf("the portal answered %s: %s", resp.Status, page)
	}
	return strconv.ParseInt(m[1], 10, 64)
}

// whereabouts are what a ticket says of a mail that answered one of it, for the
// report of what went wrong.
func (d *desk) whereabouts(number int64) string {
	now, err := d.ticket("support", number)
	if err != nil {
		return err.Error()
	}
	last := now.Entries[len(now.Entries)-1]
	return fmt.Sprintf("the last entry of #%d is a %s of %s: %s %s", number, last.Kind, last.Author, last.Text, last.why())
}
