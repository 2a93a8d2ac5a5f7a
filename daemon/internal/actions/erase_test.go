package actions

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// traces are the records and blobs that hold some words, whatever they are.
func (b *bench) traces(words ...string) []string {
	b.t.Helper()
	resp, err := b.etcd.Get(b.t.Context(), "/postern/test/", clientv3.WithPrefix())
	if err != nil {
		b.t.Fatal(err)
	}
	holds := func(raw []byte) bool {
		low := bytes.ToLower(raw)
		return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(low, []byte(strings.ToLower(w))) })
	}
	var found []string
	for _, kv := range resp.Kvs {
		if holds(kv.Key) || holds(kv.Value) {
			found = append(found, string(kv.Key)+" "+string(kv.Value))
		}
	}
	for info, err := range b.blobs.List(b.t.Context(), "support") {
		if err != nil {
			b.t.Fatal(err)
		}
		raw, err := blob.Get(b.t.Context(), b.blobs, "support", info.Hash, 1<<20)
		if err != nil {
			b.t.Fatal(err)
		}
		if holds(raw) {
			found = append(found, "blob "+string(raw))
		}
	}
	return found
}

// keepText makes a blob of a text.
func (b *bench) keepText(text string) string {
	b.t.Helper()
	ref, err := blob.Put(b.t.Context(), b.blobs, "support", []byte(text))
	if err != nil {
		b.t.Fatal(err)
	}
	return ref.Hash.String()
}

// entryOf changes one entry of a request as only tests do.
func (b *bench) entryOf(number int64, seq int, how func(e *helpdesk.Entry)) {
	b.t.Helper()
	b.change(number, func(*helpdesk.Ticket) {})
	t, err := b.db.TicketByNumber(b.t.Context(), "support", number)
	if err != nil {
		b.t.Fatal(err)
	}
	e, err := b.db.Entry(b.t.Context(), "support", t.ID, seq)
	if err != nil {
		b.t.Fatal(err)
	}
	how(e)
	change := &helpdesk.Change{Account: "support", Ticket: t, Entries: []helpdesk.Entry{*e}}
	if e.MessageID != "" {
		change.Messages = []helpdesk.MessageRef{{MessageID: e.MessageID, Ticket: t.ID, Entry: seq}}
	}
	if err := b.db.Commit(b.t.Context(), change); err != nil {
		b.t.Fatal(err)
	}
}

// eraseAll does what is asked for.
func (b *bench) eraseAll() {
	b.t.Helper()
	all, err := b.erasings(b.t.Context(), "support")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, job := range all {
		if err := b.erase(b.t.Context(), "support", job.Contact); err != nil {
			b.t.Fatal(err)
		}
	}
}

