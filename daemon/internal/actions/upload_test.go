package actions

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const png = "\x89PNG\r\n\x1a\nand so on"

// naming takes names of files as answers.
type naming struct{ hidden bool }

func (l naming) Check(raw map[string][]string) helpdesk.FormResult {
	r := helpdesk.FormResult{Raw: map[string]any{}}
	if names := raw["proof"]; len(names) > 0 && !l.hidden {
		r.Raw["proof"] = names
		r.Values = []helpdesk.FormValue{{Name: "proof", Label: "Proof", Text: strings.Join(names, ", ")}}
	}
	return r
}

func (naming) States(map[string][]string) []helpdesk.FieldState { return nil }

// withFiles is a help center with a form that asks for files, one that does not,
// and one that hides its field.
func withFiles() helpdesk.HelpCenter {
	h := center()
	open := map[helpdesk.Visitor]helpdesk.Access{helpdesk.Anonymous: helpdesk.Granted}
	proof := []helpdesk.Field{{Name: "proof", Type: "File", File: helpdesk.FieldFiles{Bytes: 20, Types: []string{"image/*", "text/plain"}}}, {Name: "note", Type: "ShortText"}}
	h.Forms = []helpdesk.Form{
		{Name: "files", Fields: proof, Checker: naming{}, Access: open},
		{Name: "hides", Fields: proof, Checker: naming{hidden: true}, Access: open},
		{Name: "plain", Checker: naming{}, Access: open},
	}
	return h
}

