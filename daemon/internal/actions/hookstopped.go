package actions

import (
	"context"
	"fmt"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// MostToldOfHook is how many agents are mailed when a hook is stopped: each takes two
// operations of the transaction, and one of them is enough.
const MostToldOfHook = 20

// TellHookStopped adds to the change one mail to each agent who may start the hook again.
// Where no help center has a mailbox nobody is told but the log: the hook is stopped
// all the same.
func (d *Desk) TellHookStopped(ctx context.Context, change *helpdesk.Change, h *helpdesk.Hook) error {
	center, box, ok := d.anyMailbox(change.Account)
	if !ok {
		d.log.WarnContext(ctx, "no mailbox to send from", "account", change.Account, "purpose", helpdesk.HookStopped)
		return nil
	}
	crew, err := d.crew(ctx, change.Account)
	if err != nil {
		return fmt.Errorf("tell of stopped hook: %w", err)
	}
	told, now := 0, d.now()
	for i := range crew.Agents {
		agent := &crew.Agents[i]
		who := Actor{Account: change.Account, Agent: agent, Role: *crew.Role(agent)}
		if told == MostToldOfHook || !who.MayTell() {
			continue
		}
		m := outbound.AccountMail{HelpCenter: center, Mailbox: box, To: agent.Address, Purpose: helpdesk.HookStopped, Hook: h.ID, Now: now}
		sent, err := d.planner.Account(ctx, change, m)
		if err != nil {
			return fmt.Errorf("tell of stopped hook: %w", err)
		}
		if sent {
			told++
		}
	}
	return nil
}

// anyMailbox is the first help center of the account that can send mail.
func (d *Desk) anyMailbox(account string) (helpdesk.HelpCenter, helpdesk.Mailbox, bool) {
	for _, h := range d.directory.HelpCenters() {
		if h.Account != account {
			continue
		}
		if box, ok := d.directory.Mailbox(account, h.Mailbox); ok {
			return h, box, true
		}
	}
	return helpdesk.HelpCenter{}, helpdesk.Mailbox{}, false
}