// stage is a desk in which Alice left traces everywhere: her own request, one of Bob's
// that she takes part in, one that she was copied on, held mail, a pass, a sign-in.
type stage struct {
	*bench
	ada          Actor
	alice        helpdesk.ID
	own, bobs    int64
	shared, only string // blobs: also named by Bob's request, and by hers alone
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{bench: newBench(t)}
	s.clock = time.Now().Add(time.Hour) // the blobs of the stage are older than a moment
	ctx := t.Context()
	s.ada = s.in(helpdesk.AdminRole, "ada@acme.example")
	s.own = s.ticket("n1")
	bobs, err := s.Submit(ctx, center(), filled(func(in *Submission) {
		in.Nonce, in.Name, in.Address, in.Message = "n2", "Bob", "bob@customer.example", "My own problem"
	}))
	if err != nil {
		t.Fatal(err)
	}
	s.bobs = bobs.Number
	s.alice = s.idOf("alice@customer.example")
	s.shared, s.only = s.keepText("a picture that both sent"), s.keepText("From: alice@customer.example\r\n\r\nalice alone wrote zanzibar")
	s.entryOf(s.own, 1, func(e *helpdesk.Entry) {
		e.MessageID, e.Raw, e.Text = "<alice-1@customer.example>", s.only, "zanzibar is where I am"
		e.Attachments = []helpdesk.Attachment{{Name: "zanzibar.jpg", Blob: s.shared}}
	})
	if err := s.Reply(ctx, s.ada, s.own, Reply{Text: "How is zanzibar?"}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddParticipant(ctx, s.ada, s.bobs, "alice@customer.example", "Alice", true); err != nil {
		t.Fatal(err)
	}
	s.says(s.bobs, "alice", "I was in zanzibar too", func(e *helpdesk.Entry) { e.MessageID, e.Author.ID = "<alice-2@customer.example>", s.alice })
	s.says(s.bobs, "bob", "So I hear", func(e *helpdesk.Entry) {
		e.Quoted, e.Raw = "> I was in zanzibar too", s.keepText("> I was in zanzibar too")
		e.Attachments = []helpdesk.Attachment{{Name: "picture.jpg", Blob: s.shared}}
	})
	if err := s.Reply(ctx, s.ada, s.bobs, Reply{Text: "Write to Alice@Customer.example as well"}); err != nil {
		t.Fatal(err)
	}
	held := s.hold(0, func(h *helpdesk.HeldItem) {
		h.From, h.FromName, h.Text, h.Raw = helpdesk.MustAddress("alice@customer.example"), "Alice", "zanzibar again", s.keepText("zanzibar again")
	})
	_ = held
	if _, err := s.KeepDraft(ctx, shared(), s.linkOf(s.bobs, 2), "In zanzibar once more"); err != nil {
		t.Fatal(err)
	}
	receipt := &helpdesk.Receipt{Key: "r1", At: noon, Raw: s.only, Path: &helpdesk.Path{From: helpdesk.MustAddress("bounce@customer.example"), To: []string{"support@acme.example"}}}
	pass := helpdesk.Pass{ID: helpdesk.NewID(), Kind: helpdesk.PassReset, Contact: s.alice, Address: helpdesk.MustAddress("alice@customer.example"), Expires: s.clock.Add(time.Hour)}
	if err := s.db.Commit(ctx, &helpdesk.Change{Account: "support", Receipt: receipt, Passes: []helpdesk.Pass{pass}}); err != nil {
		t.Fatal(err)
	}
	return s
}

// covers: P10
func TestErase(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	if err := s.EraseContact(ctx, s.in(helpdesk.AgentRole, "eve@acme.example"), s.alice, "erase"); helpdesk.KindOf(err) != helpdesk.Forbidden {
		t.Errorf("without the permission: %v", err)
	}
	if err := s.EraseContact(ctx, s.ada, s.alice, "yes"); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("without the word: %v", err)
	}
	if len(s.traces("zanzibar")) < 6 {
		t.Fatalf("the stage is empty: %v", s.traces("zanzibar"))
	}
	if err := s.EraseContact(ctx, s.ada, s.alice, " Erase "); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Submit(ctx, center(), filled(func(in *Submission) { in.Nonce = "n9" })); helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Errorf("a form while it is under way: %v", err)
	}
	s.eraseAll()
	if left := s.traces("zanzibar", "alice@customer.example", `"alice"`, s.only, "bounce@customer"); len(left) > 0 {
		t.Errorf("left:\n%s", strings.Join(left, "\n"))
	}
	if left := s.traces(string(s.alice)); len(left) != 2 { // the audit log tells that it was asked for and done
		t.Errorf("the id is left in:\n%s", strings.Join(left, "\n"))
	}
	if _, err := s.Ticket(ctx, s.ada, s.own); helpdesk.KindOf(err) != helpdesk.NotFound || !errors.Is(err, ErrErased) || !strings.Contains(helpdesk.Public(err), "was erased on") {
		t.Errorf("their request: %v", err)
	}
	small := s.ada
	small.Role = helpdesk.DeskRole{ID: "team", Name: "Team", Sees: helpdesk.SeesTeams}
	for name, by := range map[string]Actor{"of another account": {Account: "rival", Agent: s.ada.Agent, Role: s.ada.Role}, "who sees a team's alone": small} {
		if _, err := s.Ticket(ctx, by, s.own); helpdesk.KindOf(err) != helpdesk.NotFound || errors.Is(err, ErrErased) {
			t.Errorf("to an agent %s: %v", name, err)
		}
	}
	if _, err := s.Ticket(ctx, s.ada, 4711); helpdesk.KindOf(err) != helpdesk.NotFound || errors.Is(err, ErrErased) {
		t.Errorf("a number that nobody got: %v", err)
	}
	d := s.detail(s.bobs)
	if d.Ticket.Requester().Name != "Bob" || d.Entries[0].Text != "My own problem" {
		t.Errorf("Bob's request = %+v", d.Ticket)
	}
	var texts []string
	for _, e := range d.Entries {
		texts = append(texts, e.Text)
		if e.Author.Name == "Bob" && (len(e.Attachments) == 0) != (e.Seq == 1) {
			t.Errorf("Bob's files: %+v", e)
		}
	}
	if all := strings.Join(texts, "|"); !strings.Contains(all, "This was erased.|So I hear|Write to [erased] as well") {
		t.Errorf("Bob's request says %s", all)
	}
	hash, _ := blob.ParseHash(s.shared)
	if _, err := s.blobs.Stat(ctx, "support", hash); err != nil {
		t.Errorf("the blob that Bob's request names too: %v", err)
	}
	if got := s.acts(); !slices.Equal(got, []string{"contact.erase", "contact.erased"}) {
		t.Errorf("audit = %v", got)
	}
	again, err := s.Submit(ctx, center(), filled(func(in *Submission) { in.Nonce = "n10" }))
	if err != nil || again.Number <= s.bobs || s.idOf("alice@customer.example") == s.alice {
		t.Errorf("who comes back is somebody new: %+v, %v", again, err)
	}
}

