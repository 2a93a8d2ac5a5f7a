package outbound

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// keep stores bytes as a file.
func (d *desk) keep(t *testing.T, name, mediaType string, b []byte) helpdesk.Attachment {
	t.Helper()
	ref, err := blob.Put(t.Context(), d.blobs, account, b)
	if err != nil {
		t.Fatal(err)
	}
	return helpdesk.Attachment{Name: name, MediaType: mediaType, Size: ref.Size, Blob: ref.Hash.String()}
}

// answer adds an answer of an agent with files, and a copy of it for Alice.
func (d *desk) answer(t *testing.T, purpose helpdesk.Purpose, author helpdesk.Author, files ...helpdesk.Attachment) helpdesk.Delivery {
	t.Helper()
	e := helpdesk.Entry{Kind: helpdesk.Message, At: noon, Text: "Here they are.", Author: author, Attachments: files}
	d.ticket.Append(&e)
	d.commit(t, &helpdesk.Change{Account: account, Ticket: d.ticket, Entries: []helpdesk.Entry{e}})
	return d.reply(t, func(c *helpdesk.Delivery) { c.Entry, c.Purpose = e.Seq, purpose })
}

func noise(n int) []byte {
	b := make([]byte, n)
	for i, source := 0, rand.New(rand.NewPCG(1, 2)); i < n; i++ {
		b[i] = byte(source.Uint32())
	}
	return b
}

