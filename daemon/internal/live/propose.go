package live

import (
	"cmp"
	"strings"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Proposed is a configuration that is looked at and never served. It does not
// change.
type Proposed struct{ *snapshot }

// Propose makes of manifests what would be served if they took the place of what
// is served now, which keeps what it has settled. The error tells all problems.
func (l *Live) Propose(files []config.Source) (Proposed, error) {
	set, problems := config.ParseFiles(files)
	s, err := l.check(set, problems, l.now.Load().settled)
	return Proposed{s}, err
}

// MailboxByAddress finds the mailbox of an address.
func (s *snapshot) MailboxByAddress(a helpdesk.Address) (helpdesk.Mailbox, bool) {
	return find(s.boxes, func(m *helpdesk.Mailbox) bool { return m.Address.Same(a) })
}

// Mailbox finds a mailbox by name.
func (s *snapshot) Mailbox(account, name string) (helpdesk.Mailbox, bool) {
	return find(s.boxes, func(m *helpdesk.Mailbox) bool { return m.Account == account && m.Name == name })
}

// MailboxOfDomain finds the oldest mailbox at the domain of an address: nobody can
// make one that is older. Files do not tell ages. Then, as whoever writes files writes
// all of them, it is the mailbox of the address itself, else the first by account and
// name.
func (s *snapshot) MailboxOfDomain(of helpdesk.Address) (helpdesk.Mailbox, bool) {
	var oldest *helpdesk.Mailbox
	for i := range s.boxes {
		m := &s.boxes[i]
		if strings.EqualFold(m.Address.Domain(), of.Domain()) && (oldest == nil || speaksBefore(m, oldest, of) < 0) {
			oldest = m
		}
	}
	if oldest == nil {
		return helpdesk.Mailbox{}, false
	}
	return *oldest, true
}

// speaksBefore orders mailboxes of one domain by who speaks for it.
func speaksBefore(a, b *helpdesk.Mailbox, of helpdesk.Address) int {
	return cmp.Or(
		first(!a.Since.IsZero(), !b.Since.IsZero()), a.Since.Compare(b.Since),
		first(a.Address.Same(of), b.Address.Same(of)), strings.Compare(a.Account, b.Account), strings.Compare(a.Name, b.Name),
	)
}

// IsAlias reports an address that forwards to a mailbox of the account.
func (s *snapshot) IsAlias(account string, a helpdesk.Address) bool {
	_, found := find(s.boxes, func(m *helpdesk.Mailbox) bool { return m.Account == account && m.HasAlias(a) })
	return found
}

// HelpCenter finds a help center by name.
func (s *snapshot) HelpCenter(account, name string) (helpdesk.HelpCenter, bool) {
	return find(s.centers, func(h *helpdesk.HelpCenter) bool { return h.Account == account && h.Name == name })
}
