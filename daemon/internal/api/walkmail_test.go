package api

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/hooks"
	"github.com/posterndesk/postern/daemon/internal/inbound"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// mailSteps ask for what only mail brings about; see [bench.mails].
var mailSteps = []step{
	{do: "GET /tickets/{mailed}", want: 200, save: map[string]string{"copied": "ticket.suggested.0.address", "delivery": "deliveries.0.id"}},
	{do: "POST /tickets/{mailed}/suggestions/dismiss", body: `{"address":"{copied}"}`, want: 204},
	{do: "GET /tickets/{mailed}/entries/1/html", want: 200},
	{do: "GET /tickets/{mailed}/entries/1/source", want: 200},
	{do: "POST /tickets/{mailed}/entries/{hidden}/release", want: 204},
	{do: "POST /tickets/{mailed}/entries/{second}/split", body: `{}`, want: 200, save: map[string]string{"split": "number"}},
	{do: "GET /tickets/{split}", want: 200},
	{do: "POST /tickets/{split}/unsplit", want: 200},
	{do: "POST /deliveries/{delivery}/retry", want: 204},
	{do: "POST /deliveries/{lamp}/retry", want: 404},
	{do: "GET /held", want: 200, save: map[string]string{"held": "items.0.id"}},
	{do: "GET /held/{held}", want: 200},
	{do: "GET /held/{held}/source", want: 200},
	{do: "GET /held/{held}/files/1", want: 200},
	{do: "POST /held/{held}/decision", body: `{"verdict":"perhaps"}`, want: 422},
	{do: "POST /held/{held}/decision", body: `{"verdict":"accept"}`, want: 200},
	{do: "GET /held?decided=true", want: 200},
}

// hookSteps ask for what only a program that is told brings about.
var hookSteps = []step{
	{do: "POST /hooks", body: `{"name":"Here","url":"{robot}","events":["ticket.created"]}`, want: 201, save: map[string]string{"here": "id"}},
	{do: "POST /hooks/{here}/ping", want: 204},
}

var postSteps = []step{
	{do: "GET /hooks/{here}/posts", want: 200, save: map[string]string{"post": "items.0.id"}},
	{do: "POST /hooks/{here}/posts/{post}/again", want: 204},
}

// mails takes in what the steps about mail need: a request with HTML and somebody copied, a
// second message, an answer of a program that customers don't see, and a stranger's with a
// file that is held.
func (b *bench) mails(known map[string]string) {
	b.t.Helper()
	pipeline := &inbound.Pipeline{
		Store: b.db, Blobs: b.options.Blobs, Signer: b.options.Signer, Planner: b.options.Planner, Directory: directory{}, Log: slog.New(slog.DiscardHandler), Now: b.now,
		Memory: inbound.NewMemory(1 << 20), Counts: inbound.NewCounts(), Auth: mailauth.New(mailauth.Options{Resolver: noDNS{}, Now: b.now}),
	}
	take := func(to, id, from, more, body string) helpdesk.Outcome {
		b.t.Helper()
		route, err := pipeline.Route(helpdesk.MustAddress(to))
		if err != nil {
			b.t.Fatal(err)
		}
		route.Written = to
		raw := "From: " + from + "\r\nTo: support@support.example\r\nSubject: A lamp\r\nDate: Wed, 4 Mar 2026 11:59:00 +0000\r\nMessage-ID: " + id + "\r\nMIME-Version: 1.0\r\n" + more + "\r\n" + body
		got, err := pipeline.Accept(b.t.Context(), inbound.Envelope{ID: "t1", From: helpdesk.MustAddress("x@customer.example"), Peer: "192.0.2.1", Trusted: true, To: []inbound.Recipient{route}}, strings.NewReader(raw))
		if err != nil || len(got) != 1 {
			b.t.Fatalf("taken in as %+v, %v", got, err)
		}
		return got[0]
	}
	const support, alice = "support@support.example", "Alice <alice@customer.example>"
	first := take(support, "<1@customer.example>", alice, "Cc: Carol <carol@other.example>\r\nContent-Type: text/html\r\n", "<p>Where is my <b>lamp</b>?</p>\r\n")
	second := take(support, "<2@customer.example>", alice, "In-Reply-To: <1@customer.example>\r\n", "And where is my desk?\r\n")
	box, _ := directory{}.Mailbox("support", "support")
	token := b.options.Signer.ReplyToken(links.Audience(box.Audience), links.Reply{Ticket: uint64(first.Ticket), Participant: 1, Gen: 1})
	mine := "support+" + token + "@support.example"
	hidden := take(mine, "<3@customer.example>", alice, "Auto-Submitted: auto-replied\r\n", "I am away.\r\n")
	held := take(mine, "<4@stranger.example>", "Mallory <mallory@stranger.example>", "Content-Type: multipart/mixed; boundary=x\r\n",
		"--x\r\n\r\nLet me see.\r\n--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nhello\r\n--x--\r\n")
	if first.Result != helpdesk.Created || second.Ticket != first.Ticket || hidden.Ticket != first.Ticket || held.Result != helpdesk.HeldBack {
		b.t.Fatalf("mails came to %+v, %+v, %+v and %+v", first, second, hidden, held)
	}
	known["mailed"], known["second"], known["hidden"] = fmt.Sprint(first.Number), fmt.Sprint(second.Entry), fmt.Sprint(hidden.Entry)
}

func (d directory) MailboxOfDomain(of helpdesk.Address) (helpdesk.Mailbox, bool) {
	return d.Mailbox(strings.TrimSuffix(of.Domain(), ".example"), "support")
}

func (directory) IsAlias(string, helpdesk.Address) bool { return false }

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

// robot is a program that hooks tell, and the telling of what waits for it.
func (b *bench) robot(t *testing.T, known map[string]string) (tell func()) {
	t.Helper()
	told := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		told <- struct{}{}
	}))
	t.Cleanup(server.Close)
	known["robot"] = server.URL
	teller := hooks.New(hooks.Options{
		Store: b.db, Vault: b.db.Vault([store.KeySize]byte{1}), Directory: directory{}, Accounts: func() []string { return []string{"support"} },
		Stopped: b.desk.TellHookStopped, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Log: slog.New(slog.DiscardHandler), Now: b.now,
	})
	return func() {
		teller.Tick(t.Context())
		<-told
		for waits := true; waits; { // until what came of it is written
			found, _, err := b.db.Records(t.Context(), "support", helpdesk.PostRecord, known["here"]+"/", "", 10)
			if err != nil || len(found) != 1 {
				t.Fatalf("posts: %v, %v", found, err)
			}
			waits = strings.Contains(string(found[0].Raw), `"`+string(helpdesk.PostWaits)+`"`)
		}
	}
}
