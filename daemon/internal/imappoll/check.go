package imappoll

import (
	"context"
	"errors"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Check goes once through all steps with a mailbox, changing nothing. An error is a
// *[Failure] that names the first step that does not work.
func (d Dialer) Check(ctx context.Context, box helpdesk.Mailbox, logins Logins) error {
	if box.IMAP == nil {
		return errors.New("the mailbox is not fetched by IMAP")
	}
	c, err := d.open(ctx, box.IMAP, logins)
	if err != nil {
		return err
	}
	defer c.logout()
	if _, err := c.open(ctx, box.IMAP.Folder, true); err != nil {
		return err
	}
	// The last mail alone; an empty folder has none.
	_, _, err = c.list(ctx, 1<<32-1, 0, 1)
	return err
}
