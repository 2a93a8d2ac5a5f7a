package smtpd

import (
	"io"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// LMTPData implements smtp.LMTPSession: each recipient is told what became of the
// mail for its own mailbox, so that the trouble of one does not bring the others'
// mail again.
func (s *session) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	tx, settled, err := s.takeIn(r)
	if err != nil {
		return err // for all
	}
	for i, to := range tx.env.To {
		status.SetStatus(tx.written[i], s.statusOf(tx.env, to, settled))
	}
	return nil
}

func (s *session) statusOf(env inbound.Envelope, to inbound.Recipient, settled []inbound.Settled) error {
	for _, one := range settled {
		if one.Account != to.Mailbox.Account || one.Mailbox != to.Mailbox.Name {
			continue
		}
		switch {
		case one.Err == nil:
			return nil
		case helpdesk.KindOf(one.Err) == helpdesk.TooLarge:
			return s.refuse(env, "size", errTooLarge)
		}
		return s.notTaken(env, one.Err)
	}
	return errLater // not one of those: never to be taken for success
}

// readOn reads what nobody wants of a mail by BDAT. When a chunk is not read,
// go-smtp answers once for all recipients; the others would take the answers to the
// commands that follow for theirs, and one of those is likely a success.
func (s *session) readOn(r io.Reader) {
	if _, err := io.CopyN(io.Discard, r, s.server.limits.discardAtMost); err == nil {
		s.conn.end(errTooMuch, true)
	}
}
