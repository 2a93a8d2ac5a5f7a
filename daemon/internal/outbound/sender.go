package outbound

import (
	"errors"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// plainFor is how long a relay is taken at its word that it lets us send as the
	// mailbox alone. Then the reverse-path that only one copy has is tried again: it
	// finds more than the other.
	plainFor = time.Hour

	// maxPlain is how many are remembered: more than mailboxes are declared. Beyond
	// it all are found out anew.
	maxPlain = 4096
)

// sentBy is a mailbox at its relay.
type sentBy struct {
	relay helpdesk.Relay
	box   helpdesk.Address
}

func (c *SMTPCourier) wantsPlain(p Parcel) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Now().Before(c.plain[sentBy{p.Relay, p.Box}])
}

func (c *SMTPCourier) rememberPlain(p Parcel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.plain == nil || len(c.plain) >= maxPlain {
		c.plain = map[sentBy]time.Time{}
	}
	c.plain[sentBy{p.Relay, p.Box}] = c.Now().Add(plainFor)
}

// notYours are words of relays that let who signed in send as themselves alone:
// Postfix, then Exchange, which says so in the end.
var notYours = []string{"not owned by user", "not logged in as owner", "sendasdenied", "permissions to send as this sender"}

// senderRefused reports an answer that is about the reverse-path.
func senderRefused(err error) bool {
	failed, ok := errors.AsType[*StepError](err)
	if !ok {
		return false
	}
	answer, ok := errors.AsType[*smtp.SMTPError](failed)
	if !ok || answer.Code < 500 || answer.Code >= 600 || isTooLarge(answer) {
		return false
	}
	switch failed.Step {
	case StepSender:
		return judge5xx(StepSender, answer) == Later
	case StepRecipient, StepData:
		return containsAny(answer.Message, notYours)
	}
	return false
}
