// Package eml reads any bytes as mail and writes mail.
//
// Reading never fails. [Read] makes one linear scan that finds where the parts
// begin and end; headers are kept as slices of the raw bytes, and a body is
// decoded when somebody asks for it, unless something else may be hidden in it:
// a file in a text, a winmail.dat, a signed envelope. What is broken is repaired
// and noted as a [Fault]. Every limit is a constant of this package, and a limit
// that bites is a fault too.
//
// Writing is strict: [Outgoing.WriteTo] writes RFC 5322 with CRLF and checks its
// own header before the first byte goes out.
package eml

import (
	"strings"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Mail is one mail as it was read. It holds on to the raw bytes, which must not
// be changed; it does not change itself after Read, so it may be used by
// several goroutines.
type Mail struct {
	Header Header  // of the mail itself, the same as Root.Header
	Root   *Part   // never nil
	Faults []Fault // one per kind, in the order they were met

	from, replyTo, to, cc []Mailbox
	oneFrom               bool
	messageID             string
	date                  time.Time
	layout                layout
	text                  func() wholeText // made once
}

// Read reads raw as one mail. It accepts any bytes, takes time linear in their
// number, and keeps a reference to them.
func Read(raw []byte) *Mail { return ReadIn(raw, nil) }

// Room gives n bytes of zeros, for what is decoded of a mail.
type Room func(n int) []byte

// ReadIn is Read for large mails that should not fill the heap: what has to be
// decoded as a whole while they are read, such as a winmail.dat, is kept in that
// room. The Mail holds on to it as to raw. Without room it is the heap.
func ReadIn(raw []byte, room Room) *Mail {
	s := newScan(raw, &budget{room: room})
	root := s.message("1", 0)
	return newMail(root, &s.faults)
}

// newMail reads the fields of the mail whose outermost part is root. Everything
// that may be a fault is found here, so that a Mail need not change later.
func newMail(root *Part, fs *faults) *Mail {
	m := &Mail{Header: root.Header, Root: root}
	m.layout = layOut(root, fs)
	hint := m.layout.charset()
	for _, list := range []struct {
		name string
		to   *[]Mailbox
	}{{"From", &m.from}, {"Reply-To", &m.replyTo}, {"To", &m.to}, {"Cc", &m.cc}} {
		*list.to = readMailboxes(m.Header, list.name, hint, fs)
	}
	m.oneFrom = oneFrom(root, m.from, fs)
	m.messageID = readMessageID(m.Header, fs)
	if m.Header.Count("Date") > 0 {
		var ok bool
		if m.date, ok = parseDate(m.Header.Get("Date")); !ok {
			fs.add(FaultDate, "%.60q", m.Header.Get("Date"))
		}
	}
	if n := len(ids(m.Header, "References")); n > MaxReferences {
		fs.add(FaultReferenceLimit, "%d ids", n)
	}
	checkDuplicates(m.Header, fs)
	m.Faults = *fs
	m.text = sync.OnceValue(m.makeText)
	return m
}

// HasFault reports whether a defect of that kind was met.
func (m *Mail) HasFault(code FaultCode) bool { return faults(m.Faults).has(code) }

// MaxSubjectRunes is the length at which a decoded subject is cut: as many as
// the octets of the longest line RFC 5322 section 2.1.1 allows.
const MaxSubjectRunes = 998

// Subject is the decoded subject on one line, without control characters and
// bidirectional overrides, at most [MaxSubjectRunes] long; "" when there is none.
// Where a subject such as "[...]" only hides the real one, and that is readable
// in the protected header of the content (RFC 9788), it is the real one.
func (m *Mail) Subject() string {
	outer := m.subject(m.Header)
	if obscured(outer) {
		if inner := m.subject(m.protectedHeader()); inner != "" {
			return inner
		}
	}
	return outer
}

func (m *Mail) subject(h Header) string {
	f, ok := h.first("Subject")
	if !ok {
		return ""
	}
	return strings.TrimSpace(clipRunes(cleanLine(decodeWords(string(unfold(f.Raw)), m.layout.charset())), MaxSubjectRunes))
}

// From returns the mailboxes of every From field in order, for display. Who
// the mail is from is told by [Mail.OneFrom] alone.
func (m *Mail) From() []Mailbox { return m.from }

// OneFrom returns the author, and false unless there is exactly one From field
// that holds exactly one mailbox which every reader reads alike: a valid
// address, no group, no route, no comment or encoded word inside the address,
// no second address in the name, no NUL or bare CR, and no blank before the
// field's colon. Nor is it told when the header had to be repaired in a way that
// lets others find a From where Read found none.
func (m *Mail) OneFrom() (Mailbox, bool) {
	if !m.oneFrom {
		return Mailbox{}, false
	}
	return m.from[0], true
}

// ReplyTo returns the mailboxes of every Reply-To field in order.
func (m *Mail) ReplyTo() []Mailbox { return m.replyTo }

// To returns the mailboxes of every To field in order.
func (m *Mail) To() []Mailbox { return m.to }

// Cc returns the mailboxes of every Cc field in order.
func (m *Mail) Cc() []Mailbox { return m.cc }

// MessageID returns the id with its angle brackets. It is "" when there is
// none, and when several fields name different ones (see
// [FaultMessageIDConflict]): then nobody can tell which one others refer to.
func (m *Mail) MessageID() string { return m.messageID }

// InReplyTo returns the ids of In-Reply-To with their angle brackets, without
// repetitions.
func (m *Mail) InReplyTo() []string { return newest(ids(m.Header, "In-Reply-To")) }

// References returns the ids of References with their angle brackets, oldest
// first, without repetitions; the newest [MaxReferences] when there are more.
func (m *Mail) References() []string { return newest(ids(m.Header, "References")) }

// Date returns the instant of the first Date field, and false when it is
// missing or unreadable. A date without a zone is taken as UTC.
func (m *Mail) Date() (time.Time, bool) { return m.date, !m.date.IsZero() }

// oneFrom is the rule behind [Mail.OneFrom].
func oneFrom(root *Part, from []Mailbox, fs *faults) bool {
	if n := root.Header.Count("From"); n != 1 {
		fs.add(FaultFromCount, "%d From fields", n)
		return false
	}
	f, _ := root.Header.first("From")
	switch {
	case root.unclear:
		fs.add(FaultFromUnclear, "repaired header")
		return false
	case f.spaced, unclearBytes(f.Raw),
		len(from) != 1, from[0].Group, from[0].loose, from[0].Address == (helpdesk.Address{}):
		fs.add(FaultFromUnclear, "%.80q", f.Raw)
		return false
	}
	return true
}

// unclearBytes reports control bytes that readers disagree on: some end the
// value there, some skip them, some keep them.
func unclearBytes(raw []byte) bool {
	for i, c := range raw {
		switch {
		case c == '\t' || c == '\n' || c >= ' ' && c != 0x7f:
		case c == '\r' && i+1 < len(raw) && raw[i+1] == '\n':
		default:
			return true
		}
	}
	return false
}
