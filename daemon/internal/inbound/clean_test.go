package inbound

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

func TestTokensAreNotStored(t *testing.T) {
	b := newBench(t)
	first := b.accept(mail(alice, "<1@x>", "one"), "support@acme.example")
	address := b.replyAddress(first.Number, 1)
	link := b.Signer.Link(links.AudienceOf("support", "HelpCenter", "acme"), links.Link{Scope: links.View, Ticket: 1, Participant: 1})
	token := strings.TrimSuffix(strings.TrimPrefix(address, "support+"), "@acme.example")
	text := "Look: https://help.acme.example/t/" + link + " thanks\r\n\r\n" +
		"mailto:support%2B" + token + "%40acme.example\r\n\r\n" +
		"On Tue, Acme <" + strings.ToUpper(address) + "> wrote:\r\n> https://help.acme.example/t/" + link + "\r\n> " + address
	o := b.accept(strings.Replace(mail(alice, "<2@x>", text), "Subject: Order", "Subject: "+address, 1), address)
	e := b.entry(o)
	for _, secret := range []string{link, token, strings.ToUpper(token)} {
		if strings.Contains(e.Text+e.Quoted, secret) {
			t.Errorf("stored text holds %s:\n%s\n%s", secret, e.Text, e.Quoted)
		}
	}
	if !strings.Contains(e.Text, "https://help.acme.example/t/pl1_… thanks") || !strings.Contains(e.Quoted, "support+…@acme.example") {
		t.Errorf("the rest of the text was not kept:\n%s\n%s", e.Text, e.Quoted)
	}
}

func TestLongText(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("ä quite long line of text\r\n", helpdesk.MaxInlineText/20)
	o := b.accept(mail(alice, "<1@x>", long, "Content-Type: text/plain; charset=utf-8"), "support@acme.example")
	e := b.entry(o)
	if len(e.Text) > helpdesk.MaxInlineText || len(e.Text) < helpdesk.MaxInlineText-4 || e.TextBlob == "" {
		t.Fatalf("%d bytes inline, blob %q", len(e.Text), e.TextBlob)
	}
	hash, err := blob.ParseHash(e.TextBlob)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := blob.Get(t.Context(), b.Blobs, "support", hash, 1<<20)
	want := strings.TrimSpace(strings.ReplaceAll(long, "\r\n", "\n"))
	if err != nil || string(whole) != want || !strings.HasPrefix(want, e.Text) {
		t.Errorf("%d bytes in the blob, %v, want all %d, and their beginning inline", len(whole), err, len(want))
	}
}

// covers: P12
func TestAttachmentsAreKept(t *testing.T) {
	b := newBench(t)
	file := make([]byte, 70_000)
	for i := range file {
		file[i] = byte(i * 7)
	}
	var encoded strings.Builder
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(file)), 76) {
		encoded.Write(line)
		encoded.WriteString("\r\n")
	}
	raw := mail(alice, "<1@x>", "--b\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n--b\r\n"+
		"Content-Type: image/png\r\nContent-Disposition: attachment; filename=\"plan.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"+
		encoded.String()+"--b--", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b")
	e := b.entry(b.accept(raw, "support@acme.example"))
	if e.Text != "see the file" || len(e.Attachments) != 1 {
		t.Fatalf("entry = %+v", e)
	}
	a := e.Attachments[0]
	hash, err := blob.ParseHash(a.Blob)
	if err != nil {
		t.Fatal(err)
	}
	got, err := blob.Get(t.Context(), b.Blobs, "support", hash, 1<<20)
	if err != nil || !bytes.Equal(got, file) || a.Name != "plan.png" || a.MediaType != "image/png" || a.Size != int64(len(file)) {
		t.Errorf("attachment %+v with %d bytes, %v", a, len(got), err)
	}
}

// Large mails wait for memory, and come through byte for byte.
func TestLargeMails(t *testing.T) {
	b := newBench(t)
	var wg sync.WaitGroup
	for n := range 6 {
		wg.Go(func() {
			raw := mail(alice, fmt.Sprintf("<%d@x>", n), strings.Repeat("One more line of a large mail.\r\n", 25_000))
			got, err := b.try(raw, "support@acme.example", "help@other.example")
			if err != nil || len(got) != 2 {
				t.Errorf("mail %d: %v, %v", n, got, err)
				return
			}
			for _, o := range got {
				hash, err := blob.ParseHash(b.entry(o).Raw)
				if err != nil {
					t.Error(err)
					return
				}
				if kept, err := blob.Get(t.Context(), b.Blobs, o.Account, hash, 1<<20); err != nil || string(kept) != raw {
					t.Errorf("mail %d of %s came through with %d bytes, %v", n, o.Account, len(kept), err)
				}
			}
		})
	}
	wg.Wait()
}

// covers: P06
func TestTooManyHops(t *testing.T) {
	b := newBench(t)
	for _, tt := range []struct {
		hops int
		want helpdesk.Kind
	}{{maxHops, helpdesk.Internal}, {maxHops + 1, helpdesk.Loop}} {
		raw := strings.Repeat("Received: from a by b\r\n", tt.hops) + mail(alice, fmt.Sprintf("<%d@x>", tt.hops), "round")
		if _, err := b.try(raw, "support@acme.example"); helpdesk.KindOf(err) != tt.want || (err != nil) != (tt.want == helpdesk.Loop) {
			t.Errorf("%d hops: %v, want %v", tt.hops, err, tt.want)
		}
	}
}

// What a mail makes too large is cut, so that its records still fit into one
// transaction: otherwise it could never be taken in.
//
// covers: P04
func TestHostileMail(t *testing.T) {
	b := newBench(t)
	parts := func(n int, head string) string {
		return strings.Repeat("--b\r\nContent-Type: application/x\r\n"+head+"\r\n\r\nx\r\n", n) + "--b--"
	}
	mixed := "Content-Type: multipart/mixed; boundary=b"
	long := strings.Repeat("x", 100_000)
	for i, tt := range []struct{ name, raw string }{
		{"empty", ""},
		{"no header", "\r\nhello"},
		{"noise", "\x00\xff\x80: \r\n\r\n\r\r\n"},
		{"huge name", mail("\""+strings.Repeat("long name ", 12_000)+"\" <alice@customer.example>", "<a@x>", "x")},
		{"huge subject", strings.Replace(mail(alice, "<b@x>", "x"), "Order", long, 1)},
		{"huge id", mail(alice, "<"+long+"@x>", "x")},
		{"many references", mail(alice, "<c@x>", "x", "References: "+strings.Repeat("<"+strings.Repeat("r", 60)+"@x> ", 3000))},
		{"many attachments", mail(alice, "<d@x>", parts(300, "X: y"), mixed)},
		{"attachments with huge ids", mail(alice, "<e@x>", parts(120, "Content-ID: <"+long[:1900]+">\r\nContent-Disposition: attachment; filename=\""+long[:1900]+"\""), mixed)},
		{"many recipients", mail(alice, "<f@x>", "x", "Cc: "+strings.Repeat("a@b.example, ", 15_000)+"z@b.example")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := b.with(t, func(*Pipeline) {})
			o := b.accept(tt.raw, "support@acme.example")
			if again := b.accept(tt.raw, "support@acme.example"); again.Result != helpdesk.Duplicate {
				t.Errorf("mail %d again = %s, want %s after %s", i, again.Result, helpdesk.Duplicate, o.Result)
			}
		})
	}
}
