package admin

import (
	"context"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Mailbox is a declared mailbox and how its mail comes in.
type Mailbox struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	Address string `json:"address"`
	Inbound string `json:"inbound"` // SMTP or IMAP

	Server string         `json:"server,omitempty"` // of one that is polled
	Polled bool           `json:"polled,omitempty"` // some replica does that now
	Poll   *helpdesk.Poll `json:"poll,omitempty"`
}

// Mailboxes lists those of an account.
type Mailboxes func(ctx context.Context, account string) ([]Mailbox, error)

func (s *socket) listMailboxes(w http.ResponseWriter, r *http.Request) {
	boxes, err := s.mailboxes(r.Context(), r.PathValue("account"))
	if boxes == nil {
		boxes = []Mailbox{}
	}
	s.answer(w, r, boxes, err)
}
