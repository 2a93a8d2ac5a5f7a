package inbound

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// fetch takes in a mail as the poller of a mailbox does.
func (b *bench) fetch(mailbox string, uid uint32, raw string, change ...func(*Fetched)) (helpdesk.Outcome, error) {
	box, _ := b.Directory.Mailbox("support", mailbox)
	f := Fetched{ID: fmt.Sprint("INBOX/1/", uid), Mailbox: box, Mark: helpdesk.Mark{Numbering: 1, UID: uid}, Raw: strings.NewReader(raw)}
	for _, c := range change {
		c(&f)
	}
	return b.AcceptFetched(b.t.Context(), f)
}

// marked are the UIDs of a mailbox that are marked.
func (b *bench) marked(mailbox string) (uids []uint32) {
	b.t.Helper()
	marks, err := b.db.Marks(b.t.Context(), "support", mailbox, 1, 100)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range marks {
		uids = append(uids, m.UID)
	}
	return uids
}

// covers: P01, P02, P04
func TestFetchedIsRouted(t *testing.T) {
	b := newBench(t)
	first := b.accept(mail(alice, "<first@x>", "question"), "support@acme.example")
	own, foreign := b.replyAddress(first.Number, 1), "billing@acme.example"
	tests := []struct {
		name string
		head string
		want string
	}{
		{"blind copy", "X: y", "created unproven-new none"},
		{"reply address in Delivered-To", "Delivered-To: " + own, "appended unproven-own-address own"},
		{"reply address in X-Original-To", "X-Original-To: <" + own + ">", "appended unproven-own-address own"},
		{"reply address in Envelope-To", "Envelope-To: " + own, "appended unproven-own-address own"},
		{"reply address in X-Forwarded-To", "X-Forwarded-To: a@b.example, " + own, "appended unproven-own-address own"},
		{"reply address in Cc", "Cc: " + own, "appended unproven-own-address own"},
		{"another mailbox in Cc", "Cc: " + foreign, "created unproven-new none"},
		{"from the null sender", "Return-Path: <>", "held report-unmatched none"},
		{"not from the null sender", "Return-Path: <alice@customer.example>", "created unproven-new none"},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := b.with(t, func(*Pipeline) {})
			raw := mail(alice, fmt.Sprintf("<fetched%d@x>", i), "words "+test.name, test.head)
			path := helpdesk.Path{From: helpdesk.MustAddress("alice@customer.example"), To: []string{"support@acme.example"}}
			if strings.Contains(test.head, own) {
				path.To = append(path.To, own)
			}
			if strings.Contains(test.head, "<>") {
				path.From = helpdesk.Address{}
			}
			said, err := b.Explain(t.Context(), Inquiry{Path: path, Raw: []byte(raw)})
			if err != nil || len(said) != 1 {
				t.Fatalf("explained %+v, %v", said, err)
			}
			o, err := b.fetch("support", uint32(i+1), raw)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(o.Result, " ", o.Recognised.Rule, " ", o.Recognised.Token); got != test.want || o.Mailbox != "support" {
				t.Errorf("outcome %s for %s, want %s; %v", got, o.Mailbox, test.want, o.Recognised.Evidence)
			}
			if diff := cmp.Diff(said[0].Recognised, o.Recognised); diff != "" {
				t.Errorf("explained as fetched (-said +was):\n%s", diff)
			}
		})
	}
	if got := len(b.marked("support")); got != len(tests) {
		t.Errorf("%d mails are marked, want %d", got, len(tests))
	}
}

