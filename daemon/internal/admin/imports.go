package admin

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Import takes a mail of an archive in, or tells what would become of it.
type Import func(ctx context.Context, a helpdesk.Archived) (helpdesk.Outcome, error)

// Imported is what became of one mail.
type Imported struct {
	Outcome helpdesk.Outcome `json:"outcome"`
	Refused string           `json:"refused,omitempty"` // why it was not taken, in words
}

// ImportsAtOnce is how many mails of archives are taken in at the same time, of all
// commands together. Mail that comes now shares the disk with them: with more
// it would wait longer, and the archive would hardly be done sooner.
const ImportsAtOnce = 8

func (s *socket) importMail(w http.ResponseWriter, r *http.Request) {
	select {
	case s.importing <- struct{}{}:
		defer func() { <-s.importing }()
	case <-r.Context().Done():
		return
	}
	// Whoever still writes when the answer comes may never read it.
	defer func() { _, _ = io.Copy(io.Discard, r.Body) }()
	a, err := readArchived(r)
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	outcome, err := s.imports(r.Context(), a)
	switch helpdesk.KindOf(err) {
	case helpdesk.Refused, helpdesk.TooLarge, helpdesk.Loop:
		s.answer(w, r, Imported{Refused: helpdesk.Public(err)}, nil)
		return
	}
	s.answer(w, r, Imported{Outcome: outcome}, err)
}

// readArchived reads what is said about the mail. The body is the mail itself, so
// that nobody holds it in memory as a whole.
func readArchived(r *http.Request) (helpdesk.Archived, error) {
	a := helpdesk.Archived{Account: r.PathValue("account"), Mailbox: r.PathValue("mailbox"), Raw: r.Body, Look: r.FormValue("look") != ""}
	h := &a.History
	var err error
	if h.Status, err = helpdesk.ParseStatus(r.FormValue("status")); err != nil {
		return a, err
	}
	if h.At, err = time.Parse(time.RFC3339, r.FormValue("at")); err != nil {
		return a, helpdesk.Errorf(helpdesk.Invalid, "%q is not a time", r.FormValue("at"))
	}
	h.Sent, h.OwnFile = r.FormValue("sent") != "", r.FormValue("file") != ""
	for _, one := range r.Form["ours"] {
		address, err := helpdesk.ParseAddress(one)
		if err != nil {
			return a, helpdesk.Wrap(helpdesk.Invalid, err)
		}
		h.Ours = append(h.Ours, address)
	}
	return a, nil
}

// Import sends one mail of an archive.
func (c *Client) Import(ctx context.Context, a helpdesk.Archived) (Imported, error) {
	q := url.Values{"status": {string(a.History.Status)}, "at": {a.History.At.Format(time.RFC3339)}}
	if a.Look {
		q.Set("look", "1")
	}
	if a.History.Sent {
		q.Set("sent", "1")
	}
	if a.History.OwnFile {
		q.Set("file", "1")
	}
	for _, address := range a.History.Ours {
		q.Add("ours", address.String())
	}
	path := "/accounts/" + url.PathEscape(a.Account) + "/mailboxes/" + url.PathEscape(a.Mailbox) + "/archive?" + q.Encode()
	var out Imported
	err := c.send(ctx, http.MethodPost, path, io.NopCloser(a.Raw), &out)
	return out, err
}
