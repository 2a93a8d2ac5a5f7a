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

// Where the requests and people of the pictures are.
const (
	deskRequest = "!/agent/tickets/1042"
	deskContact = "!/agent/contacts/alicealicealicea"
)

func init() { consolePictures = append(consolePictures, workPictures...) }

// workPictures are what agents work on, and what they set up.
var workPictures = []picture{
	{name: "desk-request", group: desks, title: "A request", path: deskRequest, agents: &agentScene{ticket: deskOrder}},
	{name: "desk-request-short", group: desks, title: "A request of one line", path: "!/agent/tickets/1039", agents: &agentScene{ticket: deskShort, empty: true}},
	{name: "desk-request-long", group: desks, title: "A request with a long history", path: deskRequest, agents: &agentScene{ticket: deskLong}},
	{name: "desk-request-note", group: desks, title: "Writing a note", path: deskRequest, agents: &agentScene{ticket: deskOrder, writing: noteBegun}},
	{name: "desk-request-held", group: desks, title: "With a message that is held back", path: deskRequest, agents: &agentScene{ticket: deskHeld}},
	{name: "desk-request-merged", group: desks, title: "With another that was merged into it", path: deskRequest, agents: &agentScene{ticket: deskMerged}},
	{name: "desk-request-merged-away", group: desks, title: "A request that goes on elsewhere", path: "!/agent/tickets/1039", agents: &agentScene{ticket: deskMergedAway}},
	{name: "desk-request-spam", group: desks, title: "A request that is spam", path: "!/agent/tickets/1039", agents: &agentScene{ticket: deskSpam}},
	{name: "desk-request-missing", group: desks, title: "A request that is not there", path: deskRequest, status: 404, agents: &agentScene{}},
	{name: "desk-request-erased", group: desks, title: "A request that was erased", path: deskRequest, status: 404, agents: &agentScene{refused: &helpdesk.Error{
		Kind: helpdesk.NotFound, Public: "request #1042 was erased on 11 March 2025", Err: actions.ErrErased,
	}}},
	{name: "desk-merge", group: desks, title: "Merging", path: deskRequest + "/merge", agents: &agentScene{ticket: deskOrder}},
	{name: "desk-split", group: desks, title: "Splitting", path: deskRequest + "/entries/5/split", agents: &agentScene{ticket: deskOrder}},
	{name: "desk-forward", group: desks, title: "Forwarding to an outsider", path: deskRequest + "/forward?entry=5", agents: &agentScene{ticket: deskOrder}},
	{name: "desk-new", group: desks, title: "A new request", path: "!/agent/new", agents: &agentScene{}},
	{name: "desk-search", group: desks, title: "Search", path: "!/agent/search?q=skates", agents: &agentScene{}},
	{name: "desk-search-nothing", group: desks, title: "Search without a hit", path: "!/agent/search?q=skates", agents: &agentScene{empty: true}},

	{name: "desk-contacts", group: desks, title: "Contacts", path: "!/agent/contacts", agents: &agentScene{}},
	{name: "desk-contacts-empty", group: desks, title: "No contacts", path: "!/agent/contacts", agents: &agentScene{empty: true}},
	{name: "desk-contact", group: desks, title: "A contact", path: deskContact, agents: &agentScene{}},
	{name: "desk-contact-invited", group: desks, title: "A contact who was invited", path: "!/agent/contacts/bobbobbobbobbobb", agents: &agentScene{empty: true}},
	{name: "desk-contact-blocked", group: desks, title: "A contact who is blocked", path: "!/agent/contacts/bobbobbobbobbobb", agents: &agentScene{contact: contactBlocked}},
	{name: "desk-contact-deleted", group: desks, title: "A contact who is deleted", path: "!/agent/contacts/bobbobbobbobbobb", agents: &agentScene{contact: contactDeleted}},
	{name: "desk-contact-new", group: desks, title: "Writing down a contact", path: "!/agent/contacts/new", agents: &agentScene{}},
	{name: "desk-contact-erase", group: desks, title: "Erasing a contact", path: deskContact + "/erase", agents: &agentScene{contact: contactDeleted}},
	{name: "desk-contact-merge", group: desks, title: "Merging contacts", path: deskContact + "/merge?with=bobbobbobbobbobb", agents: &agentScene{}},
	{name: "desk-contacts-import", group: desks, title: "Importing contacts", path: "!/agent/contacts/import", agents: &agentScene{}},

	{name: "desk-people", group: desks, title: "People", path: "!/agent/people", agents: &agentScene{}},
	{name: "desk-agent", group: desks, title: "An agent", path: "!/agent/people/agents/samsamsamsamsams", agents: &agentScene{}},
	{name: "desk-agent-new", group: desks, title: "Inviting an agent", path: "!/agent/people/agents/new", agents: &agentScene{}},
	{name: "desk-teams", group: desks, title: "Teams", path: "!/agent/people/teams", agents: &agentScene{}},
	{name: "desk-team", group: desks, title: "A team", path: "!/agent/people/teams/repairsrepairsre", agents: &agentScene{}},
	{name: "desk-team-refused", group: desks, title: "A team without a name", path: "!/agent/people/teams/new", status: 422, post: url.Values{"member": {"samsamsamsamsams"}}, agents: &agentScene{}},
	{name: "desk-roles", group: desks, title: "Roles", path: "!/agent/people/roles", agents: &agentScene{}},
	{name: "desk-role", group: desks, title: "A role", path: "!/agent/people/roles/repairsrolerepai", agents: &agentScene{}},
	{name: "desk-audit", group: desks, title: "The audit log", path: "!/agent/people/audit", agents: &agentScene{}},

	{name: "desk-settings", group: desks, title: "Statuses and fields", path: "!/agent/settings", agents: &agentScene{}},
	{name: "desk-settings-empty", group: desks, title: "Statuses, and no fields", path: "!/agent/settings", agents: &agentScene{empty: true}},
	{name: "desk-canned", group: desks, title: "Canned replies", path: "!/agent/settings/canned", agents: &agentScene{}},
	{name: "desk-canned-one", group: desks, title: "A canned reply", path: "!/agent/settings/canned/cannedcannedcann", agents: &agentScene{}},
	{name: "desk-access", group: desks, title: "Tokens and hooks", path: "!/agent/access", agents: &agentScene{}},
	{name: "desk-access-empty", group: desks, title: "No tokens and no hooks", path: "!/agent/access", agents: &agentScene{empty: true}},
	{name: "desk-access-token", group: desks, title: "A new token", path: "!/agent/access/tokens", post: url.Values{"name": {"Nightly report"}, "scope": {"tickets:read"}, "days": {"90"}}, agents: &agentScene{}},
	{name: "desk-access-refused", group: desks, title: "A token without a name", path: "!/agent/access/tokens", status: 422, post: url.Values{"scope": {"tickets:read"}, "days": {"90"}}, agents: &agentScene{}},
	{name: "desk-hook", group: desks, title: "A hook with its posts", path: "!/agent/access/hooks/hookhookhookhook", agents: &agentScene{}},
	{name: "desk-hook-stopped", group: desks, title: "A hook that was stopped", path: "!/agent/access/hooks/stoppedstoppedst", agents: &agentScene{}},

	{name: "desk-me", group: desks, title: "One's own account", path: "!/agent/me", agents: &agentScene{}},
	{name: "desk-me-codes", group: desks, title: "One's own account, with codes", path: "!/agent/me", agents: &agentScene{codes: true}},
	{name: "desk-me-set-up", group: desks, title: "Setting up codes", path: "!/agent/me/second", agents: &agentScene{}},
	{name: "desk-me-recovery", group: desks, title: "Codes for when the phone is gone", path: "!/agent/me/second", post: url.Values{"code": {"123456"}}, agents: &agentScene{}},
	{name: "desk-sign-in-wrong", group: desks, title: "A wrong password", path: "!/agent/sign-in", status: 422, post: url.Values{"address": {"robin@acme.example"}}, agents: &agentScene{}},
	{name: "desk-sign-in-code", group: desks, title: "Signing in: the code", path: "!/agent/sign-in/second", agents: &agentScene{codes: true}},
	{name: "desk-sign-in-set-up", group: desks, title: "Signing in: codes are wanted", path: "!/agent/sign-in/second", agents: &agentScene{}},
	{name: "desk-sign-in-code-wrong", group: desks, title: "Signing in: a wrong code", path: "!/agent/sign-in/second", status: 422, post: url.Values{}, agents: &agentScene{}},
	{name: "desk-join", group: desks, title: "Joining as an agent", path: "!/agent/join/made-up", agents: &agentScene{}},
	{name: "desk-join-over", group: desks, title: "A link to join that is over", path: "!/agent/join/made-up", status: 404, agents: &agentScene{empty: true}},
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
