package admin

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// listHeld tells the mails that wait; with "all", those that were decided too.
func (s *socket) listHeld(w http.ResponseWriter, r *http.Request) {
	items, err := s.desk.Held(r.Context(), operator(r))
	if err == nil && r.FormValue("all") != "" {
		var decided []helpdesk.HeldItem
		decided, err = s.desk.HeldDecided(r.Context(), operator(r))
		items = append(items, decided...)
	}
	if items == nil {
		items = []helpdesk.HeldItem{}
	}
	s.answer(w, r, items, err)
}

func (s *socket) showHeld(w http.ResponseWriter, r *http.Request) {
	item, err := s.desk.HeldItem(r.Context(), operator(r), r.PathValue("id"))
	s.answer(w, r, item, err)
}

// Verdict is what the command line decides about a held mail.
type Verdict struct {
	Verdict helpdesk.Verdict `json:"verdict"`
}

func (s *socket) decideHeld(w http.ResponseWriter, r *http.Request) {
	var in Verdict
	if !s.read(w, r, &in) {
		return
	}
	made, err := s.desk.DecideHeld(r.Context(), operator(r), r.PathValue("id"), in.Verdict)
	s.answer(w, r, made, err)
}

// Person is somebody whom the command line adds to a ticket, takes off its
// suggestions, or lets write again.
type Person struct {
	Address string `json:"address"`
	Name    string `json:"name,omitempty"`
	History bool   `json:"history,omitempty"` // may read what was written before
}

func (s *socket) unblock(w http.ResponseWriter, r *http.Request) {
	var in Person
	if s.read(w, r, &in) {
		s.answer(w, r, in, s.desk.LiftSpam(r.Context(), operator(r), in.Address))
	}
}

func (s *socket) addParticipant(w http.ResponseWriter, r *http.Request) {
	var in Person
	number, ok := s.number(w, r, "number")
	if ok && s.read(w, r, &in) {
		s.answer(w, r, in, s.desk.AddParticipant(r.Context(), operator(r), number, in.Address, in.Name, in.History))
	}
}

func (s *socket) dismissSuggestion(w http.ResponseWriter, r *http.Request) {
	var in Person
	number, ok := s.number(w, r, "number")
	if ok && s.read(w, r, &in) {
		s.answer(w, r, in, s.desk.DismissSuggestion(r.Context(), operator(r), number, in.Address))
	}
}

func (s *socket) removeParticipant(w http.ResponseWriter, r *http.Request) {
	number, ok := s.number(w, r, "number")
	if !ok {
		return
	}
	participant, err := strconv.ParseUint(r.PathValue("participant"), 10, 16)
	if err != nil {
		err = helpdesk.Errorf(helpdesk.Invalid, "%q is not the number of a participant", r.PathValue("participant"))
	} else {
		err = s.desk.RemoveParticipant(r.Context(), operator(r), number, uint16(participant))
	}
	s.answer(w, r, struct{}{}, err)
}

func (s *socket) releaseEntry(w http.ResponseWriter, r *http.Request) {
	number, ok := s.number(w, r, "number")
	if !ok {
		return
	}
	entry, ok := s.number(w, r, "entry")
	if ok {
		s.answer(w, r, struct{}{}, s.desk.Release(r.Context(), operator(r), number, int(entry)))
	}
}

// number reads a number of the address, or answers that it is none.
func (s *socket) number(w http.ResponseWriter, r *http.Request, name string) (int64, bool) {
	n, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil || n < 1 {
		s.answer(w, r, nil, helpdesk.Errorf(helpdesk.Invalid, "%q is not a number", r.PathValue(name)))
		return 0, false
	}
	return n, true
}

// read reads a small request, or answers that it can't be read.
func (s *socket) read(w http.ResponseWriter, r *http.Request, in any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(in); err != nil {
		s.answer(w, r, nil, helpdesk.Errorf(helpdesk.Invalid, "the request can't be read"))
		return false
	}
	return true
}
