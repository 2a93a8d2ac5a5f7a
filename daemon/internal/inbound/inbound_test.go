package inbound

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/store"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// directory is what is declared.
type directory []helpdesk.Mailbox

func (d directory) MailboxByAddress(a helpdesk.Address) (helpdesk.Mailbox, bool) {
	i := slices.IndexFunc(d, func(m helpdesk.Mailbox) bool { return m.Address.Same(a) })
	if i < 0 {
		return helpdesk.Mailbox{}, false
	}
	return d[i], true
}

func (d directory) Mailbox(account, name string) (helpdesk.Mailbox, bool) {
	i := slices.IndexFunc(d, func(m helpdesk.Mailbox) bool { return m.Account == account && m.Name == name })
	if i < 0 {
		return helpdesk.Mailbox{}, false
	}
	return d[i], true
}

func (d directory) MailboxOfDomain(of helpdesk.Address) (helpdesk.Mailbox, bool) {
	i := slices.IndexFunc(d, func(m helpdesk.Mailbox) bool { return m.Address.Domain() == of.Domain() })
	if i < 0 {
		return helpdesk.Mailbox{}, false
	}
	return d[i], true
}

func (d directory) HelpCenter(account, name string) (helpdesk.HelpCenter, bool) {
	return helpdesk.HelpCenter{Account: account, Name: name}, true
}

func (d directory) IsAlias(account string, a helpdesk.Address) bool {
	return slices.ContainsFunc(d, func(m helpdesk.Mailbox) bool { return m.Account == account && m.HasAlias(a) })
}

func box(account, name, address string) helpdesk.Mailbox {
	return helpdesk.Mailbox{
		Account: account, Name: name, Address: helpdesk.MustAddress(address), HelpCenter: "acme",
		Audience: links.AudienceOf(account, "Mailbox", address),
	}
}

// bench is a pipeline on a real store.
type bench struct {
	*Pipeline
	t  testing.TB
	db *store.Store

	replica func() *store.Store // another one on the same records
}

