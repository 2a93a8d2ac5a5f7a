package actions

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// attach keeps a file as the console does.
func (b *bench) attach(name, content string) helpdesk.Attachment {
	b.t.Helper()
	a, err := b.Attach(b.t.Context(), operator, helpdesk.FileLimits{}, name, "text/plain; charset=utf-8", strings.NewReader(content))
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
		{"Windows path", `C:\Users\ann\bill.pdf`, "Application/PDF", "x", helpdesk.Attachment{Name: "bill.pdf", MediaType: "application/pdf", Size: 1}, ""},
		{"direction marks and quotes", "\u202etxt\" ÖL.pdf", "a b", "x", helpdesk.Attachment{Name: `txt" ÖL.pdf`, MediaType: "application/octet-stream", Size: 1}, ""},
		{"no name", " .. ", "x/" + long, "x", helpdesk.Attachment{Name: "file", MediaType: "application/octet-stream", Size: 1}, ""},
		{"too large", "a.txt", "", "0123456789x", helpdesk.Attachment{}, "“a.txt” is too large: a file may have 0 MiB here"},
		{"blocked", "a.EXE", "", "x", helpdesk.Attachment{}, "“a.EXE” can't be sent: files that end in .exe are blocked here"},
		{"blocked behind a trailing dot", "a.exe. ", "", "x", helpdesk.Attachment{}, "“a.exe” can't be sent: files that end in .exe are blocked here"},
		{"blocked behind a direction mark", "a.\u202eexe", "", "x", helpdesk.Attachment{}, "“a.exe” can't be sent: files that end in .exe are blocked here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := b.Attach(t.Context(), operator, limits, tt.file, tt.mediaType, strings.NewReader(tt.content))
			if helpdesk.Public(err) != tt.err || tt.err != "" && !errors.Is(err, helpdesk.ErrFile) {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
			if tt.err != "" {
				return
			}
			again, err := b.Attached(t.Context(), operator, limits, got)
			if err != nil || again != got {
				t.Errorf("found again as %+v, %v", again, err)
			}
			got.Blob = ""
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	_, err := b.Attach(t.Context(), operator, limits, "a", "", iotest.ErrReader(io.ErrUnexpectedEOF))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("of a file that broke off: %v", err)
	}
	if _, err := b.Attach(t.Context(), Actor{Account: "support"}, limits, "a", "", strings.NewReader("x")); helpdesk.KindOf(err) != helpdesk.SignIn {
		t.Errorf("who is nobody: %v", err)
	}
}

// What a page says of a file that was kept is not believed.
//
// covers: P12
func TestAttached(t *testing.T) {
	b := newBench(t)
	kept := b.attach("a.txt", "0123456789")
	lies := kept
	lies.Size, lies.Name, lies.MediaType, lies.Inline = 1, "b\r\n.txt", "x y", true
	got, err := b.Attached(t.Context(), operator, helpdesk.FileLimits{}, lies)
	want := helpdesk.Attachment{Name: "b .txt", MediaType: "application/octet-stream", Size: 10, Blob: kept.Blob}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	gone, other := kept, operator
	gone.Blob, other.Account = strings.Repeat("0", 64), "elsewhere"
	for _, tt := range []struct {
		name   string
		by     Actor
		limits helpdesk.FileLimits
		said   helpdesk.Attachment
	}{
		{"gone", operator, helpdesk.FileLimits{}, gone},
		{"no hash", operator, helpdesk.FileLimits{}, helpdesk.Attachment{Blob: "../../key"}},
		{"of another account", other, helpdesk.FileLimits{}, kept},
		{"over the limit", operator, helpdesk.FileLimits{Bytes: 9}, kept},
		{"blocked", operator, helpdesk.FileLimits{Blocked: []string{"txt"}}, kept},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := b.Attached(t.Context(), tt.by, tt.limits, tt.said); !errors.Is(err, helpdesk.ErrFile) || helpdesk.Public(err) == "" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// covers: P12
func TestRepliesAndNotesHaveFiles(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	file, internal := b.attach("a.txt", "for Alice"), b.attach("secret.txt", "for agents")
	if err := b.Note(t.Context(), operator, number, "look", internal); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second click
		if err := b.Reply(t.Context(), operator, number, Reply{Text: "Here", Files: []helpdesk.Attachment{file, file}, Nonce: "n"}); err != nil {
			t.Fatal(err)
		}
	}
	detail := b.detail(number)
	note, reply := detail.Entries[len(detail.Entries)-2], detail.Entries[len(detail.Entries)-1]
	if note.Kind != helpdesk.Note || len(note.Attachments) != 1 || len(reply.Attachments) != 2 || reply.Attachments[0] != file {
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
	many := make([]helpdesk.Attachment, helpdesk.MaxFiles+1)
	for _, err := range []error{
		b.Reply(t.Context(), operator, number, Reply{Text: "Here", Files: many}), b.Note(t.Context(), operator, number, "look", many...),
	} {
		if !errors.Is(err, helpdesk.ErrFile) {
			t.Errorf("with more files than an entry holds: %v", err)
		}
	}
}
