package actions

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// attach keeps a file for a ticket as the console does.
func (b *bench) attach(number int64, name, content string) Upload {
	b.t.Helper()
	a, err := b.Attach(b.t.Context(), operator, number, helpdesk.FileLimits{}, name, "text/plain; charset=utf-8", strings.NewReader(content))
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// covers: P12
func TestAttach(t *testing.T) {
	b := newBench(t)
	limits := helpdesk.FileLimits{Bytes: 10, Blocked: []string{"exe"}}
	long := strings.Repeat("x", 300)
	for _, tt := range []struct {
		name, file, mediaType, content string
		want                           helpdesk.Attachment
		err                            string
	}{
		{"plain", "a.txt", "text/plain; charset=utf-8", "0123456789", helpdesk.Attachment{Name: "a.txt", MediaType: "text/plain", Size: 10}, ""},
		{"empty", "a.txt", "text/plain", "", helpdesk.Attachment{Name: "a.txt", MediaType: "text/plain"}, ""},
		{"a path and line ends", "../../etc/pass\r\nwd\x00", "", "x", helpdesk.Attachment{Name: "pass wd", MediaType: "application/octet-stream", Size: 1}, ""},
		{"Windows path", `C:\Users\ann\bill.pdf`, "Application/PDF", "%PDF-1.7", helpdesk.Attachment{Name: "bill.pdf", MediaType: "application/pdf", Size: 8}, ""},
		{"direction marks and quotes", "\u202etxt\" ÖL.pdf", "a b", "%PDF-1.7", helpdesk.Attachment{Name: `txt" ÖL.pdf`, MediaType: "application/pdf", Size: 8}, ""},
		{"no name", " .. ", "x/" + long, "x", helpdesk.Attachment{Name: "file", MediaType: "application/octet-stream", Size: 1}, ""},
		{"not what it claims to be", "a.png", "image/png", "<html>", helpdesk.Attachment{Name: "a.png", MediaType: "text/html", Size: 6}, ""},
		{"too large", "a.txt", "", "0123456789x", helpdesk.Attachment{}, "“a.txt” is too large: a file may have 0 MiB here"},
		{"blocked", "a.EXE", "", "x", helpdesk.Attachment{}, "“a.EXE” can't be sent: files that end in .exe are blocked here"},
		{"blocked behind a trailing dot", "a.exe. ", "", "x", helpdesk.Attachment{}, "“a.exe” can't be sent: files that end in .exe are blocked here"},
		{"blocked behind a direction mark", "a.\u202eexe", "", "x", helpdesk.Attachment{}, "“a.exe” can't be sent: files that end in .exe are blocked here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := b.Attach(t.Context(), operator, 1, limits, tt.file, tt.mediaType, strings.NewReader(tt.content))
			if helpdesk.Public(err) != tt.err || tt.err != "" && !errors.Is(err, helpdesk.ErrFile) {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
			if tt.err != "" {
				return
			}
			again, err := b.Attached(t.Context(), operator, 1, limits, got.Token())
			if err != nil || again != got {
				t.Errorf("found again as %+v, %v", again, err)
			}
			got.Blob = ""
			if diff := cmp.Diff(tt.want, got.Attachment); diff != "" {
				t.Error(diff)
			}
		})
	}
	_, err := b.Attach(t.Context(), operator, 1, limits, "a", "", iotest.ErrReader(io.ErrUnexpectedEOF))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("of a file that broke off: %v", err)
	}
	if _, err := b.Attach(t.Context(), Actor{Account: "support"}, 1, limits, "a", "", strings.NewReader("x")); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("who is nobody: %v", err)
	}
}

