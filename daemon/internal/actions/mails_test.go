package actions

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// htmlMail has what people send and what nobody should see.
var htmlMail = strings.ReplaceAll(`From: alice@customer.example
MIME-Version: 1.0
Content-Type: multipart/related; boundary=b

--b
Content-Type: text/html; charset=utf-8

<body><script>alert(1)</script><p onclick="alert(1)">Printed <b>words</b>
<img src="cid:Logo%40x" alt="Logo"><img src="https://track.example/pixel.gif">
<a href="https://help.acme.example/t/pl1_`+strings.Repeat("x", 47)+`">link</a></p></body>
--b
Content-Type: image/png; name=logo.png
Content-ID: <logo@x>
Content-Transfer-Encoding: base64

`+pixel+`
--b--
`, "\n", "\r\n")

// mailed adds an entry with that mail and a file to a new ticket.
func (b *bench) mailed(raw string) (number int64) {
	b.t.Helper()
	number = b.ticket("mailed")
	keep := func(content string) string {
		ref, err := blob.Put(b.t.Context(), b.blobs, "support", []byte(content))
		if err != nil {
			b.t.Fatal(err)
		}
		return ref.Hash.String()
	}
	t, err := b.db.TicketByNumber(b.t.Context(), "support", number)
	if err != nil {
		b.t.Fatal(err)
	}
	e := helpdesk.Entry{
		Kind: helpdesk.Message, Channel: helpdesk.ByMail, At: b.time(), Text: "Printed words", HTML: true, Raw: keep(raw),
		Attachments: []helpdesk.Attachment{{Name: "plan.pdf", MediaType: "application/pdf", Blob: keep("%PDF-1.7")}},
	}
	t.Append(&e)
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Ticket: t, Entries: []helpdesk.Entry{e}}); err != nil {
		b.t.Fatal(err)
	}
	return number
}

// covers: P07
func TestMailHTML(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.mailed(htmlMail)
	before := b.revision()
	got, err := b.MailHTML(t.Context(), ada, number, 2)
	if err != nil {
		t.Fatal(err)
	}
	html := string(got.HTML)
	for _, want := range []string{"<p>Printed <b>words</b>", `<img src="data:image/png;base64,` + pixel + `" alt="Logo">`, "/t/pl1_%E2%80%A6"} {
		if !strings.Contains(html, want) {
			t.Errorf("it lacks %q:\n%s", want, html)
		}
	}
	for _, bad := range []string{"alert", "track.example", "pl1_x", "<body"} {
		if strings.Contains(html, bad) {
			t.Errorf("it has %q:\n%s", bad, html)
		}
	}
	if got.RemoteImages != 1 || got.MissingImages != 0 || got.Active != 1 || got.Cut {
		t.Errorf("counted %+v", got.Document)
	}
	if b.revision() != before {
		t.Error("looking at it changed something")
	}
}

// covers: P12
func TestFilesOfAnEntry(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.mailed(htmlMail)
	for _, tt := range []struct {
		name string
		open func() (*File, error)
		want string
	}{
		{"attachment", func() (*File, error) { return b.File(t.Context(), ada, number, 2, 1) }, "plan.pdf application/pdf %PDF-1.7"},
		{"source", func() (*File, error) { return b.Source(t.Context(), ada, number, 2) }, fmt.Sprintf("request-%d-2.eml text/plain %s", number, htmlMail)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := tt.open()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			content, err := io.ReadAll(f)
			if got := f.Name + " " + f.MediaType + " " + string(content); err != nil || got != tt.want {
				t.Errorf("got %q, %v\nwant %q", got, err, tt.want)
			}
		})
	}
}

func TestNoSuchFile(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.mailed(htmlMail)
	disabled, stranger := *ada.Agent, *ada.Agent
	disabled.Disabled = true
	for _, tt := range []struct {
		name   string
		by     Actor
		number int64
		seq    int
		index  int
		want   helpdesk.Kind
	}{
		{"nobody", Actor{Account: "support"}, number, 2, 1, helpdesk.SignIn},
		{"disabled agent", Actor{Account: "support", Agent: &disabled}, number, 2, 1, helpdesk.SignIn},
		{"agent of another account", Actor{Account: "other", Agent: &stranger}, number, 2, 1, helpdesk.NotFound},
		{"no ticket", ada, number + 1, 2, 1, helpdesk.NotFound},
		{"no entry", ada, number, 3, 1, helpdesk.NotFound},
		{"entry zero", ada, number, 0, 1, helpdesk.NotFound},
		{"entry without files", ada, number, 1, 1, helpdesk.NotFound},
		{"no file", ada, number, 2, 2, helpdesk.NotFound},
		{"file zero", ada, number, 2, 0, helpdesk.NotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := b.File(t.Context(), tt.by, tt.number, tt.seq, tt.index); helpdesk.KindOf(err) != tt.want {
				t.Errorf("file: %v, want %v", err, tt.want)
			}
			if tt.seq == 2 && tt.by.Agent == ada.Agent && tt.number == number {
				return // only the file is missing
			}
			if _, err := b.Source(t.Context(), tt.by, tt.number, tt.seq); helpdesk.KindOf(err) != tt.want {
				t.Errorf("source: %v, want %v", err, tt.want)
			}
			if _, err := b.MailHTML(t.Context(), tt.by, tt.number, tt.seq); helpdesk.KindOf(err) != tt.want {
				t.Errorf("HTML: %v, want %v", err, tt.want)
			}
		})
	}
}

// Many large mails at once wait for each other, and all are shown.
func TestMailMemory(t *testing.T) {
	b := newBench(t)
	big := strings.Replace(htmlMail, pixel, base64.StdEncoding.EncodeToString(make([]byte, 4<<20)), 1)
	ada, number := b.agent("ada@acme.example"), b.mailed(big)
	var mu sync.Mutex
	failed := 0
	atOnce(8, func(int) {
		got, err := b.MailHTML(t.Context(), ada, number, 2)
		mu.Lock()
		defer mu.Unlock()
		if err != nil || got.MissingImages != 1 { // zeros are no picture
			failed++
		}
	})
	if failed > 0 || !b.mails.TryAcquire(mailMemory) {
		t.Errorf("%d failed, or memory is not given back", failed)
	}
}
