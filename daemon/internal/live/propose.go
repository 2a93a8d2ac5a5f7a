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

// MailboxOfDomain finds the mailbox of a domain that is first by account and name.
func (s *snapshot) MailboxOfDomain(domain string) (helpdesk.Mailbox, bool) {
	var first *helpdesk.Mailbox
	for i := range s.boxes {
		m := &s.boxes[i]
		if strings.EqualFold(m.Address.Domain(), domain) && (first == nil || cmp.Or(strings.Compare(m.Account, first.Account), strings.Compare(m.Name, first.Name)) < 0) {
			first = m
		}
	}
	if first == nil {
		return helpdesk.Mailbox{}, false
	}
	return *first, true
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
