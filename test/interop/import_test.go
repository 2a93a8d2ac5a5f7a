package interop

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/test/peers"
)

var archiveSize = flag.Int("archive", 800, "mails of the archive that is imported")

const importDesk = `
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: support, namespace: support}
spec:
  address: support@acme.example
  displayName: Acme Support
  inbound: {type: SMTP}
`

// pastArchive is mail of some years: what came as an mbox file, what was sent as a
// Maildir.
type pastArchive struct {
	dir     string
	mails   int
	threads []string // who asked, and the texts in their order
	first   string   // the first mail that came
}

// makeArchive writes an archive of so many mails, the same for the same size.
func makeArchive(t *testing.T, size int) pastArchive {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 11))
	a := pastArchive{dir: t.TempDir()}
	sent := filepath.Join(a.dir, "Maildir", ".Sent", "cur")
	if err := os.MkdirAll(sent, 0o700); err != nil {
		t.Fatal(err)
	}
	type mail struct {
		at   time.Time
		text string
	}
	var came []mail
	for n := 0; a.mails < size; n++ {
		customer := fmt.Sprintf("c%d@customer.example", n%(size/5+1)) // some write again, years later
		at := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(4*365*24*3600)) * time.Second)
		thread, refs := customer, ""
		for i := range 1 + r.IntN(7) {
			id, text := fmt.Sprintf("<%d.%d@mail.example>", n, i), fmt.Sprintf("Text %d of conversation %d.", i, n)
			from, to := customer, "support@acme.example"
			ours := i%2 == 1
			if ours {
				from, to = to, from
				if r.IntN(2) == 0 {
					from = "ada@acme.example"
				}
			}
			raw := fmt.Sprintf("From: %s\nTo: %s\nSubject: Re: Matter %d\nDate: %s\nMessage-ID: %s\n", from, to, n, at.Format(time.RFC1123Z), id)
			if refs != "" {
				raw += "In-Reply-To: " + refs[strings.LastIndex(refs, "<"):] + "\nReferences: " + refs + "\n"
			}
			raw += "\n" + text + "\n"
			if ours {
				write(t, filepath.Join(sent, fmt.Sprintf("%d.%s.host:2,S", at.Unix(), strings.Trim(id, "<>"))), raw)
			} else {
				came = append(came, mail{at, raw})
			}
			a.mails++
			thread += " | " + text
			refs = strings.TrimSpace(refs + " " + id)
			at = at.Add(time.Duration(1+r.IntN(5*24*3600)) * time.Second)
		}
		a.threads = append(a.threads, thread)
	}
	slices.SortFunc(came, func(x, y mail) int { return x.at.Compare(y.at) })
	var box strings.Builder
	for _, m := range came {
		fmt.Fprintf(&box, "From x@y.example %s\n%s\n", m.at.Format(time.ANSIC), m.text)
	}
	write(t, filepath.Join(a.dir, "inbox.mbox"), box.String())
	a.first = came[0].text
	slices.Sort(a.threads)
	return a
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ask reads from the socket of the desk, without a process for each question.
func ask(t *testing.T, d *peers.Desk, path string, into any) error {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(d.Dir, "admin.sock"))
	}}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://postern" + path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

type deskTicket struct {
	Number    int64
	Status    string
	Requester string
	Entries   []struct{ Text string }
}

// tickets lists those of the desk, newest first.
func tickets(t *testing.T, d *peers.Desk) ([]deskTicket, error) {
	var all []deskTicket
	for before := int64(0); ; {
		var page []deskTicket
		if err := ask(t, d, fmt.Sprintf("/accounts/support/tickets?before=%d&limit=500", before), &page); err != nil || len(page) == 0 {
			return all, err
		}
		all, before = append(all, page...), page[len(page)-1].Number
	}
}

