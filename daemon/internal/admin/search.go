package admin

import (
	"net/http"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Search is the state of an account's index of searches.
type Search struct {
	Tickets int   `json:"tickets"` // that are in
	Left    int   `json:"left"`    // that have to be read yet
	Built   bool  `json:"built"`   // everything that there was has been in
	Bytes   int64 `json:"bytes"`   // on disk
}

func (s *socket) searchState(w http.ResponseWriter, r *http.Request) {
	if err := s.declared(r); err != nil {
		s.answer(w, r, nil, err)
		return
	}
	state, err := s.desk.SearchState(r.Context(), operator(r))
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	s.answer(w, r, Search{Tickets: state.Tickets, Left: state.Left, Built: state.Built, Bytes: state.Bytes}, nil)
}

func (s *socket) rebuildSearch(w http.ResponseWriter, r *http.Request) {
	err := s.declared(r)
	if err == nil {
		err = s.desk.RebuildSearch(r.Context(), operator(r))
	}
	s.answer(w, r, struct{}{}, err)
}

// declared answers NotFound if there is no such account.
func (s *socket) declared(r *http.Request) error {
	if account := r.PathValue("account"); !slices.Contains(s.accounts(), account) {
		return helpdesk.Errorf(helpdesk.NotFound, "nothing is declared for the account %q", account)
	}
	return nil
}
