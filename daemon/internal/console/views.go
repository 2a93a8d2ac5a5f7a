package console

import (
	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func viewPath(id helpdesk.ID) string { return "/agent/views/" + string(id) }

// mayChange reports whether the agent may change a view: their own, and with the
// right role everybody's.
func mayChange(by actions.Actor, view *helpdesk.View) bool {
	if view.Owner != "" {
		return by.Agent != nil && view.Owner == by.Agent.ID
	}
	return by.May(helpdesk.ShareThings)
}

// views are the lists that the agent and others made.
func (c *Handler) views(v *visit) []place { return nil }

// newCell is a column of a view.
func newCell(t *helpdesk.Ticket, r *actions.Row, name string, settings *helpdesk.DeskSettings) cell {
	return cell{}
}