func newBench(t testing.TB) *bench {
	t.Helper()
	server, err := embedded.Start(t.Context(), filepath.Join(t.TempDir(), "etcd"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	open := func() *store.Store {
		db, err := store.New(server.Client(), "test")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		return db
	}
	db := open()
	blobs, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	ring, err := links.NewRing(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := links.NewSigner(ring, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t: t, db: db, replica: open, Pipeline: &Pipeline{
		Memory: NewMemory(1 << 20), Counts: NewCounts(),
		Auth:  mailauth.New(mailauth.Options{Resolver: noDNS{}, Now: func() time.Time { return noon }}),
		Store: db, Blobs: blobs, Signer: signer, Planner: &outbound.Planner{Budgets: db, Contacts: db, Signer: signer},
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon },
		Directory: directory{
			box("support", "support", "support@acme.example"), box("support", "billing", "billing@acme.example"),
			box("other", "help", "help@other.example"),
		},
	}}
}

// noDNS knows no name.
type noDNS struct{}

func notFound(name string) error {
	return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (noDNS) LookupTXT(_ context.Context, name string) ([]string, error) { return nil, notFound(name) }
func (noDNS) LookupMX(_ context.Context, name string) ([]*net.MX, error) { return nil, notFound(name) }
func (noDNS) LookupIPAddr(_ context.Context, name string) ([]net.IPAddr, error) {
	return nil, notFound(name)
}
func (noDNS) LookupAddr(_ context.Context, name string) ([]string, error) { return nil, notFound(name) }

// with is the same bench with another store or other blobs.
func (b *bench) with(t testing.TB, change func(p *Pipeline)) *bench {
	p := *b.Pipeline
	change(&p)
	return &bench{Pipeline: &p, t: t, db: b.db, replica: b.replica}
}

// try sends a mail from its writer through a trusted relay.
func (b *bench) try(raw string, to ...string) ([]helpdesk.Outcome, error) {
	env := Envelope{ID: "t1", From: helpdesk.MustAddress("bounces@customer.example"), Peer: "192.0.2.1", Trusted: true}
	return b.tryEnvelope(env, raw, to...)
}

func (b *bench) tryEnvelope(env Envelope, raw string, to ...string) ([]helpdesk.Outcome, error) {
	for _, a := range to {
		r, err := b.Route(helpdesk.MustAddress(a))
		if err != nil {
			return nil, err
		}
		r.Written = a
		env.To = append(env.To, r)
	}
	return b.Accept(b.t.Context(), env, strings.NewReader(raw))
}

func (b *bench) accept(raw string, to ...string) helpdesk.Outcome {
	b.t.Helper()
	outcomes, err := b.try(raw, to...)
	if err != nil || len(outcomes) != 1 {
		b.t.Fatalf("outcomes = %+v, %v, want one", outcomes, err)
	}
	return outcomes[0]
}

func (b *bench) ticket(number int64) *helpdesk.Ticket {
	b.t.Helper()
	t, err := b.db.TicketByNumber(b.t.Context(), "support", number)
	if err != nil {
		b.t.Fatal(err)
	}
	return t
}

func (b *bench) entries(o helpdesk.Outcome) []helpdesk.Entry {
	b.t.Helper()
	entries, err := b.db.Entries(b.t.Context(), o.Account, o.Ticket)
	if err != nil {
		b.t.Fatal(err)
	}
	return entries
}

func (b *bench) entry(o helpdesk.Outcome) helpdesk.Entry {
	b.t.Helper()
	return b.entries(o)[o.Entry-1]
}

// deliveries are what goes out about a ticket, as "purpose address".
func (b *bench) deliveries(o helpdesk.Outcome) []string {
	b.t.Helper()
	all, err := b.db.Deliveries(b.t.Context(), o.Account, o.Ticket)
	if err != nil {
		b.t.Fatal(err)
	}
	var told []string
	for _, d := range all {
		told = append(told, string(d.Purpose)+" "+d.To.String())
	}
	slices.Sort(told)
	return told
}

// change writes a ticket anew, as agents would.
func (b *bench) change(number int64, how func(t *helpdesk.Ticket)) {
	b.t.Helper()
	t := b.ticket(number)
	how(t)
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Ticket: t}); err != nil {
		b.t.Fatal(err)
	}
}

// replyAddress is what a participant of a ticket answers to.
func (b *bench) replyAddress(number int64, participant uint16) string {
	b.t.Helper()
	t := b.ticket(number)
	m, _ := b.Directory.MailboxByAddress(helpdesk.MustAddress(t.Mailbox + "@acme.example"))
	token := b.Signer.ReplyToken(links.Audience(m.Audience), b.locator(t, participant))
	return t.Mailbox + "+" + token + "@acme.example"
}

func (b *bench) locator(t *helpdesk.Ticket, participant uint16) links.Reply {
	return links.Reply{Ticket: uint64(t.ID), Participant: participant, Gen: uint8(t.Participants[participant-1].LinkGen)}
}

// sentID is the Message-ID of a mail that we sent to a participant.
func (b *bench) sentID(number int64, participant uint16) string {
	b.t.Helper()
	t := b.ticket(number)
	m, _ := b.Directory.MailboxByAddress(helpdesk.MustAddress(t.Mailbox + "@acme.example"))
	return b.Signer.MessageID(links.Audience(m.Audience), b.locator(t, participant), [8]byte{1}, "acme.example")
}

const (
	alice = "Alice <alice@customer.example>"
	mary  = "Mary <mary@elsewhere.example>"
)

// mail is a plain text mail; each extra is a header field.
func mail(from, id, text string, extra ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\r\nTo: support@acme.example\r\nSubject: Order\r\nDate: Wed, 4 Mar 2026 11:59:00 +0000\r\n", from)
	if id != "" {
		fmt.Fprintf(&b, "Message-ID: %s\r\n", id)
	}
	for _, field := range extra {
		b.WriteString(field + "\r\n")
	}
	return b.String() + "\r\n" + text + "\r\n"
}

// flaky fails the first commit: before it is done, or after.
type flaky struct {
	Store
	before, after bool
}

func (f *flaky) Commit(ctx context.Context, c *helpdesk.Change) error {
	if f.before {
		f.before = false
		return helpdesk.Wrap(helpdesk.Unavailable, context.DeadlineExceeded)
	}
	err := f.Store.Commit(ctx, c)
	if f.after && err == nil {
		f.after = false
		return helpdesk.Wrap(helpdesk.Unavailable, context.DeadlineExceeded)
	}
	return err
}

// fullBlobs have no room, at the step that is named, or fail in another way.
type fullBlobs struct {
	blob.Store
	step string
	err  error // instead of having no room
}

func (f fullBlobs) fails() error { return cmp.Or(f.err, blob.ErrFull) }

func (f fullBlobs) Create(ctx context.Context, account string) (blob.Writer, error) {
	if f.step == "create" {
		return nil, f.fails()
	}
	w, err := f.Store.Create(ctx, account)
	return fullWriter{w, f}, err
}

type fullWriter struct {
	blob.Writer
	fullBlobs
}

func (w fullWriter) Write(b []byte) (int, error) {
	if w.step == "write" {
		return 0, w.fails()
	}
	return w.Writer.Write(b)
}

func (w fullWriter) Commit(ctx context.Context) (blob.Ref, error) {
	if w.step == "commit" {
		return blob.Ref{}, w.fails()
	}
	return w.Writer.Commit(ctx)
}
