package helpdesk

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Erasure is the record of an erasing that is under way. It names its contact by id;
// who that is stands in the contact's own record until the first step is done.
type Erasure struct {
	Contact ID         `json:"contact"`
	Step    EraseStep  `json:"step"`
	Begun   time.Time  `json:"begun"`
	Tickets int        `json:"tickets,omitempty"` // that became tombstones
	Blobs   int        `json:"blobs,omitempty"`   // that were removed
	Looked  *time.Time `json:"looked,omitempty"`  // when what is left of the blobs was looked at last
}

// EraseStep is how far it is. Each may be begun anew after a crash.
type EraseStep string

const (
	EraseRecords EraseStep = "records" // what is written about them
	EraseBlobs   EraseStep = "blobs"   // the bytes that nothing names any more
)

// Freed are blobs of which an erasing removed a mention.
type Freed struct {
	Blobs []string `json:"blobs"`
}

// Tomb is what is left of a request that was erased: its number is never given again,
// and late mail about it finds that it is gone.
type Tomb struct {
	Number int64     `json:"number"`
	At     time.Time `json:"at"`
	By     ID        `json:"by,omitempty"` // the erasing that is under way; "" when it is done
}

// Fate of a record while somebody is erased.
type Fate int

const (
	Keeps   Fate = iota // it is not about them
	Changes             // it was changed, and is written
	Goes
)

// ErasedName stands where somebody was named.
const ErasedName = "Erased person"

// erasedWords stand where they said something, and redacted where others wrote their
// address.
const (
	erasedWords = "This was erased."
	redacted    = "[erased]"
)

// Person is who is erased, by all that they are known as.
type Person struct {
	IDs       []ID
	Addresses []Address
	pattern   *regexp.Regexp
}

// NewPerson is who a contact is.
func NewPerson(c *Contact) *Person {
	p := &Person{IDs: append([]ID{c.ID}, c.Was...)}
	var patterns []string
	for _, a := range c.Addresses {
		p.Addresses = append(p.Addresses, a.Address)
		patterns = append(patterns, regexp.QuoteMeta(a.Address.String()))
	}
	if len(patterns) > 0 {
		p.pattern = regexp.MustCompile(`(?i)` + strings.Join(patterns, "|"))
	}
	return p
}

// Needles are what every record that names them holds, as JSON in lower case.
func (p *Person) Needles() []string {
	var all []string
	for _, id := range p.IDs {
		all = append(all, string(id))
	}
	for _, a := range p.Addresses {
		raw, _ := json.Marshal(a.String()) // a string always can be
		all = append(all, strings.ToLower(string(raw[1:len(raw)-1])))
	}
	return all
}

// Is reports one of their ids or addresses.
func (p *Person) Is(id ID, a Address) bool {
	return id != "" && slices.Contains(p.IDs, id) || p.Has(a)
}

// Has reports one of their addresses.
func (p *Person) Has(a Address) bool { return slices.ContainsFunc(p.Addresses, a.Same) }

// Asked reports whether the request is theirs: then all of it goes.
func (p *Person) Asked(t *Ticket) bool {
	return slices.ContainsFunc(t.Participants, func(one Participant) bool { return one.Role == Requester && p.Is(one.Contact, one.Address) })
}

// Wrote reports whether it is their entry.
func (p *Person) Wrote(e *Entry) bool {
	return e.Author.Role == Customer && p.Is(e.Author.ID, e.Author.Address)
}

// Leave takes them out of the head of somebody else's request. Their number stays: it
// is never given to another.
func (p *Person) Leave(t *Ticket, at time.Time) bool {
	changed := false
	for i := range t.Participants {
		one := &t.Participants[i]
		if !p.Is(one.Contact, one.Address) {
			continue
		}
		if one.Active() {
			one.Leave(at)
		}
		one.Name, one.Address, one.Contact, changed = ErasedName, Address{}, "", true
	}
	suggested := func(s Suggestion) bool { return p.Has(s.Address) || p.Has(s.By) }
	n := len(t.Suggested)
	t.Suggested = slices.DeleteFunc(t.Suggested, suggested)
	changed = changed || len(t.Suggested) != n
	if m := t.Merged; m != nil {
		n := len(m.Suggested)
		m.Suggested = slices.DeleteFunc(m.Suggested, suggested)
		changed = changed || len(m.Suggested) != n
	}
	if t.Last != nil && p.pattern != nil && p.pattern.MatchString(t.Last.By+" "+t.Last.Text) {
		t.Last, changed = nil, true
	}
	if words, hit := p.Redact(t.Subject); hit {
		t.Subject, changed = words, true
	}
	return changed
}

// Redact takes their addresses out of a text.
func (p *Person) Redact(text string) (string, bool) {
	if p.pattern == nil || !p.pattern.MatchString(text) {
		return text, false
	}
	return p.pattern.ReplaceAllString(text, redacted), true
}

// RedactRecord takes their addresses out of every text of a record, and reports
// whether there were any. What must be an address to be what it is stays.
func RedactRecord[T any](p *Person, record *T) bool {
	raw, err := json.Marshal(record)
	if err != nil || p.pattern == nil || !p.pattern.Match(raw) {
		return false
	}
	var out T
	if json.Unmarshal(p.pattern.ReplaceAll(raw, []byte(redacted)), &out) != nil {
		return false
	}
	*record = out
	return true
}

// Erase leaves nothing of an entry but that it was there, and returns the blobs that
// it named.
func (e *Entry) Erase() (freed []string) {
	freed = e.Blobs()
	*e = Entry{
		Schema: e.Schema, Ticket: e.Ticket, Seq: e.Seq, Kind: e.Kind, Channel: e.Channel, At: e.At, Hidden: e.Hidden, MovedTo: e.MovedTo,
		Answers: e.Answers, ToldBy: e.ToldBy, Author: Author{Role: e.Author.Role, Name: ErasedName}, Text: erasedWords,
	}
	return freed
}

// Blobs are all that the entry names.
func (e *Entry) Blobs() []string {
	var all []string
	for _, hash := range []string{e.TextBlob, e.QuotedBlob, e.Raw} {
		if hash != "" {
			all = append(all, hash)
		}
	}
	for _, a := range e.Attachments {
		if a.Blob != "" {
			all = append(all, a.Blob)
		}
	}
	return all
}

// Unquote drops what an entry repeats of others: the folded part of its text, and the
// mail that it came as, which has that too. It returns the blobs of these.
func (e *Entry) Unquote() (freed []string) {
	for _, hash := range []string{e.QuotedBlob, e.Raw} {
		if hash != "" {
			freed = append(freed, hash)
		}
	}
	e.Quoted, e.QuotedBlob, e.Raw, e.HTML = "", "", "", false
	return freed
}

// Forget takes out of a receipt all but that this mail was taken in, and when.
func (r *Receipt) Forget() (freed []string) {
	if r.Raw != "" {
		freed = append(freed, r.Raw)
	}
	r.Raw, r.Path, r.Outcome.Recognised = "", nil, nil
	return freed
}

// Forget takes out of a delivery to whom it went and what was said about it. One that
// was not sent is not sent any more.
func (d *Delivery) Forget() (freed []string) {
	if d.Copy != "" {
		freed = append(freed, d.Copy)
	}
	d.To, d.Copy, d.Last = Address{}, "", nil
	if d.Report != nil {
		d.Report.Words = ""
	}
	if !d.State.Final() || d.State == Failed {
		d.State = Withdrawn
	}
	d.Claim, d.Until = "", time.Time{}
	return freed
}