// threads are the texts of all tickets as makeArchive tells them.
func threads(t *testing.T, d *peers.Desk) []string {
	t.Helper()
	all, err := tickets(t, d)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, listed := range all {
		var one deskTicket
		if err := ask(t, d, fmt.Sprintf("/accounts/support/tickets/%d", listed.Number), &one); err != nil {
			t.Fatal(err)
		}
		thread := one.Requester
		for _, e := range one.Entries {
			thread += " | " + e.Text
		}
		if one.Status != "Closed" {
			thread += " is " + one.Status
		}
		told = append(told, thread)
	}
	slices.Sort(told)
	return told
}

func startImportDesk(t *testing.T) *peers.Desk {
	t.Helper()
	// Nobody listens there: what goes out by mistake stays in the outbox and is seen.
	d := peers.StartDesk(t, importDesk, "--relay", fmt.Sprintf("127.0.0.1:%d", peers.Port(t)))
	d.Command(t, "agent", "add", "ada@acme.example", "--name", "Ada", "--mail", "all")
	return d
}

// isSilent fails when anything went out or waits to.
func isSilent(t *testing.T, d *peers.Desk) {
	t.Helper()
	resp, err := http.Get("http://" + d.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	page := bodyOf(t, resp)
	if !strings.Contains(page, "\npostern_outbox_length 0\n") || strings.Contains(page, "\npostern_mails_out_total{") {
		t.Errorf("something goes out:\n%s", page)
	}
}

func startImport(t *testing.T, d *peers.Desk, a pastArchive) *peers.Process {
	return peers.Start(t, exec.Command(peers.Program(t), "import", a.dir, "--mailbox", "support", "--json", "--dir", d.Dir))
}

// until waits until so many tickets are there.
func until(t *testing.T, d *peers.Desk, n int) {
	t.Helper()
	peers.Eventually(t, 4*peers.Patience, func() error {
		all, err := tickets(t, d)
		if err == nil && len(all) < n {
			err = fmt.Errorf("%d tickets, want %d", len(all), n)
		}
		return err
	})
}

// An archive is taken in exactly once, in its threads, however often the daemon and
// the command are killed on the way; and nothing goes out.
//
// covers: P01, P04, P05, M05
func TestImportSurvives(t *testing.T) {
	a, d := makeArchive(t, *archiveSize), startImportDesk(t)
	client := startImport(t, d, a)
	n := len(a.threads)
	for _, part := range []int{5, 3} {
		until(t, d, n/part)
		d.Kill() // the command waits for it
		d.Restart(t)
	}
	until(t, d, n/2)
	client.Kill()
	client = startImport(t, d, a)
	until(t, d, 3*n/4)
	d.Kill()
	d.Restart(t)
	if !client.Ended(4 * peers.Patience) {
		t.Fatalf("the import does not end:\n%s", client.Log)
	}
	if diff := cmp.Diff(a.threads, threads(t, d)); diff != "" {
		t.Errorf("threads (-archive +desk):\n%s\n%s", diff, client.Log)
	}
	var again struct{ Mails, Known, Tickets, Entries int }
	d.JSON(t, &again, "import", a.dir, "--mailbox", "support")
	if again.Mails != a.mails || again.Known != a.mails || again.Tickets+again.Entries > 0 {
		t.Errorf("the same archive again: %+v, want all %d known", again, a.mails)
	}
	bring(t, d, a.first)
	if diff := cmp.Diff(a.threads, threads(t, d)); diff != "" {
		t.Errorf("after a mail of it by SMTP (-archive +desk):\n%s", diff)
	}
	isSilent(t, d)
}

// bring sends a mail as a server would.
func bring(t *testing.T, d *peers.Desk, raw string) {
	t.Helper()
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	if err := smtp.SendMail(d.SMTP, nil, "x@customer.example", []string{"support@acme.example"}, []byte(raw)); err != nil {
		t.Fatal(err)
	}
}

// Mail that comes now does not wait for an archive. With -archive 10000 -v it tells
// what docs/benchmarks.md says.
//
// covers: P01
func TestImportWhileMailComes(t *testing.T) {
	a, d := makeArchive(t, *archiveSize), startImportDesk(t)
	calm := sendFor(t, d, "before", func(n int) bool { return n < 50 })
	started := time.Now()
	client := startImport(t, d, a)
	busy := sendFor(t, d, "meanwhile", func(int) bool { return !client.Ended(20 * time.Millisecond) })
	took := time.Since(started)
	var done struct {
		Mails, Tickets, Entries int
		Seconds                 float64
	}
	if err := json.Unmarshal([]byte(client.Log.String()[strings.Index(client.Log.String(), "{"):]), &done); err != nil {
		t.Fatal(err)
	}
	if done.Tickets != len(a.threads) || done.Tickets+done.Entries != a.mails {
		t.Errorf("%+v, want %d tickets of %d mails", done, len(a.threads), a.mails)
	}
	t.Logf("%d mails in %.1f s (%.0f a second), the whole command %.1f s; one connection meanwhile: p50 %s, p99 %s of %d, before: p50 %s, p99 %s",
		done.Mails, done.Seconds, float64(done.Mails)/done.Seconds, took.Seconds(),
		quantile(busy, 50), quantile(busy, 99), len(busy), quantile(calm, 50), quantile(calm, 99))
	const most = 2 * time.Second // as a person would wait for a page
	if len(busy) == 0 || quantile(busy, 99) > most {
		t.Errorf("p99 of live mail is %s, want less than %s", quantile(busy, 99), most)
	}
}

// sendFor sends mails one after the other while more says so, and returns how long
// each took.
func sendFor(t *testing.T, d *peers.Desk, what string, more func(n int) bool) []time.Duration {
	t.Helper()
	c, err := smtp.Dial(d.SMTP)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var took []time.Duration
	for n := 0; more(n); n++ {
		begin := time.Now()
		from := fmt.Sprintf("%s%d@live.example", what, n)
		if err := c.Mail(from); err != nil {
			t.Fatal(err)
		}
		if err := c.Rcpt("support@acme.example"); err != nil {
			t.Fatal(err)
		}
		w, err := c.Data()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, fmt.Sprintf("From: %s\r\nTo: support@acme.example\r\nSubject: Now\r\nMessage-ID: <%s>\r\n\r\nHello\r\n", from, from)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	return took
}

func quantile(all []time.Duration, percent int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)*percent/100].Round(100 * time.Microsecond)
}

