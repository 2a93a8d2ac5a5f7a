package inbound

import (
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// copied are the people whom the writer sent the mail to besides us. They take
// part only when somebody who may says so: a copy is not a key (A02).
func (p *Pipeline) copied(c *incoming) []helpdesk.Suggestion {
	if c.class != helpdesk.ClassMessage {
		return nil
	}
	var found []helpdesk.Suggestion
	for _, m := range addressed(c.mail) {
		if len(found) == helpdesk.MaxSuggestions {
			break
		}
		if p.belongs(c.box.Account, m.Address) || m.Address.IsZero() || m.Address.Same(c.writer.Address) || unattended(m.Address) {
			continue
		}
		found = append(found, helpdesk.Suggestion{Address: m.Address, Name: cut(m.Name, maxCopiedName), By: c.writer.Address, At: c.at()})
	}
	return found
}

// maxCopiedName keeps a ticket head small; the mail has it all.
const maxCopiedName = 100

// suggest tells the ticket whom its mail was copied to.
func (p *Pipeline) suggest(c *incoming, t *helpdesk.Ticket) {
	if !c.entry.Public() {
		return // nothing proves that a participant copied them
	}
	for _, s := range p.copied(c) {
		t.Suggest(s)
	}
}

// unattended are addresses that nobody reads, by the names that they bear.
func unattended(a helpdesk.Address) bool {
	local := strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(a.Local()))
	switch local {
	case "noreply", "donotreply", "mailerdaemon", "postmaster", "bounce", "bounces":
		return true
	}
	return false
}
