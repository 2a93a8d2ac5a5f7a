package admin

import (
	"context"
	"net/http"
	"net/url"

	"github.com/posterndesk/postern/daemon/internal/doctor"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// About is what a running daemon was started with, as far as a doctor needs it.
type About struct {
	Hostname string `json:"hostname"`
	Secrets  string `json:"secrets"` // folder
	DNS      string `json:"dns,omitempty"`
	SMTP     string `json:"smtp"` // where it listens
	// What is served: it may differ from what is declared by now.
	HelpCenters []doctor.Center    `json:"helpCenters"`
	Mailboxes   []helpdesk.Mailbox `json:"mailboxes"`
}

// Surgery is what a doctor needs of the daemon that runs.
type Surgery interface {
	doctor.Hands
	doctor.Prober
	About() About
}

// handleSurgery adds the doctor's ways in.
func (s *socket) handleSurgery(mux *http.ServeMux) {
	mux.HandleFunc("GET /about", func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, s.surgery.About(), nil) })
	for act, do := range map[string]func(ctx context.Context, account, mailbox, messageID string) (any, error){
		"relay": func(ctx context.Context, account, mailbox, _ string) (any, error) {
			return s.surgery.TryRelay(ctx, account, mailbox)
		},
		"imap": func(ctx context.Context, account, mailbox, _ string) (any, error) {
			return s.surgery.TryIMAP(ctx, account, mailbox)
		},
		"send": func(ctx context.Context, account, mailbox, _ string) (any, error) {
			return s.surgery.SendProbe(ctx, account, mailbox)
		},
		"find": func(ctx context.Context, account, mailbox, messageID string) (any, error) {
			return s.surgery.FindProbe(ctx, account, mailbox, messageID)
		},
		"end": func(ctx context.Context, account, mailbox, messageID string) (any, error) {
			return struct{}{}, s.surgery.EndProbe(ctx, account, mailbox, messageID)
		},
	} {
		mux.HandleFunc("POST /accounts/{account}/mailboxes/{mailbox}/"+act, func(w http.ResponseWriter, r *http.Request) {
			value, err := do(r.Context(), r.PathValue("account"), r.PathValue("mailbox"), r.FormValue("messageID"))
			s.answer(w, r, value, err)
		})
	}
}

// Remote asks a running daemon for what a doctor needs.
type Remote struct{ *Client }

// About asks what it was started with.
func (c Remote) About(ctx context.Context) (about About, err error) {
	err = c.Get(ctx, "/about", &about)
	return about, err
}

// TryRelay implements [doctor.Hands].
func (c Remote) TryRelay(ctx context.Context, account, mailbox string) (t doctor.Trial, err error) {
	err = c.act(ctx, account, mailbox, "relay", "", &t)
	return t, err
}

// TryIMAP implements [doctor.Hands].
func (c Remote) TryIMAP(ctx context.Context, account, mailbox string) (t doctor.Trial, err error) {
	err = c.act(ctx, account, mailbox, "imap", "", &t)
	return t, err
}

// SendProbe implements [doctor.Prober].
func (c Remote) SendProbe(ctx context.Context, account, mailbox string) (sent doctor.Sent, err error) {
	err = c.act(ctx, account, mailbox, "send", "", &sent)
	return sent, err
}

// FindProbe implements [doctor.Prober].
func (c Remote) FindProbe(ctx context.Context, account, mailbox, messageID string) (landed doctor.Landed, err error) {
	err = c.act(ctx, account, mailbox, "find", messageID, &landed)
	return landed, err
}

// EndProbe implements [doctor.Prober].
func (c Remote) EndProbe(ctx context.Context, account, mailbox, messageID string) error {
	return c.act(ctx, account, mailbox, "end", messageID, &struct{}{})
}

func (c Remote) act(ctx context.Context, account, mailbox, act, messageID string, out any) error {
	path := "/accounts/" + url.PathEscape(account) + "/mailboxes/" + url.PathEscape(mailbox) + "/" + act
	return c.Post(ctx, path+"?"+url.Values{"messageID": {messageID}}.Encode(), struct{}{}, out)
}