// Mail that other projects collected because it is hard to read: each of it is
// taken or told with a reason, and the second time it is known.
//
// covers: P04, P05, P07
func TestImportSamples(t *testing.T) {
	dir := os.Getenv("MAILCHECK")
	if dir == "" {
		t.Skip("MAILCHECK names no folder with the public samples; our own cover the same ground")
	}
	d := startImportDesk(t)
	type result struct {
		Mails, Known, Tickets, Entries int
		NotTaken                       []struct {
			Why   string
			Count int
		}
	}
	var first result
	for again := range 2 {
		var got result
		// It fails, as it must: not all of it can be taken.
		out, err := exec.Command(peers.Program(t), "import", filepath.Join(dir, "corpora"), "--mailbox", "support", "--json", "--dir", d.Dir).Output()
		if jsonErr := json.Unmarshal(out, &got); jsonErr != nil {
			t.Fatalf("%v, %v\n%s", err, jsonErr, out)
		}
		refused := 0
		for _, n := range got.NotTaken {
			refused += n.Count
			t.Logf("%d: %s", n.Count, n.Why)
		}
		if got.Mails < 500 || got.Tickets+got.Entries+got.Known+refused != got.Mails {
			t.Errorf("%+v: not each of the mails is accounted for", got)
		}
		if again == 0 {
			first = got
		} else if got.Known != first.Known+first.Tickets+first.Entries || got.Tickets+got.Entries > 0 {
			t.Errorf("the second time %+v, the first %+v", got, first)
		}
	}
	isSilent(t, d)
}
