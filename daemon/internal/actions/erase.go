package actions

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Erasable is what erasing asks of the database.
type Erasable interface {
	Sift(ctx context.Context, account string, job helpdesk.ID, sieve store.Sieve, tomb helpdesk.Tomb) (tickets, written int, err error)
	Freed(ctx context.Context, account string, job helpdesk.ID) (map[string]bool, error)
	ForgetFreed(ctx context.Context, account string, job helpdesk.ID) error
	ForgetTombs(ctx context.Context, account string, job helpdesk.ID) error
	Naming(ctx context.Context, account string, needles []string) ([]helpdesk.TicketID, error)
	HeldNaming(ctx context.Context, account string, needles []string) ([]helpdesk.HeldItem, error)
	MoveContact(ctx context.Context, account string, from, into helpdesk.ID) error
	Mentioned(ctx context.Context, account string, blobs map[string]bool) (map[string]bool, error)
}

const (
	// EraseWord is what an agent types to have somebody erased.
	EraseWord = "erase"

	erasuresRoom = 64 // that are told of at once; more are found in the store
	// eraseEvery is how often the store is looked at for what a crash left, and for
	// blobs that could not go yet.
	eraseEvery = time.Minute
	// blobGrace is how long a blob may have been stored before the record that names it
	// is: what came within it is looked at again later. The longest way is that of a
	// mail over a slow line, which is read whole before anything is decided.
	blobGrace = 15 * time.Minute
	// blobsAgain is how long after that.
	blobsAgain = 5 * time.Minute
	// sifts is how often records are gone through at most: the second time finds
	// nothing, unless somebody wrote one while the first was under way.
	sifts = 4
)

// errErasing asks to come back when the erasing is done.
var errErasing = helpdesk.Errorf(helpdesk.Unavailable, "this can't be taken just now: try again in a few minutes")

// erasure names one that was just begun.
type erasure struct {
	account string
	id      helpdesk.ID
}

// EraseContact begins to remove everything about a contact, for good: their record,
// and sign-in; their requests with all that anybody said in them; what they said in
// the requests of others, and what repeats it. typed must be [EraseWord], or one of
// their addresses. It is done in the background, and goes on after a crash.
func (d *Desk) EraseContact(ctx context.Context, by Actor, id helpdesk.ID, typed string) error {
	if err := by.may(helpdesk.RemoveContacts); err != nil {
		return err
	}
	return d.beginErasing(ctx, by, false, id, func(c *helpdesk.Contact) error {
		typed = strings.TrimSpace(typed)
		a, err := helpdesk.ParseAddress(typed)
		if strings.EqualFold(typed, EraseWord) || err == nil && helpdesk.NewPerson(c).Has(a) {
			return nil
		}
		return helpdesk.Errorf(helpdesk.Invalid, "nothing was erased: type %q to say that you mean it", EraseWord)
	})
}

// beginErasing commits that a contact is being erased. system says that nobody but the
// time that went by asked for it.
func (d *Desk) beginErasing(ctx context.Context, by Actor, system bool, id helpdesk.ID, check func(*helpdesk.Contact) error) error {
	err := helpdesk.Retry(ctx, func(int) error {
		c, err := d.liveContact(ctx, by.Account, id)
		if err != nil {
			return err
		}
		if err := check(c); err != nil {
			return err
		}
		id = c.ID
		now := d.now()
		change := &helpdesk.Change{Account: by.Account, Contact: c}
		if err := d.endSignIn(ctx, by.Account, c, change); err != nil {
			return err
		}
		c.Erasing = &now
		change.Records = append(change.Records, helpdesk.Record{
			Kind: helpdesk.EraseRecord, ID: string(id), Value: helpdesk.Erasure{Contact: id, Step: helpdesk.EraseRecords, Begun: now},
		})
		record := d.audit(by, "contact.erase", contactSubject(id))
		if system {
			record.By = helpdesk.AuditBy{System: true}
		}
		change.Audit = append(change.Audit, record)
		return d.store.Commit(ctx, change)
	})
	if err != nil {
		return err
	}
	d.log.InfoContext(ctx, "erasing of contact begun", "account", by.Account, "contact", id, "by", by.author().ID)
	select {
	case d.erasures <- erasure{by.Account, id}:
	default: // it is found in the store
	}
	return nil
}

