package actions

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// ExportContact writes all that is held of a person as a zip: who they are, their
// requests with files and mails as they came, what they said in the requests of
// others, and held mail. What agents noted among themselves stands apart, so that
// whoever hands it over can look at it first. Requests and mail that who asks may not see
// are left out. It begins when the audit log has it, and ends when they may no more.
func (d *Desk) ExportContact(ctx context.Context, by Actor, id helpdesk.ID, w io.Writer) error {
	if err := by.may(helpdesk.ExportData); err != nil {
		return err
	}
	c, err := d.liveContact(ctx, by.Account, id)
	if err != nil {
		return err
	}
	change := &helpdesk.Change{Account: by.Account, Audit: []helpdesk.AuditRecord{d.audit(by, "contact.export", contactSubject(c.ID))}}
	if err := d.store.Commit(ctx, change); err != nil {
		return err
	}
	d.log.InfoContext(ctx, "data of contact exported", "account", by.Account, "contact", c.ID, "by", by.author().ID)
	x := &export{desk: d, by: by, account: by.Account, person: helpdesk.NewPerson(c), to: zip.NewWriter(w), at: d.now(), seen: map[string]bool{}}
	if err := x.all(ctx, c); err != nil {
		return fmt.Errorf("export contact: %w", err)
	}
	return x.to.Close()
}

// export is one that is being written.
type export struct {
	desk    *Desk
	by      Actor
	account string
	person  *helpdesk.Person
	to      *zip.Writer
	at      time.Time
	seen    map[string]bool // names in the zip
}

const exportReadme = `This is what is held of one person.

contact.json              who they are, how they sign in, and where they are signed in
requests/N/request.json   a request that they asked for or take part in
requests/N/thread.json    what was said in it; of requests of others only what they said
requests/N/internal.json  what agents noted, and events: look at it before you hand it over
requests/N/files/         files of those messages; .eml is a mail as it came
held.json, held/          mail of theirs that waits for a decision, or was decided
`

func (x *export) all(ctx context.Context, c *helpdesk.Contact) error {
	if err := x.text("README.txt", exportReadme); err != nil {
		return err
	}
	if err := x.contact(ctx, c); err != nil {
		return err
	}
	tickets, err := x.desk.store.Naming(ctx, x.account, x.person.Needles())
	if err != nil {
		return err
	}
	for _, id := range tickets {
		if err := x.ticket(ctx, id); err != nil {
			return err
		}
	}
	return x.held(ctx)
}

func (x *export) text(name, text string) error {
	w, err := x.create(name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

func (x *export) create(name string) (io.Writer, error) {
	return x.to.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: x.at})
}

