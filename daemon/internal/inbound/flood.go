package inbound

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// floodWindow is the hour in which the mails of an address are counted. It
// begins with the first one and is not prolonged by more.
const floodWindow = time.Hour

// flood is how much the writer's address wrote within the hour.
type flood struct {
	count helpdesk.Budget // with this mail; Key is "" when it is not counted
	over  bool
}

// countMails counts the mail against the limit of its address. What is proven
// and what is not are counted apart: a forger must not use up the limit of whom
// they pretend to be. Two robots that answer each other end here at the latest.
func (p *Pipeline) countMails(ctx context.Context, c *incoming) error {
	c.flood = flood{}
	most := c.box.Policy.PerHour()
	if most == 0 || c.writer.Address.IsZero() || c.try >= calmTries {
		return nil
	}
	kind := "mails/unproven/"
	if c.trust.Proof == helpdesk.ProofPass {
		kind = "mails/proven/"
	}
	sum := sha256.Sum256([]byte(c.box.Name + "\x00" + c.writer.Address.Key()))
	count, err := p.Planner.Budgets.Budget(ctx, c.box.Account, kind+hex.EncodeToString(sum[:12]))
	if err != nil {
		return err
	}
	if c.now.After(count.Until) {
		count.Used, count.Until = 0, c.now.Add(floodWindow)
	}
	count.Used++
	c.flood = flood{count: count, over: count.Used > most}
	return nil
}

// spend writes the count with what the mail causes.
func (c *incoming) spend(change *helpdesk.Change) {
	if c.flood.count.Key != "" && !c.flood.over { // over the limit there is nothing left to count
		change.Budgets = append(change.Budgets, c.flood.count)
	}
}