// Erasures are those that are under way.
func (d *Desk) Erasures(ctx context.Context, by Actor) ([]helpdesk.Erasure, error) {
	if err := by.may(helpdesk.RemoveContacts); err != nil {
		return nil, err
	}
	return d.erasings(ctx, by.Account)
}

func (d *Desk) erasings(ctx context.Context, account string) ([]helpdesk.Erasure, error) {
	var all []helpdesk.Erasure
	for after := ""; ; {
		page, next, err := d.store.Records(ctx, account, helpdesk.EraseRecord, "", after, recordPage)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			var e helpdesk.Erasure
			if !strings.Contains(r.ID, "/") && json.Unmarshal(r.Raw, &e) == nil {
				all = append(all, e)
			}
		}
		if after = next; next == "" {
			return all, nil
		}
	}
}

// Erase does what was asked for, and what a crash left, until ctx ends. Any number of
// replicas may do the same at once.
func (d *Desk) Erase(ctx context.Context, accounts func() []string) {
	ticker := time.NewTicker(eraseEvery)
	defer ticker.Stop()
	for {
		for _, account := range accounts() {
			d.erased(ctx, account, "", d.moveLeft(ctx, account))
			all, err := d.erasings(ctx, account)
			d.erased(ctx, account, "", err)
			for i := range all {
				d.erased(ctx, account, all[i].Contact, d.erase(ctx, account, all[i].Contact))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case one := <-d.erasures:
			d.erased(ctx, one.account, one.id, d.erase(ctx, one.account, one.id))
		}
	}
}

func (d *Desk) erased(ctx context.Context, account string, id helpdesk.ID, err error) {
	if err != nil && ctx.Err() == nil {
		d.log.WarnContext(ctx, "erasing broke off, and goes on later", "account", account, "contact", id, "error", err)
	}
}

// erase goes on with one erasing from the step that it had reached.
func (d *Desk) erase(ctx context.Context, account string, id helpdesk.ID) error {
	for {
		job, rev, err := record[helpdesk.Erasure](ctx, d, account, helpdesk.EraseRecord, string(id))
		if helpdesk.KindOf(err) == helpdesk.NotFound {
			return nil // another replica was faster
		}
		if err != nil {
			return err
		}
		if job.Step == helpdesk.EraseRecords {
			err = d.eraseRecords(ctx, account, job, rev)
		} else {
			var done bool
			if done, err = d.eraseBlobs(ctx, account, job, rev); done || err != nil {
				return err
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// eraseRecords goes through all records until none of them is left, and takes away
// the contact itself.
func (d *Desk) eraseRecords(ctx context.Context, account string, job *helpdesk.Erasure, rev int64) error {
	c, err := d.store.Contact(ctx, account, job.Contact)
	if err != nil {
		return err
	}
	for range sifts {
		tickets, written, err := d.store.Sift(ctx, account, c.ID, d.newSieve(account, c), helpdesk.Tomb{At: d.now()})
		if err != nil {
			return err
		}
		job.Tickets = tickets
		if written == 0 {
			break
		}
	}
	if err := d.store.ForgetTombs(ctx, account, c.ID); err != nil {
		return err
	}
	job.Step = helpdesk.EraseBlobs
	return d.store.Commit(ctx, &helpdesk.Change{
		Account: account, Erased: c, SignedOut: c.ID,
		Records: []helpdesk.Record{{Kind: helpdesk.EraseRecord, ID: string(c.ID), Value: job, Rev: rev}},
		Audit:   []helpdesk.AuditRecord{systemAudit(d.now(), "contact.erased", contactSubject(c.ID), "requests", strconv.Itoa(job.Tickets))},
	})
}

func systemAudit(at time.Time, act, subject string, details ...string) helpdesk.AuditRecord {
	r := helpdesk.AuditRecord{At: at.UTC(), Act: act, Subject: subject, By: helpdesk.AuditBy{System: true}}
	for i := 0; i+1 < len(details); i += 2 {
		if r.Details == nil {
			r.Details = map[string]string{}
		}
		r.Details[details[i]] = details[i+1]
	}
	return r
}

// eraseBlobs removes the bytes that nothing names any more. It reports whether all
// that can go has gone; the job is over then.
func (d *Desk) eraseBlobs(ctx context.Context, account string, job *helpdesk.Erasure, rev int64) (bool, error) {
	now := d.now()
	if job.Looked != nil && now.Before(job.Looked.Add(blobsAgain)) {
		return false, nil
	}
	freed, err := d.store.Freed(ctx, account, job.Contact)
	if err != nil {
		return false, err
	}
	left := 0
	if len(freed) > 0 {
		before := now.Add(-blobGrace) // well before the look at what names them
		named, err := d.store.Mentioned(ctx, account, freed)
		if err != nil {
			return false, err
		}
		for hash := range freed {
			if named[hash] {
				continue
			}
			gone, err := d.eraseBlob(ctx, account, hash, before)
			if err != nil {
				return false, err
			}
			if !gone {
				left++
				continue
			}
			job.Blobs++
		}
	}
	job.Looked = &now
	r := helpdesk.Record{Kind: helpdesk.EraseRecord, ID: string(job.Contact), Value: job, Rev: rev}
	if left == 0 {
		if err := d.store.ForgetFreed(ctx, account, job.Contact); err != nil {
			return false, err
		}
		r.Gone = true
	}
	if err := d.store.Commit(ctx, &helpdesk.Change{Account: account, Records: []helpdesk.Record{r}}); err != nil {
		return false, err
	}
	if left == 0 {
		d.log.InfoContext(ctx, "contact erased", "account", account, "contact", job.Contact, "requests", job.Tickets, "blobs", job.Blobs)
	}
	return left == 0, nil
}

// eraseBlob removes one; it is false for one that was stored a moment ago, and may be
// about to be named.
func (d *Desk) eraseBlob(ctx context.Context, account, name string, before time.Time) (bool, error) {
	hash, err := blob.ParseHash(name)
	if err != nil {
		return true, nil // it names nothing
	}
	gone, err := d.blobs.Delete(ctx, account, hash, before)
	if gone || err != nil {
		return gone, err
	}
	_, err = d.blobs.Stat(ctx, account, hash)
	if errors.Is(err, blob.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// sieve decides what is about somebody who is erased.
type sieve struct {
	desk    *Desk
	account string
	person  *helpdesk.Person
	now     time.Time
	wrote   map[helpdesk.TicketID]bool // requests in which what comes now may repeat them
	freed   []string
}

func (d *Desk) newSieve(account string, c *helpdesk.Contact) *sieve {
	return &sieve{desk: d, account: account, person: helpdesk.NewPerson(c), now: d.now(), wrote: map[helpdesk.TicketID]bool{}}
}

func (s *sieve) Needles() []string                 { return s.person.Needles() }
func (s *sieve) Asked(t *helpdesk.Ticket) bool     { return s.person.Asked(t) }
func (s *sieve) Repeats(id helpdesk.TicketID) bool { return s.wrote[id] }
func (s *sieve) Free(blobs ...string)              { s.freed = append(s.freed, blobs...) }

func (s *sieve) Freed() []string {
	freed := s.freed
	s.freed = nil
	return freed
}

func (s *sieve) Ticket(t *helpdesk.Ticket) helpdesk.Fate {
	if s.person.Leave(t, s.now) {
		return helpdesk.Changes
	}
	return helpdesk.Keeps
}

// Entry erases what they said; what others said afterwards loses what it repeats, and
// their addresses.
func (s *sieve) Entry(ctx context.Context, e *helpdesk.Entry) (helpdesk.Fate, error) {
	switch {
	case s.person.Wrote(e):
		s.wrote[e.Ticket] = true
		s.Free(e.Erase()...)
		return helpdesk.Changes, nil
	case e.Author.Role == helpdesk.Customer && e.Author.Name == helpdesk.ErasedName:
		s.wrote[e.Ticket] = true
		return helpdesk.Keeps, nil
	}
	fate := helpdesk.Keeps
	if s.wrote[e.Ticket] && (e.Quoted != "" || e.QuotedBlob != "" || e.Raw != "") {
		s.Free(e.Unquote()...)
		fate = helpdesk.Changes
	}
	if e.TextBlob != "" {
		whole, err := s.desk.whole(ctx, s.account, e.Text, e.TextBlob)
		if errors.Is(err, blob.ErrNotFound) {
			return fate, nil
		}
		if err != nil {
			return fate, err
		}
		if words, hit := s.person.Redact(whole); hit {
			s.Free(e.TextBlob)
			if e.Text, e.TextBlob, err = s.desk.fit(ctx, s.account, words); err != nil {
				return fate, err
			}
			fate = helpdesk.Changes
		}
	}
	if helpdesk.RedactRecord(s.person, e) {
		if e.Raw != "" { // the mail that it came as says so too
			s.Free(e.Unquote()...)
		}
		fate = helpdesk.Changes
	}
	return fate, nil
}

func (s *sieve) Delivery(d *helpdesk.Delivery) helpdesk.Fate {
	switch {
	case s.person.Has(d.To) && d.Ticket == 0:
		s.Free(d.Forget()...)
		return helpdesk.Goes
	case s.person.Has(d.To):
		s.Free(d.Forget()...)
		return helpdesk.Changes
	}
	fate := helpdesk.Keeps
	if d.Copy != "" && s.wrote[d.Ticket] { // it quotes what they wrote
		s.Free(d.Copy)
		d.Copy, fate = "", helpdesk.Changes
	}
	if helpdesk.RedactRecord(s.person, d) {
		fate = helpdesk.Changes
	}
	return fate
}

func (s *sieve) Receipt(r *helpdesk.Receipt) helpdesk.Fate {
	if r.Path != nil && s.person.Has(r.Path.From) {
		s.Free(r.Forget()...)
		return helpdesk.Changes
	}
	if helpdesk.RedactRecord(s.person, r) {
		return helpdesk.Changes
	}
	return helpdesk.Keeps
}

func (s *sieve) Held(h *helpdesk.HeldItem) helpdesk.Fate {
	if s.person.Has(h.From) {
		if s.Free(h.Raw); h.Entry != nil {
			s.Free(h.Entry.Blobs()...)
		}
		return helpdesk.Goes
	}
	fate := helpdesk.Keeps
	var copied []helpdesk.Suggestion
	for _, one := range h.Copied {
		if !s.person.Has(one.Address) && !s.person.Has(one.By) {
			copied = append(copied, one)
		}
	}
	if len(copied) != len(h.Copied) {
		h.Copied, fate = copied, helpdesk.Changes
	}
	if helpdesk.RedactRecord(s.person, h) {
		if h.Entry != nil {
			s.Free(h.Entry.Unquote()...)
		}
		if h.Raw != "" {
			s.Free(h.Raw)
			h.Raw = ""
		}
		fate = helpdesk.Changes
	}
	return fate
}

func (s *sieve) Pass(p *helpdesk.Pass) helpdesk.Fate {
	if s.person.Is(p.Contact, p.Address) {
		return helpdesk.Goes
	}
	return helpdesk.Keeps
}
