package main

import (
	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/held"
)

// mailWaits tells what waits of each mailbox: of those that are declared, and of those
// that are not any more and have held mail.
func (d *daemon) mailWaits() []admin.Waiting {
	counts, counted := map[string]map[string]held.Mailbox{}, map[string]bool{}
	for _, account := range d.live.Accounts() {
		counts[account], counted[account] = d.held.Of(account)
	}
	var all []admin.Waiting
	for _, box := range d.live.Mailboxes() {
		h := counts[box.Account][box.Name]
		delete(counts[box.Account], box.Name)
		all = append(all, admin.Waiting{
			Account: box.Account, Mailbox: box.Name, Inbound: d.unsettled.Since(box.Account, box.Name),
			Held: h.Count, HeldSince: h.Since, Counted: counted[box.Account],
		})
	}
	for account, gone := range counts {
		for name, h := range gone {
			all = append(all, admin.Waiting{
				Account: account, Mailbox: name, Inbound: d.unsettled.Since(account, name),
				Held: h.Count, HeldSince: h.Since, Counted: true,
			})
		}
	}
	return all
}
