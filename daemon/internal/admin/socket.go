package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// Desk is what the command line can do.
type Desk interface {
	Audit
	ResetSecond(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	Tickets(ctx context.Context, by actions.Actor, before int64, limit int) ([]helpdesk.Ticket, error)
	Ticket(ctx context.Context, by actions.Actor, number int64) (*actions.Detail, error)
	Merge(ctx context.Context, by actions.Actor, from, into int64) error
	Unmerge(ctx context.Context, by actions.Actor, number int64) error
	Split(ctx context.Context, by actions.Actor, number int64, seq int, subject string) (int64, error)
	Unsplit(ctx context.Context, by actions.Actor, number int64) (int64, error)
	Held(ctx context.Context, by actions.Actor) ([]helpdesk.HeldItem, error)
	HeldDecided(ctx context.Context, by actions.Actor) ([]helpdesk.HeldItem, error)
	HeldItem(ctx context.Context, by actions.Actor, id string) (*helpdesk.HeldItem, error)
	DecideHeld(ctx context.Context, by actions.Actor, id string, verdict helpdesk.Verdict) (*helpdesk.Decision, error)
	LiftSpam(ctx context.Context, by actions.Actor, address string) error
	Release(ctx context.Context, by actions.Actor, number int64, seq int) error
	AddParticipant(ctx context.Context, by actions.Actor, number int64, address, name string, history bool) error
	RemoveParticipant(ctx context.Context, by actions.Actor, number int64, participant uint16) error
	DismissSuggestion(ctx context.Context, by actions.Actor, number int64, address string) error
	Outbox(ctx context.Context, by actions.Actor, failed bool, after helpdesk.ID) (list []actions.Outgoing, next helpdesk.ID, err error)
	Outgoing(ctx context.Context, by actions.Actor, id string) (*actions.Outgoing, error)
	TryAgain(ctx context.Context, by actions.Actor, id string) error
	TryRelay(ctx context.Context, by actions.Actor, relay string) (int, error)
	Drop(ctx context.Context, by actions.Actor, id string) error
	Agents(ctx context.Context, by actions.Actor) ([]helpdesk.Agent, error)
	Roles(ctx context.Context, by actions.Actor) ([]helpdesk.DeskRole, error)
	AddAgent(ctx context.Context, by actions.Actor, in actions.NewAgent) (*helpdesk.Agent, string, error)
	ContactDetail(ctx context.Context, by actions.Actor, idOrAddress string) (*actions.ContactDetail, error)
	InviteContact(ctx context.Context, by actions.Actor, in actions.Invitation) (*actions.Invited, error)
	Contacts
	SetAgent(ctx context.Context, by actions.Actor, address string, in actions.AgentChange) (*helpdesk.Agent, error)
	SearchState(ctx context.Context, by actions.Actor) (*actions.SearchState, error)
	RebuildSearch(ctx context.Context, by actions.Actor) error
}

// Explain tells what would become of a mail that came by a path.
type Explain func(ctx context.Context, m Mail) ([]helpdesk.Expectation, error)

// SocketName is the socket's name in the daemon's folder.
const SocketName = "admin.sock"

// Listen makes the socket in dir. Whoever may enter the folder is the operator:
// the folder's mode is the only lock.
func Listen(dir string) (net.Listener, error) {
	path, done, err := socketPath(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	// The folder is locked by us, so a socket that is there is a dead one.
	if err := os.Remove(filepath.Join(dir, SocketName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove old admin socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open admin socket: %w", err)
	}
	// The name may lead through a descriptor that is another folder's by the time
	// of Close. A dead socket is removed by the next Listen.
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	return l, nil
}

// Ways are what the command line is let to.
type Ways struct {
	Desk     Desk
	Explain  Explain
	Import   Import
	Surgery  Surgery
	Accounts func() []string
	Relays   func() []outbound.RelayState
	Log      *slog.Logger

	Mailboxes Mailboxes
	Centers   Centers

	Configuration func() Configuration
	Manifests     func(account string) ([]byte, error)
}

// Socket answers the command line.
func Socket(w Ways) http.Handler {
	s := &socket{
		desk: w.Desk, explain: w.Explain, imports: w.Import, surgery: w.Surgery, accounts: w.Accounts, relays: w.Relays, mailboxes: w.Mailboxes, centers: w.Centers, log: w.Log,
		configuration: w.Configuration, manifests: w.Manifests,
		importing: make(chan struct{}, ImportsAtOnce),
	}
	mux := http.NewServeMux()
	s.handleSurgery(mux)
	s.handleAudit(mux)
	mux.HandleFunc("GET /accounts", s.listAccounts)
	mux.HandleFunc("GET /accounts/{account}/tickets", s.listTickets)
	mux.HandleFunc("GET /accounts/{account}/tickets/{number}", s.showTicket)
	mux.HandleFunc("POST /accounts/{account}/tickets/{number}/{act}", s.mergeTicket)
	mux.HandleFunc("GET /accounts/{account}/held", s.listHeld)
	mux.HandleFunc("GET /accounts/{account}/held/{id}", s.showHeld)
	mux.HandleFunc("POST /accounts/{account}/held/{id}", s.decideHeld)
	mux.HandleFunc("GET /accounts/{account}/outbox", s.listOutbox)
	mux.HandleFunc("GET /accounts/{account}/outbox/{id}", s.showOutgoing)
	mux.HandleFunc("POST /accounts/{account}/outbox", s.retryRelay)
	mux.HandleFunc("POST /accounts/{account}/outbox/{id}/{act}", s.changeOutgoing)
	mux.HandleFunc("POST /accounts/{account}/contacts/unblock", s.unblock)
	mux.HandleFunc("GET /accounts/{account}/contacts/{address}", s.showContact)
	mux.HandleFunc("POST /accounts/{account}/contacts/{address}/invite", s.inviteContact)
	s.handleContacts(mux)
	mux.HandleFunc("POST /accounts/{account}/tickets/{number}/entries/{entry}/release", s.releaseEntry)
	mux.HandleFunc("POST /accounts/{account}/tickets/{number}/participants", s.addParticipant)
	mux.HandleFunc("POST /accounts/{account}/tickets/{number}/participants/{participant}/remove", s.removeParticipant)
	mux.HandleFunc("POST /accounts/{account}/tickets/{number}/suggestions/dismiss", s.dismissSuggestion)
	mux.HandleFunc("GET /accounts/{account}/agents", s.listAgents)
	mux.HandleFunc("POST /accounts/{account}/agents", s.addAgent)
	mux.HandleFunc("POST /accounts/{account}/agents/{address}", s.setAgent)
	mux.HandleFunc("GET /accounts/{account}/mailboxes", s.listMailboxes)
	mux.HandleFunc("GET /accounts/{account}/centers", s.listCenters)
	mux.HandleFunc("GET /accounts/{account}/search", s.searchState)
	mux.HandleFunc("POST /accounts/{account}/search/rebuild", s.rebuildSearch)
	mux.HandleFunc("POST /accounts/{account}/mailboxes/{mailbox}/archive", s.importMail)
	mux.HandleFunc("POST /explain", s.explainMail)
	mux.HandleFunc("GET /configuration", s.tellConfiguration)
	mux.HandleFunc("GET /manifests", s.exportManifests)
	return mux
}

type socket struct {
	desk     Desk
	explain  Explain
	imports  Import
	surgery  Surgery
	accounts func() []string
	relays   func() []outbound.RelayState
	log      *slog.Logger

	mailboxes Mailboxes
	centers   Centers

	configuration func() Configuration
	manifests     func(account string) ([]byte, error)

	importing chan struct{} // one for each mail of an archive that is being taken in
}

func operator(r *http.Request) actions.Actor {
	return actions.Actor{Account: r.PathValue("account"), Operator: true}
}

func (s *socket) listAccounts(w http.ResponseWriter, r *http.Request) {
	accounts := s.accounts()
	if accounts == nil {
		accounts = []string{}
	}
	s.answer(w, r, accounts, nil)
}

func (s *socket) listTickets(w http.ResponseWriter, r *http.Request) {
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // 0: from the newest
	limit, err := strconv.Atoi(r.FormValue("limit"))
	if err != nil {
		limit = 100
	}
	tickets, err := s.desk.Tickets(r.Context(), operator(r), before, limit)
	views := make([]Ticket, len(tickets))
	for i := range tickets {
		views[i] = viewTicket(r.PathValue("account"), &tickets[i])
	}
	s.answer(w, r, views, err)
}

func (s *socket) showTicket(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil {
		s.answer(w, r, nil, helpdesk.Errorf(helpdesk.Invalid, "%q is not a ticket number", r.PathValue("number")))
		return
	}
	detail, err := s.desk.Ticket(r.Context(), operator(r), number)
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	s.answer(w, r, viewDetail(r.PathValue("account"), detail), nil)
}

// statuses of the socket: the command line only tells found, wrong and broken.
var statuses = map[helpdesk.Kind]int{
	helpdesk.NotFound: http.StatusNotFound,
	helpdesk.Invalid:  http.StatusBadRequest,
	helpdesk.Conflict: http.StatusConflict,
}

// problem is the body of an answer that is not a success.
type problem struct {
	Error string `json:"error"`
}

func (s *socket) answer(w http.ResponseWriter, r *http.Request, value any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		status, known := statuses[helpdesk.KindOf(err)]
		if !known {
			status = http.StatusInternalServerError
			s.log.ErrorContext(r.Context(), "command failed", "path", r.URL.Path, "error", err)
		}
		w.WriteHeader(status)
		// The operator may read the cause: it is their machine.
		value = problem{Error: err.Error()}
	}
	_ = json.NewEncoder(w).Encode(value) // the caller went away: nobody to tell
}