func (b *bench) keep(form, field, name, content string) Upload {
	b.t.Helper()
	u, err := b.KeepUpload(b.t.Context(), withFiles(), form, field, name, "", strings.NewReader(content))
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// files counts the blobs of an account.
func (b *bench) files(account string) (n int) {
	for _, err := range b.blobs.List(b.t.Context(), account) {
		if err != nil {
			b.t.Fatal(err)
		}
		n++
	}
	return n
}

// covers: P12, S31
func TestSubmitWithFiles(t *testing.T) {
	b := newBench(t)
	send := func(form string, uploads ...Upload) *Detail {
		t.Helper()
		got, err := b.Submit(t.Context(), withFiles(), Submission{
			Form: form, Address: "alice@customer.example", Subject: "S", Message: "M", Uploads: uploads, Fields: map[string][]string{"proof": {"forged.png"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return b.detail(got.Number)
	}
	d := send("files", b.keep("files", "proof", "a.png", png), b.keep("files", "proof", "a.png", png+"2"), b.keep("files", "proof", "b.txt", "words"))
	if got := d.Ticket.Form.Values[0].Text; got != "a.png, a (2).png, b.txt" {
		t.Errorf("the answer lists %q", got)
	}
	var said []string
	for _, f := range d.Entries[0].Attachments {
		said = append(said, f.Name+" "+f.MediaType)
	}
	if diff := cmp.Diff([]string{"a.png image/png", "a (2).png image/png", "b.txt text/plain"}, said); diff != "" {
		t.Errorf("attachments (-want +got):\n%s", diff)
	}
	f, err := b.File(t.Context(), operator, d.Ticket.Number, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil || string(content) != "words" {
		t.Errorf("file holds %q, %v", content, err)
	}
	if d := send("files"); len(d.Ticket.Form.Values) != 0 {
		t.Errorf("a name that was typed counts as a file: %+v", d.Ticket.Form.Values)
	}
	if d := send("hides", b.keep("hides", "proof", "a.png", png)); len(d.Entries[0].Attachments) != 0 {
		t.Errorf("a hidden field has files: %+v", d.Entries[0].Attachments)
	}
	if d := send("plain", b.keep("plain", "", "a.png", png), b.keep("plain", "", "a.png", "other")); len(d.Entries[0].Attachments) != 2 {
		t.Errorf("files beside the message: %+v", d.Entries[0].Attachments)
	}
}

// covers: P12
func TestKeepUploadRefuses(t *testing.T) {
	b := newBench(t)
	for _, tt := range []struct {
		name, form, field, file, mediaType, content string
		refused                                     bool
	}{
		{"picture", "files", "proof", "a.png", "image/png", png, false},
		{"picture of an unknown kind", "files", "proof", "a.heic", "image/heic", "....", false},
		{"by its ending alone", "files", "proof", "a.png", "", png, false},
		{"by its bytes alone", "files", "proof", "a", "", png, false},
		{"text", "files", "proof", "a.txt", "text/plain", "words", false},
		{"empty", "files", "proof", "a.txt", "text/plain", "", false},
		{"page that claims to be a picture", "files", "proof", "a.heic", "image/heic", "<html><script>", true},
		{"something else that claims to be a picture", "files", "proof", "a.png", "image/png", "\x00\x01\x02", true},
		{"picture that claims to be text", "files", "proof", "a.txt", "text/plain", "%PDF-1.4", true},
		{"another kind", "files", "proof", "a.pdf", "application/pdf", "%PDF-1.4", true},
		{"program", "files", "proof", "a.exe", "", "MZ", true},
		{"at its size", "files", "proof", "a.txt", "text/plain", strings.Repeat("x", 20), false},
		{"too large", "files", "proof", "a.txt", "text/plain", strings.Repeat("x", 21), true},
		{"unknown field", "files", "other", "a.png", "image/png", png, true},
		{"field of another type", "files", "note", "a.png", "image/png", png, true},
		{"beside the message of a form with a field", "files", "", "a.png", "image/png", png, true},
		{"anything beside the message", "plain", "", "a.exe", "", "MZ", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := b.KeepUpload(t.Context(), withFiles(), tt.form, tt.field, tt.file, tt.mediaType, strings.NewReader(tt.content))
			if got := errors.Is(err, helpdesk.ErrFile); got != tt.refused || !tt.refused && err != nil {
				t.Errorf("kept %+v, %v, want refused: %t", u, err, tt.refused)
			}
			if tt.refused && helpdesk.Public(err) == "" {
				t.Error("the refusal says nothing")
			}
		})
	}
	broken := errors.New("line is gone")
	if _, err := b.KeepUpload(t.Context(), withFiles(), "plain", "", "a", "", io.MultiReader(strings.NewReader("x"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("error of the line is %v", err)
	}
	if n := b.files("support"); n != 0 {
		t.Errorf("%d files of the account before anything was submitted", n)
	}
}

// Nobody can name a file that they did not send.
// covers: M03, P12
func TestKeptUpload(t *testing.T) {
	b := newBench(t)
	h := withFiles()
	token := b.keep("files", "proof", "a.png", png).Token()
	forged := func(change func(u *Upload)) string {
		var u Upload
		if err := json.Unmarshal([]byte(token), &u); err != nil {
			t.Fatal(err)
		}
		change(&u)
		return u.Token()
	}
	other := withFiles()
	other.Name, other.Audience = "second", [16]byte{1}
	same := withFiles()
	same.Account = "another"
	other2 := withFiles()
	other2.Name = "second"
	for _, tt := range []struct {
		name, form, token string
		center            helpdesk.HelpCenter
		ok                bool
	}{
		{"as it is", "files", token, h, true},
		{"another form", "hides", token, h, false},
		{"another help center", "files", token, other, false},
		{"another help center of one audience", "files", token, other2, false},
		{"another account", "files", token, same, false},
		{"another field", "files", forged(func(u *Upload) { u.Field = "note" }), h, false},
		{"another name", "files", forged(func(u *Upload) { u.Name = "a.exe" }), h, false},
		{"another type", "files", forged(func(u *Upload) { u.MediaType = "text/html" }), h, false},
		{"another size", "files", forged(func(u *Upload) { u.Size++ }), h, false},
		{"another blob", "files", forged(func(u *Upload) { u.Blob = strings.Repeat("a", 64) }), h, false},
		{"inside the text", "files", forged(func(u *Upload) { u.Inline, u.ContentID = true, "x@y" }), h, false},
		{"more time", "files", forged(func(u *Upload) { u.Until++ }), h, false},
		{"another seal", "files", forged(func(u *Upload) { u.Seal = "00" + u.Seal[2:3] + "x" + u.Seal[4:] }), h, false},
		{"no seal", "files", forged(func(u *Upload) { u.Seal = "" }), h, false},
		{"more behind it", "files", token + " ", h, false},
		{"nothing", "files", "", h, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := b.KeptUpload(t.Context(), tt.center, tt.form, tt.token)
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, helpdesk.ErrFile) {
				t.Errorf("found %+v, %v, want it found: %t", u, err, tt.ok)
			}
		})
	}
	b.wait(UploadLifetime - time.Second)
	if _, err := b.KeptUpload(t.Context(), h, "files", token); err != nil {
		t.Errorf("before its time is over: %v", err)
	}
	b.wait(time.Second)
	if _, err := b.KeptUpload(t.Context(), h, "files", token); err == nil {
		t.Error("found after its time")
	}
}

// What nobody sends is not kept; what was sent stays.
func TestSweepUploads(t *testing.T) {
	b := newBench(t)
	b.mu.Lock()
	b.clock = time.Now() // blobs know no other clock
	b.mu.Unlock()
	sent := b.keep("plain", "", "a.png", png)
	b.keep("plain", "", "b.png", png+"2")
	number, alice := b.ticket("n1"), b.proven("alice@customer.example")
	b.attach(number, "c.txt", "for a reply")
	if _, err := b.KeepAnswerFile(t.Context(), shared(), alice, number, "d.txt", "", strings.NewReader("for an answer")); err != nil {
		t.Fatal(err)
	}
	got, err := b.Submit(t.Context(), withFiles(), Submission{Form: "plain", Address: "a@b.example", Subject: "S", Message: "M", Uploads: []Upload{sent}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		wait time.Duration
		want int
	}{{UploadLifetime, 0}, {uploadGrace + time.Minute, 4}, {0, 0}} {
		b.wait(tt.wait)
		if n, err := b.SweepUploads(t.Context(), "support"); n != tt.want || err != nil {
			t.Errorf("swept %d files, %v, want %d", n, err, tt.want)
		}
	}
	if n := b.files("support"); n != 1 {
		t.Errorf("the account has %d files, want the one that was sent", n)
	}
	f, err := b.File(t.Context(), operator, got.Number, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil || !bytes.Equal(content, []byte(png)) {
		t.Errorf("the submitted file holds %q, %v", content, err)
	}
}

func FuzzReadToken(f *testing.F) {
	f.Add(Upload{Field: "proof", Attachment: helpdesk.Attachment{Name: "a.png", MediaType: "image/png", Size: 3, Blob: strings.Repeat("a", 64)}, Until: 1, Seal: "00x"}.Token())
	f.Add(`{"name":"a","mediaType":"b","size":1,"blob":"c","until":1,"seal":"d"}`)
	f.Add(`{`)
	f.Fuzz(func(t *testing.T, token string) {
		u, err := readToken(token)
		if err == nil && u.Token() != token {
			t.Errorf("%q is read as %q", token, u.Token())
		}
	})
}