// covers: P12, P11
func TestAnswersCarryFiles(t *testing.T) {
	d := newDesk(t, &relay{})
	q := d.queue(t, "a")
	run(t, q)
	big := noise(3 << 20) // more than a spool holds in memory
	twice := d.keep(t, "same.bin", "application/octet-stream", []byte("same"))
	files := []helpdesk.Attachment{
		d.keep(t, "big.bin", "application/zip", big), d.keep(t, "none.txt", "text/plain", nil), twice, twice,
		d.keep(t, "say \"no\" \\ €\r\nBcc: x@y.example.pdf", "application/pdf", []byte("%PDF")),
		d.keep(t, "../../etc/\u202etxt.exe", "text/html; charset=x", []byte("<b>")),
		d.keep(t, "Ölrechnung für März 2026 – "+strings.Repeat("sehr ", 30)+"lang.pdf", "Application/PDF", []byte("x")),
		d.keep(t, "", "message/rfc822", []byte("Subject: x\r\n\r\nx")),
	}
	sent := d.answer(t, helpdesk.AgentReply, helpdesk.Author{Role: helpdesk.AgentAs, Name: "Grace Hopper"}, files...)
	got := d.await(t, sent.ID, "sent", isState(helpdesk.Sent))
	mail := eml.Read([]byte(d.relay.mails()[0].Data))
	attached := mail.Attachments()
	if len(attached) != len(files) || len(mail.Faults) > 0 || mail.Header.Count("Bcc") > 0 {
		t.Fatalf("%d files, faults %v, want %d", len(attached), mail.Faults, len(files))
	}
	type file struct{ Name, Type string }
	var names []file
	for i, a := range attached {
		names = append(names, file{a.Filename, a.MediaType})
		content, err := io.ReadAll(a.Part.Decoded())
		if sum := blob.Hash(sha256.Sum256(content)); err != nil || sum.String() != files[i].Blob {
			t.Errorf("file %d has other bytes, %v", i, err)
		}
	}
	long := "Ölrechnung für März 2026 – " + strings.Repeat("sehr ", 30) + "lang.pdf"
	want := []file{
		{"big.bin", "application/zip"}, {"none.txt", "text/plain"}, {"same.bin", "application/octet-stream"}, {"same.bin", "application/octet-stream"},
		{`say "no" _ € Bcc: x@y.example.pdf`, "application/pdf"}, {"txt.exe", "text/html"}, {long, "application/pdf"}, {"attachment.bin", "application/octet-stream"},
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	h, err := blob.ParseHash(got.Copy)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := blob.Get(t.Context(), d.blobs, account, h, 1<<20)
	if text, _ := eml.Read(kept).Text(); err != nil || len(eml.Read(kept).Attachments()) != 0 || !strings.Contains(text, "Here they are.") {
		t.Errorf("the copy that is kept holds %q, %v, want the words alone", kept, err)
	}
}

func TestAnswersCarryAsManyFilesAsAnEntryHas(t *testing.T) {
	d := newDesk(t, &relay{})
	run(t, d.queue(t, "a"))
	var files []helpdesk.Attachment
	for i := range helpdesk.MaxFiles {
		files = append(files, d.keep(t, fmt.Sprintf("%d.txt", i), "text/plain", []byte{byte(i)}))
	}
	sent := d.answer(t, helpdesk.AgentReply, helpdesk.Author{Role: helpdesk.AgentAs}, files...)
	d.await(t, sent.ID, "sent", isState(helpdesk.Sent))
	attached := eml.Read([]byte(d.relay.mails()[0].Data)).Attachments()
	for i, a := range attached {
		if a.Filename != fmt.Sprintf("%d.txt", i) || !bytes.Equal(a.Part.Bytes(), []byte{byte(i)}) {
			t.Errorf("file %d is %q with %q", i, a.Filename, a.Part.Bytes())
		}
	}
	if len(attached) != helpdesk.MaxFiles {
		t.Errorf("%d files, want %d", len(attached), helpdesk.MaxFiles)
	}
}

// A customer's file is told to the others, never sent to them.
//
// covers: P12, M04
func TestFilesOfCustomersAreTold(t *testing.T) {
	d := newDesk(t, &relay{})
	run(t, d.queue(t, "a"))
	bob := helpdesk.Author{Role: helpdesk.Customer, Name: "Bob"}
	files := []helpdesk.Attachment{
		d.keep(t, "virus\r\nBcc: x@y.example", "application/zip", noise(2048)), d.keep(t, "secret.eml", "message/rfc822", []byte("From: x")),
	}
	for _, purpose := range []helpdesk.Purpose{helpdesk.Update, helpdesk.AgentReply} {
		sent := d.answer(t, purpose, bob, files...)
		d.await(t, sent.ID, "sent", isState(helpdesk.Sent))
	}
	mails := d.relay.mails()
	for _, m := range mails {
		if n := len(eml.Read([]byte(m.Data)).Attachments()); n != 0 {
			t.Errorf("%d files of a customer went out", n)
		}
	}
	update := eml.Read([]byte(mails[0].Data))
	text, _ := update.Text()
	html, _ := update.HTML()
	for _, form := range []string{text, html} {
		if !strings.Contains(form, "Files: virus Bcc: x@y.example (2 kB)") || strings.Contains(form, "secret.eml") {
			t.Errorf("mail says %q", form)
		}
	}
}

// What is not the file that was attached goes to nobody.
//
// covers: P12
func TestSpoiltFilesAreNotSent(t *testing.T) {
	d := newDesk(t, &relay{})
	dir := t.TempDir()
	blobs, err := blob.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	d.blobs = blobs
	file := d.keep(t, "a.bin", "application/octet-stream", noise(1<<20))
	found, err := filepath.Glob(filepath.Join(dir, account, "*", file.Blob))
	if err != nil || len(found) != 1 {
		t.Fatalf("blob is at %v, %v", found, err)
	}
	if err := os.Truncate(found[0], 1<<19); err != nil {
		t.Fatal(err)
	}
	run(t, d.queue(t, "a"))
	sent := d.answer(t, helpdesk.AgentReply, helpdesk.Author{Role: helpdesk.AgentAs}, file)
	got := d.await(t, sent.ID, "tried", tried(1))
	if got.State != helpdesk.Queued || len(d.relay.mails()) != 0 {
		t.Errorf("state %s with %d mails sent, want it to wait", got.State, len(d.relay.mails()))
	}
}