// A file is good for the agent and the ticket that it was chosen for.
//
// covers: P12
func TestAttached(t *testing.T) {
	b := newBench(t)
	number, second := b.ticket("n1"), b.ticket("n2")
	kept := b.attach(number, "a.txt", "0123456789")
	forged := func(change func(*Upload)) string {
		u := kept
		change(&u)
		return u.Token()
	}
	elsewhere := operator
	elsewhere.Account = "elsewhere"
	somebody := Actor{Account: "support", Agent: &helpdesk.Agent{ID: helpdesk.NewID(), Name: "Robin"}}
	for _, tt := range []struct {
		name   string
		by     Actor
		number int64
		limits helpdesk.FileLimits
		token  string
		ok     bool
	}{
		{"as it is", operator, number, helpdesk.FileLimits{}, kept.Token(), true},
		{"another blob", operator, number, helpdesk.FileLimits{}, forged(func(u *Upload) { u.Blob = strings.Repeat("0", 64) }), false},
		{"another name", operator, number, helpdesk.FileLimits{}, forged(func(u *Upload) { u.Name = "b.txt" }), false},
		{"shown inline", operator, number, helpdesk.FileLimits{}, forged(func(u *Upload) { u.Inline = true }), false},
		{"a plain hash", operator, number, helpdesk.FileLimits{}, Upload{Attachment: kept.Attachment}.Token(), false},
		{"no token", operator, number, helpdesk.FileLimits{}, "x", false},
		{"of another ticket", operator, second, helpdesk.FileLimits{}, kept.Token(), false},
		{"of another account", elsewhere, number, helpdesk.FileLimits{}, kept.Token(), false},
		{"of another agent", somebody, number, helpdesk.FileLimits{}, kept.Token(), false},
		{"over the limit", operator, number, helpdesk.FileLimits{Bytes: 9}, kept.Token(), false},
		{"blocked", operator, number, helpdesk.FileLimits{Blocked: []string{"txt"}}, kept.Token(), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := b.Attached(t.Context(), tt.by, tt.number, tt.limits, tt.token)
			if (err == nil) != tt.ok || tt.ok && got != kept || !tt.ok && (!errors.Is(err, helpdesk.ErrFile) || helpdesk.Public(err) == "") {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	err := b.Reply(t.Context(), operator, second, Reply{Text: "Here", Files: []Upload{kept}})
	if !errors.Is(err, helpdesk.ErrFile) {
		t.Errorf("sent from another ticket: %v", err)
	}
	if n := b.files("support"); n != 0 {
		t.Errorf("what was refused left %d files", n)
	}
	b.wait(UploadLifetime)
	if _, err := b.Attached(t.Context(), operator, number, helpdesk.FileLimits{}, kept.Token()); !errors.Is(err, helpdesk.ErrFile) {
		t.Errorf("after its time: %v", err)
	}
	hash, err := blob.ParseHash(kept.Blob)
	if err != nil {
		t.Fatal(err)
	}
	if gone, err := b.blobs.Delete(t.Context(), waitingRoom("support"), hash, time.Now().Add(time.Hour)); !gone || err != nil {
		t.Fatal(gone, err)
	}
	err = b.Reply(t.Context(), operator, number, Reply{Text: "Here", Files: []Upload{kept}})
	if !errors.Is(err, helpdesk.ErrFile) || helpdesk.Public(err) != "“a.txt” is not here any more: choose it again" {
		t.Errorf("sent after the sweep: %v", err)
	}
}

// covers: P12
func TestRepliesAndNotesHaveFiles(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	file, internal := b.attach(number, "a.txt", "for Alice"), b.attach(number, "secret.txt", "for agents")
	if n := b.files("support"); n != 0 {
		t.Errorf("%d files of the account before anything was sent", n)
	}
	if err := b.Note(t.Context(), operator, number, Note{Text: "look", Files: []Upload{internal}}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second click
		if err := b.Reply(t.Context(), operator, number, Reply{Text: "Here", Files: []Upload{file, file}, Nonce: "n"}); err != nil {
			t.Fatal(err)
		}
	}
	detail := b.detail(number)
	note, reply := detail.Entries[len(detail.Entries)-2], detail.Entries[len(detail.Entries)-1]
	if note.Kind != helpdesk.Note || len(note.Attachments) != 1 || len(reply.Attachments) != 2 || reply.Attachments[0] != file.Attachment {
		t.Fatalf("note %+v, reply %+v", note, reply)
	}
	link := b.link(center(), number, nil)
	f, err := b.FileByLink(t.Context(), center(), link, reply.Seq, 2)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil || string(content) != "for Alice" || f.Name != "a.txt" {
		t.Errorf("file %q with %q, %v", f.Name, content, err)
	}
	second := b.ticket("n2")
	for _, tt := range []struct {
		name       string
		link       string
		seq, index int
	}{
		{"of a note", link, note.Seq, 1},
		{"that is not there", link, reply.Seq, 3},
		{"of no entry", link, 99, 1},
		{"with the link of another ticket", b.link(center(), second, nil), reply.Seq, 1},
		{"with a bad link", link[:len(link)-1], reply.Seq, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := b.FileByLink(t.Context(), center(), tt.link, tt.seq, tt.index)
			if helpdesk.KindOf(err) != helpdesk.NotFound || helpdesk.Public(err) != "there is no such page" {
				t.Errorf("error %v, want that of any page that is not there", err)
			}
		})
	}
	many := make([]Upload, helpdesk.MaxFiles+1)
	for _, err := range []error{
		b.Reply(t.Context(), operator, number, Reply{Text: "Here", Files: many}), b.Note(t.Context(), operator, number, Note{Text: "look", Files: many}),
	} {
		if !errors.Is(err, helpdesk.ErrFile) {
			t.Errorf("with more files than an entry holds: %v", err)
		}
	}
}
