package admin

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Merging is what is to become of a ticket, and then which ticket that is.
type Merging struct {
	Into    int64  `json:"into,omitempty"`    // of merge
	Entry   int    `json:"entry,omitempty"`   // of split
	Subject string `json:"subject,omitempty"` // of split; "" for the mail's own
	Number  int64  `json:"number,omitempty"`  // answer: where it goes on, is again, or is new
}

// mergeTicket merges, splits, and undoes either.
func (s *socket) mergeTicket(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil {
		s.answer(w, r, nil, helpdesk.Errorf(helpdesk.Invalid, "%q is not a ticket number", r.PathValue("number")))
		return
	}
	var in Merging
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&in); err != nil {
		s.answer(w, r, nil, helpdesk.Errorf(helpdesk.Invalid, "the request can't be read"))
		return
	}
	out := Merging{Number: number}
	switch r.PathValue("act") {
	case "merge":
		out.Number, err = in.Into, s.desk.Merge(r.Context(), operator(r), number, in.Into)
	case "unmerge":
		err = s.desk.Unmerge(r.Context(), operator(r), number)
	case "split":
		out.Number, err = s.desk.Split(r.Context(), operator(r), number, in.Entry, in.Subject)
	case "unsplit":
		out.Number, err = s.desk.Unsplit(r.Context(), operator(r), number)
	default:
		err = helpdesk.Errorf(helpdesk.NotFound, "there is no such command")
	}
	s.answer(w, r, out, err)
}