// late answers to what was erased find nothing, and are not taken for what they are
// not.
//
// covers: P10
func TestErasedMessageIDsStayKnown(t *testing.T) {
	s := newStage(t)
	if err := s.EraseContact(t.Context(), s.ada, s.alice, "erase"); err != nil {
		t.Fatal(err)
	}
	s.eraseAll()
	found, err := s.db.Lookup(t.Context(), "support", store.Query{MessageIDs: []string{"<alice-1@customer.example>", "<alice-2@customer.example>"}})
	if err != nil || len(found.Refs) != 2 {
		t.Fatalf("refs = %+v, %v", found, err)
	}
	if _, err := s.db.Ticket(t.Context(), "support", found.Refs[0].Ticket); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("the first leads to %v", err)
	}
	if there, err := s.db.Ticket(t.Context(), "support", found.Refs[1].Ticket); err != nil || there.Number != s.bobs || slices.Contains(there.MessageIDs, "<alice-2@customer.example>") {
		t.Errorf("the second leads to %+v, %v", there, err)
	}
}

// dying ends the program when it has decided about so many records.
type dying struct {
	Store
	left int
}

func (d *dying) Sift(ctx context.Context, account string, job helpdesk.ID, sieve store.Sieve, tomb helpdesk.Tomb) (int, int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return d.Store.Sift(ctx, account, job, &dyingSieve{sieve, d, cancel}, tomb)
}

type dyingSieve struct {
	store.Sieve
	d   *dying
	die context.CancelFunc
}

func (s *dyingSieve) lives() {
	if s.d.left--; s.d.left < 0 {
		s.die()
	}
}

func (s *dyingSieve) Asked(t *helpdesk.Ticket) bool {
	s.lives()
	return s.Sieve.Asked(t)
}

func (s *dyingSieve) Ticket(t *helpdesk.Ticket) helpdesk.Fate {
	s.lives()
	return s.Sieve.Ticket(t)
}

func (s *dyingSieve) Entry(ctx context.Context, e *helpdesk.Entry) (helpdesk.Fate, error) {
	s.lives()
	return s.Sieve.Entry(ctx, e)
}

func (s *dyingSieve) Free(blobs ...string) {
	s.lives()
	s.Sieve.Free(blobs...)
}

func (s *dyingSieve) Delivery(d *helpdesk.Delivery) helpdesk.Fate {
	s.lives()
	return s.Sieve.Delivery(d)
}

func (s *dyingSieve) Receipt(r *helpdesk.Receipt) helpdesk.Fate {
	s.lives()
	return s.Sieve.Receipt(r)
}

// covers: P10
func TestEraseGoesOnAfterACrash(t *testing.T) {
	for _, first := range []int{0, 1, 2, 3, 4, 5, 6, 8} { // where the first crash is; one follows on the other from there
		s := newStage(t)
		if err := s.EraseContact(t.Context(), s.ada, s.alice, "erase"); err != nil {
			t.Fatal(err)
		}
		whole, crashes := s.store, 0
		for left := first; ; left++ {
			s.store = &dying{Store: whole, left: left}
			if s.erase(t.Context(), "support", s.alice) == nil {
				break
			}
			crashes++
		}
		s.store = whole
		s.eraseAll()
		if left := s.traces("zanzibar", "alice@customer.example", s.only); len(left) > 0 || crashes == 0 {
			t.Errorf("after %d crashes from %d on, left:\n%s", crashes, first, strings.Join(left, "\n"))
		}
	}
}

// Blobs that came a moment ago may be about to be named: they wait.
//
// covers: P10
func TestEraseWaitsForYoungBlobs(t *testing.T) {
	s := newStage(t)
	s.clock = time.Now()
	if err := s.EraseContact(t.Context(), s.ada, s.alice, "erase"); err != nil {
		t.Fatal(err)
	}
	s.eraseAll()
	if jobs, err := s.Erasures(t.Context(), s.ada); err != nil || len(jobs) != 1 || jobs[0].Step != helpdesk.EraseBlobs {
		t.Fatalf("jobs = %+v, %v", jobs, err)
	}
	s.wait(time.Hour)
	s.eraseAll()
	if jobs, err := s.Erasures(t.Context(), s.ada); err != nil || len(jobs) != 0 {
		t.Errorf("jobs = %+v, %v", jobs, err)
	}
	if left := s.traces("zanzibar"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
