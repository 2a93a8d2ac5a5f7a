package outbound

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// AccountMail is automatic mail about somebody's sign-in. It belongs to no ticket
// and holds nothing that a stranger chose.
type AccountMail struct {
	HelpCenter helpdesk.HelpCenter // in the language of the mail
	Mailbox    helpdesk.Mailbox    // from which it goes
	To         helpdesk.Address    // as stored, never as typed
	Purpose    helpdesk.Purpose
	Pass       helpdesk.ID // what it brings; "" for none
	Now        time.Time
}

// Account adds the mail to the change if the gate lets it through; sent is false
// where the address has had enough of them. Whoever asked must not learn which.
func (p *Planner) Account(ctx context.Context, change *helpdesk.Change, m AccountMail) (sent bool, err error) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	change.Deliveries = append(change.Deliveries, helpdesk.Delivery{
		ID: helpdesk.NewID(), Purpose: m.Purpose, Mailbox: m.Mailbox.Name, To: m.To, Pass: m.Pass,
		HelpCenter: m.HelpCenter.Name, Locale: m.HelpCenter.Locale,
		MessageID: fmt.Sprintf("<%s@%s>", hex.EncodeToString(random[:]), m.Mailbox.Address.Domain()),
		Created:   m.Now, State: helpdesk.Queued, Next: m.Now,
	})
	return true, nil
}
