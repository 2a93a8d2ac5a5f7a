package inspect

import (
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/notice"
)

// readKind takes the kind of the mail, and what a report says per recipient.
// Recipients are named as the sender of the mail wrote them, where that is told.
func (r *Reading) readKind(m *eml.Mail) {
	n := notice.Read(m)
	r.Kind, r.reason = string(n.Kind), n.Reason
	switch n.Kind {
	case notice.Bounce, notice.Delay, notice.Delivered, notice.Complaint:
	default:
		return
	}
	r.Bounce = &Bounce{Recipients: make([]Recipient, 0, len(n.Recipients))}
	for _, to := range n.Recipients {
		address := to.Original
		if address == "" {
			address = to.Address
		}
		r.Bounce.Recipients = append(r.Bounce.Recipients, Recipient{address, to.Status, to.Code, string(to.Class)})
	}
}
