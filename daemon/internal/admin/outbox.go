package admin

import (
	"net/http"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// Outbox is what the command line reads of mail that waits or was given up.
type Outbox struct {
	Relays     []outbound.RelayState `json:"relays"` // of all accounts
	Deliveries []Outgoing            `json:"deliveries"`
	Next       helpdesk.ID           `json:"next,omitempty"` // where the list goes on
}

// Outgoing is a delivery that waits or was given up.
type Outgoing struct {
	Delivery
	Number  int64     `json:"number,omitempty"` // of its ticket
	Mailbox string    `json:"mailbox"`
	Relay   string    `json:"relay,omitempty"`
	Created time.Time `json:"created"`
	Since   time.Time `json:"since,omitzero"` // when somebody had it tried anew
	Sending bool      `json:"sending"`        // somebody has it at this moment
}

// Retrying is what is to be tried again, and then how many that are.
type Retrying struct {
	Relay string `json:"relay,omitempty"` // host, or host and port
	Tried int    `json:"tried"`
}

// listOutbox tells what waits, or with state=failed what was given up.
func (s *socket) listOutbox(w http.ResponseWriter, r *http.Request) {
	state := r.FormValue("state")
	if state != "waiting" && state != "failed" {
		s.answer(w, r, nil, helpdesk.Errorf(helpdesk.Invalid, "%q is not waiting or failed", state))
		return
	}
	list, next, err := s.desk.Outbox(r.Context(), operator(r), state == "failed", helpdesk.ID(r.FormValue("after")))
	out := Outbox{Relays: s.relays(), Deliveries: make([]Outgoing, len(list)), Next: next}
	for i := range list {
		out.Deliveries[i] = viewOutgoing(&list[i])
	}
	s.answer(w, r, out, err)
}

func (s *socket) showOutgoing(w http.ResponseWriter, r *http.Request) {
	o, err := s.desk.Outgoing(r.Context(), operator(r), r.PathValue("id"))
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	s.answer(w, r, viewOutgoing(o), nil)
}

func (s *socket) changeOutgoing(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	var err error
	switch r.PathValue("act") {
	case "retry":
		err = s.desk.TryAgain(r.Context(), operator(r), id)
	case "drop":
		err = s.desk.Drop(r.Context(), operator(r), id)
	default:
		err = helpdesk.Errorf(helpdesk.NotFound, "there is no such command")
	}
	s.answer(w, r, Retrying{Tried: 1}, err)
}

func (s *socket) retryRelay(w http.ResponseWriter, r *http.Request) {
	var in Retrying
	if !s.read(w, r, &in) {
		return
	}
	if in.Relay == "" {
		s.answer(w, r, nil, helpdesk.Errorf(helpdesk.Invalid, "name a relay"))
		return
	}
	var err error
	in.Tried, err = s.desk.TryRelay(r.Context(), operator(r), in.Relay)
	s.answer(w, r, in, err)
}

func viewOutgoing(o *actions.Outgoing) Outgoing {
	x := &o.Delivery
	return Outgoing{
		Delivery: viewDeliveries(0, []helpdesk.Delivery{*x})[0], Number: o.Number, Mailbox: x.Mailbox, Relay: o.Relay,
		Created: x.Created, Since: x.Since, Sending: x.Claimed(time.Now()),
	}
}
