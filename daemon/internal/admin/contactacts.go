package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"syscall"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Contacts is what the command line can do about contacts.
type Contacts interface {
	Contacts(ctx context.Context, by actions.Actor, q actions.ContactsQuery) (*actions.ContactsPage, error)
	BlockContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	UnblockContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	DeleteContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	RestoreContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	EraseContact(ctx context.Context, by actions.Actor, id helpdesk.ID, typed string) error
	MergeContacts(ctx context.Context, by actions.Actor, from, into helpdesk.ID) error
	ExportContact(ctx context.Context, by actions.Actor, id helpdesk.ID, w io.Writer) error
	WriteContacts(ctx context.Context, by actions.Actor, w io.Writer) error
	ImportContacts(ctx context.Context, by actions.Actor, r io.Reader, do bool) (*actions.Imported, error)
}

// ContactList is a page of contacts.
type ContactList struct {
	Contacts []Contact   `json:"contacts"`
	Total    int         `json:"total"`
	Next     helpdesk.ID `json:"next,omitempty"` // to ask for with before
}

// ContactAct is what is done to a contact.
type ContactAct struct {
	Sure string `json:"sure,omitempty"` // of erasing: the word, or an address of theirs
	Into string `json:"into,omitempty"` // of merging: an address or the id of the other one
	Done string `json:"done,omitempty"` // of an answer: the id
}

func (s *socket) handleContacts(mux *http.ServeMux) {
	mux.HandleFunc("GET /accounts/{account}/contacts", s.listContacts)
	mux.HandleFunc("POST /accounts/{account}/contacts/{address}/{act}", s.actOnContact)
	mux.HandleFunc("POST /accounts/{account}/contacts/{address}/export", s.exportContact)
	mux.HandleFunc("POST /accounts/{account}/contacts/export", s.writeContacts)
	mux.HandleFunc("POST /accounts/{account}/contacts/import", s.importContacts)
}

func (s *socket) listContacts(w http.ResponseWriter, r *http.Request) {
	show := r.FormValue("show")
	page, err := s.desk.Contacts(r.Context(), operator(r), actions.ContactsQuery{
		Words: r.FormValue("q"), Blocked: show == "blocked", Deleted: show == "deleted", Before: helpdesk.ID(r.FormValue("before")),
	})
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	list := ContactList{Contacts: []Contact{}, Total: page.Total, Next: page.Older}
	for i := range page.Contacts {
		list.Contacts = append(list.Contacts, viewContact(&actions.ContactDetail{Contact: page.Contacts[i]}))
	}
	s.answer(w, r, list, nil)
}

func (s *socket) actOnContact(w http.ResponseWriter, r *http.Request) {
	var in ContactAct
	if !s.read(w, r, &in) {
		return
	}
	c, err := s.desk.ContactDetail(r.Context(), operator(r), r.PathValue("address"))
	if err == nil {
		err = s.doTo(r.Context(), operator(r), r.PathValue("act"), c.ID, in)
	}
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	s.answer(w, r, ContactAct{Done: string(c.ID)}, nil)
}

func (s *socket) doTo(ctx context.Context, by actions.Actor, act string, id helpdesk.ID, in ContactAct) error {
	switch act {
	case "block":
		return s.desk.BlockContact(ctx, by, id)
	case "unblock":
		return s.desk.UnblockContact(ctx, by, id)
	case "delete":
		return s.desk.DeleteContact(ctx, by, id)
	case "restore":
		return s.desk.RestoreContact(ctx, by, id)
	case "erase":
		return s.desk.EraseContact(ctx, by, id, in.Sure)
	case "merge":
		into, err := s.desk.ContactDetail(ctx, by, in.Into)
		if err != nil {
			return err
		}
		return s.desk.MergeContacts(ctx, by, id, into.ID)
	}
	return helpdesk.Errorf(helpdesk.NotFound, "contacts know no %q", act)
}

func (s *socket) exportContact(w http.ResponseWriter, r *http.Request) {
	c, err := s.desk.ContactDetail(r.Context(), operator(r), r.PathValue("address"))
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	s.stream(w, r, func(w io.Writer) error { return s.desk.ExportContact(r.Context(), operator(r), c.ID, w) })
}

func (s *socket) writeContacts(w http.ResponseWriter, r *http.Request) {
	s.stream(w, r, func(w io.Writer) error { return s.desk.WriteContacts(r.Context(), operator(r), w) })
}

// stream sends what is made on the way. After its first byte an error breaks the
// connection.
func (s *socket) stream(w http.ResponseWriter, r *http.Request, how func(io.Writer) error) {
	sent := &counting{Writer: w}
	switch err := how(sent); {
	case err != nil && sent.n == 0:
		s.answer(w, r, nil, err)
	case err != nil:
		s.log.ErrorContext(r.Context(), "command failed", "path", r.URL.Path, "error", err)
		panic(http.ErrAbortHandler)
	}
}

type counting struct {
	io.Writer
	n int
}

func (c *counting) Write(b []byte) (int, error) {
	c.n += len(b)
	return c.Writer.Write(b)
}

func (s *socket) importContacts(w http.ResponseWriter, r *http.Request) {
	done, err := s.desk.ImportContacts(r.Context(), operator(r), r.Body, r.FormValue("do") != "")
	s.answer(w, r, done, err)
}

// ImportContacts sends a table of contacts; without do it is only looked at.
func (c *Client) ImportContacts(ctx context.Context, path string, table io.Reader, do bool) (*actions.Imported, error) {
	if do {
		path += "?do=1"
	}
	done := &actions.Imported{}
	return done, c.send(ctx, http.MethodPost, path, table, done)
}

// Fetch copies what a POST to path answers.
func (c *Client) Fetch(ctx context.Context, path string, to io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://postern"+path, nil)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return ErrNotRunning
	}
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		var p problem
		if json.NewDecoder(resp.Body).Decode(&p) != nil || p.Error == "" {
			p.Error = "the daemon answered " + resp.Status
		}
		return &refusal{status: resp.StatusCode, words: p.Error}
	}
	_, err = io.Copy(to, resp.Body)
	return err
}
