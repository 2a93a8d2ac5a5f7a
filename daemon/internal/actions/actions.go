// Package actions is what people do: submit, look, reply, note, set a status.
//
// Each act checks who may do it and commits one transaction. Portal, console,
// command line and whatever comes after them all go through here, so a rule
// stands in one place.
package actions

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Store is what the acts ask of the database.
type Store interface {
	Lookup(ctx context.Context, account string, q store.Query) (*store.Found, error)
	Ticket(ctx context.Context, account string, id helpdesk.TicketID) (*helpdesk.Ticket, error)
	TicketByNumber(ctx context.Context, account string, number int64) (*helpdesk.Ticket, error)
	TicketNumbered(ctx context.Context, account string, number int64) (helpdesk.TicketID, error)
	Tickets(ctx context.Context, account string, before int64, limit int) ([]helpdesk.Ticket, error)
	Entries(ctx context.Context, account string, id helpdesk.TicketID) ([]helpdesk.Entry, error)
	Entry(ctx context.Context, account string, id helpdesk.TicketID, seq int) (*helpdesk.Entry, error)
	Listed(ctx context.Context, account string, ids []helpdesk.TicketID, entries int) ([]store.Listed, error)
	DeskRows(ctx context.Context, account string, agent helpdesk.ID, ids []helpdesk.TicketID) ([]store.DeskRow, error)
	TicketLook(ctx context.Context, account string, id helpdesk.TicketID) (int64, error)
	FailedCount(ctx context.Context, account string) (int, error)
	Deliveries(ctx context.Context, account string, id helpdesk.TicketID) ([]helpdesk.Delivery, error)
	Outbox(ctx context.Context, account string, failed bool, after helpdesk.ID, limit int) (found []helpdesk.Delivery, next helpdesk.ID, err error)
	Outgoing(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Delivery, error)
	Held(ctx context.Context, account string, decided bool, limit int) ([]helpdesk.HeldItem, error)
	HeldCount(ctx context.Context, account string) (int, error)
	HeldItem(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.HeldItem, error)
	Agent(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Agent, error)
	AgentByAddress(ctx context.Context, account string, a helpdesk.Address) (*helpdesk.Agent, error)
	Agents(ctx context.Context, account string) ([]helpdesk.Agent, error)
	Role(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.DeskRole, error)
	Roles(ctx context.Context, account string) ([]helpdesk.DeskRole, error)
	Teams(ctx context.Context, account string) ([]helpdesk.Team, error)
	AgentsWhoSee(ctx context.Context, account string, t *helpdesk.Ticket) ([]helpdesk.Agent, error)
	Customers
	Erasable
	ContactsByID(ctx context.Context, account string, ids []helpdesk.ID) ([]helpdesk.Contact, error)
	PutSession(ctx context.Context, account, hash string, session helpdesk.Session) error
	Session(ctx context.Context, account, hash string, now time.Time) (*helpdesk.Session, error)
	EndSession(ctx context.Context, account, hash string) error
	ChangeSession(ctx context.Context, account, hash string, session helpdesk.Session) error
	Sessions(ctx context.Context, account string) ([]helpdesk.Session, error)
	EndSessions(ctx context.Context, account string, ends func(helpdesk.Session) bool) error
	Record(ctx context.Context, account string, kind helpdesk.RecordKind, id string, into any) (rev int64, err error)
	Records(ctx context.Context, account string, kind helpdesk.RecordKind, under, after string, limit int) (found []helpdesk.StoredRecord, next string, err error)
	NewestRecords(ctx context.Context, account string, kind helpdesk.RecordKind, under, from, before string, limit int) ([]helpdesk.StoredRecord, error)
	Audit(ctx context.Context, account string, from int64, newest bool, limit int) ([]helpdesk.AuditRecord, error)
	AuditHead(ctx context.Context, account string) (helpdesk.AuditHead, error)
	NextNumber(ctx context.Context, account string) (int64, error)
	// Commit writes all of a change or nothing; Conflict asks to decide anew.
	Commit(ctx context.Context, c *helpdesk.Change) error
}

// Directory knows what is declared now.
type Directory interface {
	Mailbox(account, name string) (helpdesk.Mailbox, bool)
	MailboxByAddress(a helpdesk.Address) (helpdesk.Mailbox, bool)
	HelpCenter(account, name string) (helpdesk.HelpCenter, bool)
	// HelpCenters and Mailboxes are those of all accounts.
	HelpCenters() []helpdesk.HelpCenter
	Mailboxes() []helpdesk.Mailbox
}

// Desk does the acts. All fields must be set; make it with New.
type Desk struct {
	store     Store
	blobs     blob.Store
	directory Directory
	signer    *links.Signer
	planner   *outbound.Planner
	issuers   Issuers
	log       *slog.Logger
	now       func() time.Time
	passwords *passwords
	tries     *tries
	codes     *tries // of second factors
	refusals  *tries // that are told in the audit log
	sealer    Sealer
	asked     chan asked
	mails     *semaphore.Weighted // bytes of mails that are read again
	lists     Lists
	roster    Roster
	erasures  chan erasure // that were just asked for
	words     Words
	searches  *semaphore.Weighted
	vault     Vault
	exports   *semaphore.Weighted
}

// Options of a Desk. All must be set.
type Options struct {
	Store     Store
	Blobs     blob.Store
	Directory Directory
	Signer    *links.Signer
	Planner   *outbound.Planner
	Issuers   Issuers
	Sealer    Sealer
	Lists     Lists
	Roster    Roster
	Vault     Vault // of secrets of hooks; nil where there are none
	Words     Words
	Log       *slog.Logger
	Now       func() time.Time
}

// New makes a Desk.
func New(o Options) *Desk {
	d := &Desk{
		blobs: o.Blobs, directory: o.Directory, signer: o.Signer, planner: o.Planner, issuers: o.Issuers, log: o.Log, now: o.Now,
		lists: o.Lists, roster: o.Roster, erasures: make(chan erasure, erasuresRoom), words: o.Words, searches: semaphore.NewWeighted(searches), exports: semaphore.NewWeighted(exportsAtOnce),
		passwords: newPasswords(), tries: newTries(triesBurst, triesEvery), codes: newTries(codeBurst, codeEvery), refusals: newTries(refusalBurst, refusalEvery), sealer: o.Sealer, asked: make(chan asked, askedRoom), mails: semaphore.NewWeighted(mailMemory),
	}
	d.store, d.vault = onceStore{o.Store, d}, o.Vault
	return d
}