// covers: P05
func TestFetchedOnce(t *testing.T) {
	b := newBench(t)
	raw := mail(alice, "<1@x>", "question")
	brought := b.accept(raw, "support@acme.example")
	for _, uid := range []uint32{7, 7, 8} { // it came by SMTP, and twice into the folder; one of them is looked at twice
		o, err := b.fetch("support", uid, "Delivered-To: support@acme.example\r\n"+raw)
		if err != nil || o.Result != helpdesk.Duplicate || o.Number != brought.Number {
			t.Fatalf("UID %d: %+v, %v, want the ticket of the mail that was brought", uid, o, err)
		}
	}
	if diff := cmp.Diff([]uint32{7, 8}, b.marked("support")); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
	o, err := b.fetch("billing", 7, raw)
	if err != nil || o.Result != helpdesk.Created || o.Mailbox != "billing" {
		t.Errorf("in another mailbox: %+v, %v, want a ticket of its own", o, err)
	}
	if again, err := b.Accept(t.Context(), Envelope{To: []Recipient{{Mailbox: b.Directory.(directory)[1]}}}, strings.NewReader(raw)); err != nil || again[0].Result != helpdesk.Duplicate {
		t.Errorf("brought after it was fetched: %+v, %v", again, err)
	}
}

// covers: P04
func TestFetchedIsNeverRefused(t *testing.T) {
	b := newBench(t)
	hops := make([]string, maxHops+1)
	for i := range hops {
		hops[i] = "Received: from a by b; Wed, 4 Mar 2026 12:00:00 +0000"
	}
	head := mail(alice, "<large@x>", "")
	oversized := func(size int64) func(*Fetched) {
		return func(f *Fetched) { f.Cause, f.Words, f.Size = helpdesk.Oversized, "It has 48 MiB.", size }
	}
	tests := []struct {
		name   string
		uid    uint32
		raw    string
		change func(*Fetched)
		want   string
		text   string
	}{
		{"round in a loop", 1, mail(alice, "<loop@x>", "again", hops...), func(*Fetched) {}, "held Loop", "again"},
		{"too large", 2, head, oversized(48 << 20), "held TooLarge", "It has 48 MiB."},
		{"the same again", 3, head, oversized(48 << 20), "duplicate ", ""},
		{"another one with the same header", 4, head, oversized(49 << 20), "held TooLarge", "It has 48 MiB."},
		{"not to be had", 5, "Subject: UID 5\r\n\r\n", func(f *Fetched) { f.Cause, f.Words, f.Size = helpdesk.Unfetchable, "NIL", 1 }, "held Unfetchable", "NIL"},
		{"nobody's", 6, "Subject: hello\r\n\r\nwords\r\n", func(*Fetched) {}, "held NoSender", "words"},
		{"nothing at all", 7, "", func(*Fetched) {}, "held NoSender", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o, err := b.fetch("support", test.uid, test.raw, test.change)
			if err != nil {
				t.Fatal(err)
			}
			item := &helpdesk.HeldItem{}
			if o.Result == helpdesk.HeldBack {
				if item, err = b.db.HeldItem(t.Context(), "support", o.Held); err != nil {
					t.Fatal(err)
				}
			}
			if got := fmt.Sprint(o.Result, " ", item.Cause); got != test.want || item.Text != test.text {
				t.Errorf("got %s with %q, want %s with %q", got, item.Text, test.want, test.text)
			}
		})
	}
	if got := len(b.marked("support")); got != len(tests) {
		t.Errorf("%d mails are marked, want %d", got, len(tests))
	}
}

// A disk that fails is no fault of the mail: it is tried again, and not held as one
// that cannot be had.
//
// covers: P04
func TestFetchedWhileTheDiskFails(t *testing.T) {
	base := newBench(t)
	for i, step := range []string{"create", "write", "commit"} {
		t.Run(step, func(t *testing.T) {
			raw := mail(alice, fmt.Sprintf("<disk%d@x>", i), "question")
			failing := base.with(t, func(p *Pipeline) { p.Blobs = fullBlobs{p.Blobs, step, syscall.EIO} })
			if _, err := failing.fetch("support", uint32(i+1), raw); helpdesk.KindOf(err) != helpdesk.Unavailable {
				t.Errorf("error %v is %v, want one that is ours to mend", err, helpdesk.KindOf(err))
			}
			if o, err := base.fetch("support", uint32(i+1), raw); err != nil || o.Result != helpdesk.Created {
				t.Errorf("afterwards %+v, %v", o, err)
			}
		})
	}
}
