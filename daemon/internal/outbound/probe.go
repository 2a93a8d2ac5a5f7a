package outbound

import (
	"context"
	"fmt"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// ProbePrefix begins the Message-IDs of probes.
const ProbePrefix = "<doctor."

// ProbeSubject is the subject of the probe with a Message-ID; "" if that is none
// of a probe.
func ProbeSubject(messageID string) string {
	nonce, ok := strings.CutPrefix(messageID, ProbePrefix)
	nonce, _, at := strings.Cut(nonce, "@")
	if !ok || !at || nonce == "" {
		return ""
	}
	return "Postern doctor: round trip " + nonce
}

// Probe sends one mail of a mailbox to the mailbox itself through a relay, at once
// and never again, and returns its Message-ID. It looks to every robot, and to us,
// like the automatic mail of our own that it is, so nothing answers it. Its
// reverse-path is the mailbox, as of an answer, so that SPF is asked about it.
func (q *Queue) Probe(ctx context.Context, box helpdesk.Mailbox, relay helpdesk.Relay) (messageID string, attempt helpdesk.Attempt, err error) {
	nonce := helpdesk.NewID()
	messageID = ProbePrefix + string(nonce) + "@" + box.Address.Domain() + ">"
	self := eml.Mailbox{Name: box.DisplayName, Address: box.Address}
	mail := &eml.Outgoing{
		From: self, To: self, Subject: ProbeSubject(messageID), MessageID: messageID, Date: q.Now(),
		Extra: []eml.HeaderField{{Name: "Auto-Submitted", Value: "auto-generated"}, {Name: "X-Auto-Response-Suppress", Value: "All"}},
		Text:  "“postern doctor” has sent this mail to see whether it arrives. It is put away when it does.\n",
		UTF8:  isWide(box.Address),
	}
	by, err := q.Keys.Identities(ctx, box)
	if err != nil {
		return messageID, attempt, err
	}
	spool := q.Spools.New()
	defer spool.Close()
	if err := writeSigned(spool, mail, by, q.Now()); err != nil {
		return messageID, attempt, fmt.Errorf("write mail: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	attempt, err = q.Courier.Deliver(ctx, Parcel{Relay: relay, From: box.Address, To: box.Address, ID: nonce, Mail: spool})
	return messageID, attempt, err
}
