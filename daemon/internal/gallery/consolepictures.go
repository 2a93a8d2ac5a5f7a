package gallery

import (
	"net/url"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// desks is the group of what agents see.
const desks = "Agents"

// consolePictures are pages of agents, which speak English alone.
var consolePictures = []picture{
	{name: "desk-sign-in", group: desks, title: "Nobody is signed in", path: "!/agent/sign-in", agents: &agentScene{}},
	{name: "desk-list", group: desks, title: "A queue", path: "!/agent/q/unassigned", agents: &agentScene{}},
	{name: "desk-list-compact", group: desks, title: "A queue in compact rows", path: "!/agent/q/open", agents: &agentScene{compact: true}},
	{name: "desk-list-empty", group: desks, title: "A queue with nothing in it", path: "!/agent", agents: &agentScene{empty: true}},
	{name: "desk-list-failed", group: desks, title: "Not all could be changed", path: "!/agent/bulk", status: 409, agents: &agentScene{},
		post: url.Values{"do": {"close"}, "n": {"1041", "1040", "1038"}, "back": {"/agent/q/open"}}},
	{name: "desk-list-refused", group: desks, title: "Nothing was ticked", path: "!/agent/bulk", status: 422, agents: &agentScene{},
		post: url.Values{"do": {"close"}, "back": {"/agent/q/open"}}},
	{name: "desk-view", group: desks, title: "A view", path: "!/agent/views/oldonesoldonesol", agents: &agentScene{}},
	{name: "desk-view-new", group: desks, title: "Making a view", path: "!/agent/views/new", agents: &agentScene{}},
	{name: "desk-view-change", group: desks, title: "Changing a view", path: "!/agent/views/oldonesoldonesol/edit", agents: &agentScene{}},
	{name: "desk-view-fits", group: desks, title: "Looking what fits a view", path: "!/agent/views/new?name=Refunds&status=Open&tags=refund&quiet=3&quiet-unit=d", agents: &agentScene{}},
	{name: "desk-view-refused", group: desks, title: "A view without a name", path: "!/agent/views", status: 422, post: url.Values{"status": {"Open"}}, agents: &agentScene{}},
	{name: "desk-held", group: desks, title: "Held mail", path: "!/agent/held", agents: &agentScene{}},
	{name: "desk-held-empty", group: desks, title: "No mail is held", path: "!/agent/held", agents: &agentScene{empty: true}},
	{name: "desk-held-decided", group: desks, title: "Held mail that was decided", path: "!/agent/held?show=decided", agents: &agentScene{}},
	{name: "desk-held-stranger", group: desks, title: "A held mail of a stranger", path: "!/agent/held/strangerstranger", agents: &agentScene{}},
	{name: "desk-held-unproven", group: desks, title: "A held mail that nothing proves", path: "!/agent/held/unprovenunproven", agents: &agentScene{}},
	{name: "desk-failed", group: desks, title: "Mail that did not arrive", path: "!/agent/failed", agents: &agentScene{}},
	{name: "desk-failed-empty", group: desks, title: "All mail arrived", path: "!/agent/failed", agents: &agentScene{empty: true}},
}

// agentRows are requests in all the ways in which they stand in a list.
func agentRows() []actions.Row {
	row := func(number int64, name, subject, words string, ago time.Duration, but func(*actions.Row)) actions.Row {
		r := actions.Row{Ticket: helpdesk.Ticket{
			Number: number, Subject: subject, Status: helpdesk.Open, Channel: helpdesk.ByMail, Mailbox: "support", Opened: now.Add(-ago - 3*time.Hour), Updated: now.Add(-ago),
			Participants: []helpdesk.Participant{{Number: 1, Name: name, Address: alice, Role: helpdesk.Requester}},
			Last:         &helpdesk.LastWords{Seq: 1, By: name, Text: words, At: now.Add(-ago)},
		}}
		if but != nil {
			but(&r)
		}
		return r
	}
	until := now.Add(20 * time.Hour)
	return []actions.Row{
		row(1042, "Alice Morgan", "Where is my order?", "It was promised for Monday, and the tracking page says nothing at all.", 4*time.Minute, func(r *actions.Row) { r.Unread = true }),
		row(1041, "Bob Castellanos", "Rocket skates overheat after ten minutes on a flat road", "They get so hot that the left one smokes.", 31*time.Minute, func(r *actions.Row) {
			r.Unread, r.Priority, r.Tags, r.AssigneeName, r.TeamName = true, "Urgent", []string{"safety"}, "Robin Sample", "Repairs"
		}),
		row(1040, "Carol Fernández-Østergaard of the Northern Branch", "Invoice of October", "Our accountant can't open the file.", 2*time.Hour, func(r *actions.Row) {
			r.Status, r.AssigneeName = helpdesk.Pending, "Sam Adeyemi"
		}),
		row(1039, "", "", "hi, it does not work", 5*time.Hour, func(r *actions.Row) {
			r.Participants[0].Address = helpdesk.MustAddress("d@very-long-company-name.example")
		}),
		row(1038, "يوسف حداد", "متى يصل طلبي؟", "رقم الطلب ORD-99812", 9*time.Hour, func(r *actions.Row) { r.Merged = &helpdesk.Merge{Number: 1036} }),
		row(1037, "Eve Okafor", "Refund", "I sent the anvil back two weeks ago.", 26*time.Hour, func(r *actions.Row) {
			r.Tags, r.Priority, r.Snoozed = []string{"refund", "anvil"}, "High", &helpdesk.Snooze{Until: until}
		}),
		row(1036, "Frank", "Thank you", "That solved it. Thank you very much.", 4*24*time.Hour, func(r *actions.Row) { r.Status = helpdesk.Resolved }),
		row(1035, "Grace Whitfield", "Change of address", "Please send everything to the new address from now on.", 30*24*time.Hour, func(r *actions.Row) { r.Status, r.Priority = helpdesk.Closed, "Low" }),
	}
}
