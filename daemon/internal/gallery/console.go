package gallery

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/console"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// agentScene is what the made-up desk answers an agent.
type agentScene struct {
	empty   bool
	compact bool
	refused error // of a change of many, or of a request
	codes   bool  // the agent has a second factor

	ticket  func() *actions.Detail        // nil: there is none
	writing *helpdesk.Writing             // what the agent has begun there
	contact func() *actions.ContactDetail // nil: everybody is as usual
}

// agentDesk is a [console.Desk] that makes everything up. What it lacks panics, as in
// [desk].
type agentDesk struct {
	console.Desk
	scene agentScene
}

var (
	robinAgent = helpdesk.Agent{ID: "robinrobinrobinr", Name: "Robin Sample", Address: robin, Role: helpdesk.AdminRole, Password: "made-up"}
	samAgent   = helpdesk.Agent{ID: "samsamsamsamsams", Name: "Sam Adeyemi", Address: helpdesk.MustAddress("sam@acme.example")}
	repairs    = helpdesk.Team{ID: "repairsrepairsre", Name: "Repairs"}
	oldOnes    = actions.SavedView{Rev: 7, View: helpdesk.View{
		ID: "oldonesoldonesol", Name: "Waiting for a week", Owner: robinAgent.ID, Order: "oldest", Columns: []string{"opened"},
		Filter: helpdesk.Filter{Statuses: []helpdesk.Status{helpdesk.Open}, Tags: []string{"refund"}, OlderThan: 7 * 24 * time.Hour, Assignees: []string{helpdesk.FilterNobody}},
	}}
	urgentOnes = actions.SavedView{Rev: 8, View: helpdesk.View{ID: "urgentonesurgent", Name: "Urgent, of everybody", Filter: helpdesk.Filter{Priorities: []string{"Urgent"}}}}
)

// SignedIn implements [console.Desk].
func (d *agentDesk) SignedIn(_ context.Context, account, _ string) (actions.Actor, error) {
	agent := d.signedIn()
	return actions.Actor{Account: account, Agent: &agent, Role: helpdesk.BuiltIn[0]}, nil
}

// List implements [console.Desk].
func (d *agentDesk) List(_ context.Context, _ actions.Actor, q actions.ListQuery) (*actions.Listing, error) {
	if d.scene.empty {
		return &actions.Listing{}, nil
	}
	found := &actions.Listing{Rows: agentRows(), Total: 214, Older: "made-up", Look: "made-up"}
	if q.View != "" {
		found.View = &oldOnes.View
	}
	return found, nil
}

// Counts implements [console.Desk].
func (d *agentDesk) Counts(context.Context, actions.Actor) (map[string]int, error) {
	if d.scene.empty {
		return map[string]int{}, nil
	}
	return map[string]int{"mine": 4, "unassigned": 12, "open": 31, "pending": 58, "mentions": 1, "snoozed": 3, "all": 1042, "held": 2, "failed": 1, actions.ViewQueue(oldOnes.ID): 9}, nil
}

// Views implements [console.Desk].
func (d *agentDesk) Views(context.Context, actions.Actor) ([]actions.SavedView, error) {
	if d.scene.empty {
		return nil, nil
	}
	return []actions.SavedView{oldOnes, urgentOnes}, nil
}

// View implements [console.Desk].
func (d *agentDesk) View(context.Context, actions.Actor, helpdesk.ID) (*actions.SavedView, error) {
	return &oldOnes, nil
}

// SaveView implements [console.Desk].
func (d *agentDesk) SaveView(context.Context, actions.Actor, actions.SavedView, bool) (*actions.SavedView, error) {
	return nil, helpdesk.Errorf(helpdesk.Invalid, "a view needs a name of at most %d characters", actions.MaxViewName)
}

// DeskSettings implements [console.Desk].
func (d *agentDesk) DeskSettings(context.Context, actions.Actor) (*helpdesk.DeskSettings, error) {
	if d.scene.empty {
		return &helpdesk.DeskSettings{}, nil
	}
	return &helpdesk.DeskSettings{
		StatusLabels: map[helpdesk.Status]string{helpdesk.Pending: "Waiting for the customer"},
		TicketFields: []helpdesk.FieldSpec{
			{Name: "model", Label: "Model", Type: helpdesk.TextField}, {Name: "fault", Label: "Fault", Type: helpdesk.SelectField, Options: []string{"Lost", "Broken"}},
		},
		ContactFields: []helpdesk.FieldSpec{{Name: "company", Label: "Company", Type: helpdesk.TextField}, {Name: "vip", Label: "Comes first", Type: helpdesk.TickField}},
	}, nil
}

// TeamList implements [console.Desk].
func (d *agentDesk) TeamList(context.Context, actions.Actor) ([]helpdesk.Team, error) {
	team := repairs
	team.Description, team.Members = "Skates, anvils and all that has wheels", []helpdesk.ID{samAgent.ID}
	return []helpdesk.Team{team}, nil
}

