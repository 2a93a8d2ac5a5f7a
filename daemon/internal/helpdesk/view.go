package helpdesk

import (
	"slices"
	"time"
)

// CustomerView is a ticket as customers may see it. It has no field that could
// hold a note, a held item or an agent's address, so no page or mail that is
// built from it can show one.
type CustomerView struct {
	Number  int64
	Subject string
	Status  Status
	Opened  time.Time
	Updated time.Time
	Thread  []PublicMessage
	Form    []FormValue
	// ContinuedAs is the number of the ticket that this one was merged into, if
	// the viewer takes part in that; else 0.
	ContinuedAs int64
	// Follows is the number of the closed ticket that this one goes on from, if the
	// viewer takes part in that; else 0.
	Follows int64
	Merged  bool           // it goes on in another one, theirs or not
	Look    string         // see [Ticket.Look]
	People  []PublicPerson // who takes part, the requester first
}

// PublicPerson is somebody who takes part.
type PublicPerson struct {
	Number    uint16
	Name      string
	Address   string // told to the requester, and to whose it is; else ""
	Requester bool
	Mine      bool // it is the viewer
}

// PublicMessage is one message of a CustomerView.
type PublicMessage struct {
	Seq       int
	FromAgent bool
	Mine      bool // written by the viewer
	Name      string
	At        time.Time
	Text      string
	Quoted    string
	Files     []PublicFile
}

// Pictures are the files that may be shown as pictures, if their bytes say so too.
func (m *PublicMessage) Pictures() []PublicFile {
	return slices.DeleteFunc(slices.Clone(m.Files), func(f PublicFile) bool { return !f.IsPicture() })
}

// CustomerView builds what participant viewer may see in a help center. Entries
// before a collaborator joined are left out, and what would tell of them: quotes
// in later ones, and the form that began it all.
func (t *Ticket) CustomerView(viewer *Participant, entries []Entry, h HelpCenter) CustomerView {
	v := CustomerView{Number: t.Number, Subject: t.Subject, Status: t.Status, Opened: t.Opened, Updated: t.Updated, Merged: t.Merged != nil, Look: t.Look(viewer)}
	v.People = t.people(viewer)
	partly := slices.ContainsFunc(entries, func(e Entry) bool { return e.Public() && !viewer.Sees(&e) })
	if t.Form != nil && !partly {
		for _, value := range t.Form.Values {
			if h.ShowsField == nil || h.ShowsField(value.Name) {
				v.Form = append(v.Form, value)
			}
		}
	}
	places := Places(entries)
	for _, i := range order(places) {
		e := &entries[i]
		if !viewer.Sees(e) && !e.unheardOf(viewer) {
			continue
		}
		if e.Hidden && (v.Status == Pending || v.Status == Resolved) {
			v.Status = Open // as it would be if they were heard
		}
		m := PublicMessage{
			Seq: e.Seq, FromAgent: e.Author.Role == AgentAs, Name: e.Author.DisplayName(), At: e.At,
			Text: e.Text, Quoted: e.Quoted, Files: files(e),
			Mine: e.Author.Role == Customer && e.Author.ID == viewer.Contact,
		}
		if (partly || e.Answers != 0) && !m.Mine {
			m.Quoted = ""
		}
		if e.FromCustomer() && !m.Mine {
			m.Files = withoutMails(m.Files)
		}
		if m.FromAgent {
			m.Name = h.AgentName(e.Author)
		}
		v.Thread = append(v.Thread, m)
	}
	return v
}

// unheardOf reports what the viewer wrote on a page, signed in, and nobody else is
// shown since agents do not want to hear of them. Their own words stay on their own
// page: it would tell them otherwise.
func (e *Entry) unheardOf(viewer *Participant) bool {
	return e.Hidden && e.SignedIn && e.FromCustomer() && e.Author.ID == viewer.Contact
}

func (t *Ticket) people(viewer *Participant) []PublicPerson {
	var all []PublicPerson
	for i := range t.Participants {
		p := &t.Participants[i]
		if !p.Active() {
			continue
		}
		one := PublicPerson{Number: p.Number, Name: p.DisplayName(), Requester: p.Role == Requester, Mine: p.Number == viewer.Number}
		if one.Mine || viewer.Role == Requester {
			one.Address = p.Address.String()
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b PublicPerson) int { return first(a.Requester) - first(b.Requester) })
	return all
}

func first(yes bool) int {
	if yes {
		return 0
	}
	return 1
}

// order is the order of time, and of numbers at the same time.
func order(places []time.Time) []int {
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return places[a].Compare(places[b]) })
	return order
}

// PublicFile is a file of a PublicMessage.
type PublicFile struct {
	Attachment
	Index int // among all files of the entry, from 1
}

func files(e *Entry) []PublicFile {
	var all []PublicFile
	for i, a := range e.Attachments {
		all = append(all, PublicFile{Attachment: a, Index: i + 1})
	}
	return all
}

// withoutMails leaves out the mails among what another customer attached: they
// may quote what came before somebody joined, and hold the link and the reply
// address of who got them (A30).
func withoutMails(all []PublicFile) []PublicFile {
	return slices.DeleteFunc(all, func(f PublicFile) bool { return f.HoldsMail() })
}

// File finds a file of a message that the viewer sees; nil if there is none.
func (v *CustomerView) File(seq, index int) *Attachment {
	for i := range v.Thread {
		for j := range v.Thread[i].Files {
			if f := &v.Thread[i].Files[j]; v.Thread[i].Seq == seq && f.Index == index {
				return &f.Attachment
			}
		}
	}
	return nil
}
