package inbound

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
)

// cutting cuts the files of large mails before the writer is looked at.
type cutting struct {
	Authenticator
	dir string
	on  bool
}

func (c *cutting) Check(ctx context.Context, m mailauth.Mail) (mailauth.Verdict, error) {
	if c.on {
		err := filepath.WalkDir(c.dir, func(path string, e fs.DirEntry, err error) error {
			info, _ := os.Stat(path)
			if err == nil && info.Mode().IsRegular() && info.Size() > smallMail {
				err = os.Truncate(path, smallMail)
			}
			return err
		})
		if err != nil {
			return mailauth.Verdict{}, err
		}
	}
	return c.Authenticator.Check(ctx, m)
}

// gullible takes everybody for who they say they are, without a look.
type gullible struct{}

func (gullible) Check(context.Context, mailauth.Mail) (mailauth.Verdict, error) {
	return mailauth.Verdict{Trust: helpdesk.Trust{Proof: helpdesk.ProofPass}}, nil
}

// largeMail is a mail with one file of so many lines of base64.
func largeMail(id string, lines int) string {
	return mail(alice, id, "--b\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n--b\r\n"+
		"Content-Type: application/zip\r\nContent-Disposition: attachment; filename=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"+
		strings.Repeat(strings.Repeat("QUJD", 19)+"\r\n", lines)+"--b--", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b",
		"DKIM-Signature: v=1; a=rsa-sha256; d=customer.example; s=s; h=from:to; bh=AAAA; b=AAAA",
		"DKIM-Signature: v=1; a=rsa-sha256; d=customer.example; s=t; h=from:to; bh=AAAA; b=AAAA")
}

// A disk that fails under a large mail costs a try, never the process: the sender
// is told to come again, and then all is well.
//
// covers: P04, P12
func TestFilesThatFailUnderTheMail(t *testing.T) {
	for _, tt := range []struct {
		name string
		auth func(b *bench) Authenticator
	}{
		{"while its signatures are checked, in other goroutines", func(b *bench) Authenticator { return b.Auth }},
		{"while its files are read", func(*bench) Authenticator { return gullible{} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, dir := newBench(t), t.TempDir()
			blobs, err := blob.OpenDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = blobs.Close() })
			auth := &cutting{Authenticator: tt.auth(b), dir: dir, on: true}
			b = b.with(t, func(p *Pipeline) { p.Blobs, p.Auth = blobs, auth })
			raw := largeMail("<1@x>", 20_000)
			_, err = b.tryEnvelope(Envelope{ID: "t1", Peer: "192.0.2.1"}, raw, "support@acme.example")
			if !errors.Is(err, blob.ErrCorrupt) || helpdesk.KindOf(err) != helpdesk.Internal {
				t.Fatalf("error %v (%v), want a temporary one", err, helpdesk.KindOf(err))
			}
			auth.on = false
			e := b.entry(b.accept(raw, "support@acme.example"))
			if len(e.Attachments) != 1 || e.Attachments[0].Size != 20_000*57 {
				t.Errorf("the next try made %+v", e.Attachments)
			}
		})
	}
}

// covers: P12
func TestLargeMailsStayOutOfMemory(t *testing.T) {
	b := newBench(t)
	b = b.with(t, func(p *Pipeline) { p.Memory = NewMemory(DefaultMemory) })
	raw := largeMail("<1@x>", 1_000_000) // 74 MiB
	sum := sha256.New()
	for range 1_000_000 {
		_, _ = io.WriteString(sum, strings.Repeat("ABC", 19))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	to, err := b.Route(helpdesk.MustAddress("support@acme.example"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Accept(t.Context(), Envelope{ID: "t1", From: helpdesk.MustAddress("bounces@customer.example"), To: []Recipient{to}, Trusted: true}, struct{ io.Reader }{strings.NewReader(raw)})
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	e := b.entry(got[0])
	if len(e.Attachments) != 1 || e.Attachments[0].Blob != blob.Hash(sum.Sum(nil)).String() {
		t.Errorf("attachments %+v", e.Attachments)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(len(raw))/4 {
		t.Errorf("a mail of %d bytes took %d of the heap", len(raw), took)
	}
}