// Agents implements [console.Desk].
func (d *agentDesk) Agents(context.Context, actions.Actor) ([]helpdesk.Agent, error) {
	sam, gone := samAgent, helpdesk.Agent{ID: "terryterryterryt", Name: "Terry Whitfield-Castellanos", Address: helpdesk.MustAddress("terry@acme.example"), Role: repairsRole.ID, Disabled: true, Created: ago(700 * day)}
	sam.Role, sam.Created, sam.Joining = repairsRole.ID, ago(30*day), "passpasspasspass"
	return []helpdesk.Agent{d.signedIn(), sam, gone}, nil
}

// Senders implements [console.Desk].
func (d *agentDesk) Senders(context.Context, actions.Actor) (*actions.Senders, error) {
	return &actions.Senders{Mailboxes: []helpdesk.Mailbox{{Name: "support", Address: helpdesk.MustAddress("support@acme.example")}}}, nil
}

// ChangeMany implements [console.Desk].
func (d *agentDesk) ChangeMany(context.Context, actions.Actor, []int64, actions.Bulk) (*actions.BulkResult, error) {
	if d.scene.refused != nil {
		return nil, d.scene.refused
	}
	return &actions.BulkResult{Changed: []int64{1041, 1040}, Undo: "undoundoundoundo", Words: "2 requests were changed.", Failed: []actions.BulkFailure{
		{Number: 1038, Err: helpdesk.Errorf(helpdesk.Invalid, "request #1038 was merged and goes on as #1036: do it there")},
	}}, nil
}

// FailedMail implements [console.Desk].
func (d *agentDesk) FailedMail(context.Context, actions.Actor, helpdesk.ID) ([]actions.FailedMail, helpdesk.ID, error) {
	if d.scene.empty {
		return nil, "", nil
	}
	return []actions.FailedMail{{Number: 1036, Subject: "Rocket skates overheat", Relay: "smtp.acme.example:465", Delivery: helpdesk.Delivery{
		ID: "deliverydelivery", To: bob, State: helpdesk.Failed, Purpose: helpdesk.AgentReply, Entry: 4, Created: now.Add(-50 * time.Hour), Attempts: 31,
	}}}, "", nil
}

// HeldCount implements [console.Desk].
func (d *agentDesk) HeldCount(context.Context, actions.Actor) (int, error) {
	return len(d.heldItems()), nil
}

// Held implements [console.Desk].
func (d *agentDesk) Held(context.Context, actions.Actor) ([]helpdesk.HeldItem, error) {
	return d.heldItems(), nil
}

// HeldDecided implements [console.Desk].
func (d *agentDesk) HeldDecided(context.Context, actions.Actor) ([]helpdesk.HeldItem, error) {
	item := heldStranger()
	item.Decision = &helpdesk.Decision{Verdict: helpdesk.AcceptOnce, By: robinAgent.Author(), At: now.Add(-time.Hour), Number: 1036, Entry: 5}
	return []helpdesk.HeldItem{item}, nil
}

// HeldItem implements [console.Desk].
func (d *agentDesk) HeldItem(_ context.Context, _ actions.Actor, id string) (*helpdesk.HeldItem, error) {
	for _, item := range d.heldItems() {
		if string(item.ID) == id {
			return &item, nil
		}
	}
	return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such mail")
}

func (d *agentDesk) heldItems() []helpdesk.HeldItem {
	if d.scene.empty {
		return nil
	}
	unproven := heldStranger()
	unproven.ID, unproven.Cause, unproven.Number, unproven.Ticket = "unprovenunproven", helpdesk.UnprovenSender, 0, 0
	unproven.FromName, unproven.Subject, unproven.At = "", "Your invoice 2025-118 is overdue", now.Add(-26*time.Hour)
	unproven.Recognised.Trust = helpdesk.Trust{Proof: helpdesk.ProofFail, Reasons: []string{"DMARC of elsewhere.example failed: neither SPF nor DKIM fits the From address."}}
	return []helpdesk.HeldItem{heldStranger(), unproven}
}

func heldStranger() helpdesk.HeldItem {
	return helpdesk.HeldItem{
		ID: "strangerstranger", Cause: helpdesk.NotParticipant, Mailbox: "support", Ticket: 9, Number: 1036, At: now.Add(-40 * time.Minute), Expires: now.AddDate(0, 0, 29),
		From: helpdesk.MustAddress("dora@workshop.example"), FromName: "Dora Lindqvist", Subject: "Re: Rocket skates overheat",
		Text: "Bob asked me to tell you what we found: the left bearing is dry. We can mend it here, if you send us the part.", Raw: "00",
		Entry: &helpdesk.Entry{Kind: helpdesk.Message, Quoted: "> Could your workshop have a look at them?"},
		Recognised: helpdesk.Recognition{
			Rule: "proven-stranger", Token: helpdesk.TokenOther, Sender: helpdesk.SenderStranger, Class: helpdesk.ClassMessage,
			Trust: helpdesk.Trust{Proof: helpdesk.ProofPass, Reasons: []string{"DKIM of workshop.example passed and fits the From address."}},
		},
	}
}