func (x *export) json(name string, value any) error {
	w, err := x.create(name)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

// exportedContact leaves out what would let somebody in.
type exportedContact struct {
	ID        helpdesk.ID               `json:"id"`
	Name      string                    `json:"name,omitempty"`
	Addresses []helpdesk.ContactAddress `json:"addresses"`
	Created   time.Time                 `json:"created"`
	Fields    map[string]string         `json:"fields,omitempty"`
	Blocked   *time.Time                `json:"blocked,omitempty"`
	Deleted   *time.Time                `json:"deleted,omitempty"`
	Invited   *time.Time                `json:"invited,omitempty"`
	SignIn    *exportedSignIn           `json:"signIn,omitempty"`
}

type exportedSignIn struct {
	Since    time.Time          `json:"since"`
	Password bool               `json:"password"`
	Locale   string             `json:"locale,omitempty"`
	Issuers  []helpdesk.Subject `json:"issuers,omitempty"`
	Sessions []exportedSession  `json:"sessions,omitempty"`
}

type exportedSession struct {
	How     string    `json:"how"`
	Browser string    `json:"browser,omitempty"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
}

func (x *export) contact(ctx context.Context, c *helpdesk.Contact) error {
	out := exportedContact{ID: c.ID, Name: c.Name, Addresses: c.Addresses, Created: c.Created, Fields: c.Fields}
	if c.Blocked != nil {
		out.Blocked = &c.Blocked.At
	}
	if c.Deleted != nil {
		out.Deleted = &c.Deleted.At
	}
	if c.Invitation != nil {
		out.Invited = &c.Invitation.At
	}
	if s := c.SignIn; s != nil {
		out.SignIn = &exportedSignIn{Since: s.Since, Password: s.Password != "", Locale: s.Locale, Issuers: s.Subjects}
		sessions, err := x.desk.store.CustomerSessions(ctx, x.account, c.ID)
		if err != nil {
			return err
		}
		for _, one := range sessions {
			out.SignIn.Sessions = append(out.SignIn.Sessions, exportedSession{How: one.How, Browser: one.Browser, Created: one.Created, Expires: one.Expires})
		}
	}
	return x.json("contact.json", out)
}

// exportedRequest is the head without what is about others.
type exportedRequest struct {
	Number     int64                `json:"number"`
	Subject    string               `json:"subject"`
	Status     helpdesk.Status      `json:"status"`
	HelpCenter string               `json:"helpCenter,omitempty"`
	Mailbox    string               `json:"mailbox"`
	Opened     time.Time            `json:"opened"`
	Updated    time.Time            `json:"updated"`
	Role       helpdesk.Role        `json:"role,omitempty"` // of the person; "" if they take no part
	Tags       []string             `json:"tags,omitempty"`
	Fields     map[string]string    `json:"fields,omitempty"`
	Form       *helpdesk.FormAnswer `json:"form,omitempty"`
}

func (x *export) ticket(ctx context.Context, id helpdesk.TicketID) error {
	t, err := x.desk.store.Ticket(ctx, x.account, id)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if x.by, err = x.desk.still(ctx, x.by, helpdesk.ExportData); err != nil || !x.by.sees(t) {
		return err
	}
	entries, err := x.desk.entries(ctx, x.account, id)
	if err != nil {
		return err
	}
	asked := x.person.Asked(t)
	head := exportedRequest{Number: t.Number, Subject: t.Subject, Status: t.Status, HelpCenter: t.HelpCenter, Mailbox: t.Mailbox, Opened: t.Opened, Updated: t.Updated}
	for i := range t.Participants {
		if p := &t.Participants[i]; x.person.Is(p.Contact, p.Address) && head.Role != helpdesk.Requester {
			head.Role = p.Role
		}
	}
	if asked {
		head.Tags, head.Fields, head.Form = t.Tags, t.Fields, t.Form
	}
	var thread, internal []exportedEntry
	folder := fmt.Sprintf("requests/%d", t.Number)
	for i := range entries {
		e := &entries[i]
		mine := x.person.Wrote(e)
		switch {
		case mine || asked && e.Public():
			thread = append(thread, newExportedEntry(e))
		case asked:
			internal = append(internal, newExportedEntry(e))
		default:
			continue
		}
		if err := x.files(ctx, folder+"/files", fmt.Sprint(e.Seq), e.Attachments, e.Raw); err != nil {
			return err
		}
	}
	if head.Role == "" && len(thread) == 0 {
		return nil // it only names them
	}
	if err := x.json(folder+"/request.json", head); err != nil {
		return err
	}
	if err := x.json(folder+"/thread.json", thread); err != nil || len(internal) == 0 {
		return err
	}
	return x.json(folder+"/internal.json", internal)
}

type exportedEntry struct {
	Seq    int                `json:"seq"`
	Kind   helpdesk.EntryKind `json:"kind"`
	By     helpdesk.Author    `json:"by"`
	At     time.Time          `json:"at"`
	Text   string             `json:"text"`
	Quoted string             `json:"quoted,omitempty"`
	Files  []string           `json:"files,omitempty"`
}

func newExportedEntry(e *helpdesk.Entry) exportedEntry {
	out := exportedEntry{Seq: e.Seq, Kind: e.Kind, By: e.Author, At: e.At, Text: e.Text, Quoted: e.Quoted}
	if e.Author.Role == helpdesk.AgentAs {
		out.By.Address = helpdesk.Address{} // an agent's own is nobody's to have
	}
	for _, a := range e.Attachments {
		out.Files = append(out.Files, a.Name)
	}
	return out
}

// files copies what an entry names.
func (x *export) files(ctx context.Context, folder, prefix string, files []helpdesk.Attachment, raw string) error {
	for i, a := range files {
		if err := x.blob(ctx, fmt.Sprintf("%s/%s-%d-%s", folder, prefix, i+1, path.Base("/"+a.Name)), a.Blob); err != nil {
			return err
		}
	}
	if raw == "" {
		return nil
	}
	return x.blob(ctx, folder+"/"+prefix+".eml", raw)
}

func (x *export) blob(ctx context.Context, name, hash string) error {
	h, err := blob.ParseHash(hash)
	if err != nil || x.seen[name] {
		return nil
	}
	x.seen[name] = true
	r, err := x.desk.blobs.Open(ctx, x.account, h)
	if errors.Is(err, blob.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := x.create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return err
}

type exportedHeld struct {
	ID      helpdesk.ID `json:"id"`
	At      time.Time   `json:"at"`
	Subject string      `json:"subject"`
	Text    string      `json:"text"`
	Number  int64       `json:"request,omitempty"`
}

func (x *export) held(ctx context.Context) error {
	items, err := x.desk.store.HeldNaming(ctx, x.account, x.person.Needles())
	if err == nil {
		items, err = x.desk.heldSeen(ctx, x.by, items)
	}
	if err != nil {
		return err
	}
	var out []exportedHeld
	for i := range items {
		h := &items[i]
		if !x.person.Has(h.From) {
			continue
		}
		out = append(out, exportedHeld{ID: h.ID, At: h.At, Subject: h.Subject, Text: h.Text, Number: h.Number})
		var files []helpdesk.Attachment
		if h.Entry != nil {
			files = h.Entry.Attachments
		}
		if err := x.files(ctx, "held", string(h.ID), files, h.Raw); err != nil {
			return err
		}
	}
	if len(out) == 0 {
		return nil
	}
	return x.json("held.json", out)
}
