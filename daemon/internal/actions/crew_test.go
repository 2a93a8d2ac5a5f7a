package actions

import (
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// as makes an agent of a role, by its name.
func (b *bench) as(address, role string) Actor {
	b.t.Helper()
	a, _, err := b.AddAgent(b.t.Context(), operator, NewAgent{Name: "Robin", Address: address, Password: password, Role: role})
	if err != nil {
		b.t.Fatal(err)
	}
	return b.again(a)
}

// again is an agent as they are now.
func (b *bench) again(a *helpdesk.Agent) Actor {
	b.t.Helper()
	now, err := b.db.Agent(b.t.Context(), "support", a.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	by, err := b.ActFor(b.t.Context(), "support", now)
	if err != nil {
		b.t.Fatal(err)
	}
	return by
}

func (b *bench) role(name string, sees helpdesk.Sight, allows ...helpdesk.Permission) *helpdesk.DeskRole {
	b.t.Helper()
	r, err := b.SaveRole(b.t.Context(), operator, helpdesk.DeskRole{Name: name, Sees: sees, Permissions: allows})
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bench) team(name string, members ...Actor) *helpdesk.Team {
	b.t.Helper()
	team := helpdesk.Team{Name: name}
	for _, m := range members {
		team.Members = append(team.Members, m.Agent.ID)
	}
	made, err := b.SaveTeam(b.t.Context(), operator, team)
	if err != nil {
		b.t.Fatal(err)
	}
	return made
}

// The first agent of an account is its admin, those after it are not.
func TestFirstAgentIsAdmin(t *testing.T) {
	b := newBench(t)
	for i, want := range []helpdesk.ID{helpdesk.AdminRole, helpdesk.AgentRole} {
		a, _, err := b.AddAgent(t.Context(), operator, NewAgent{Name: "Robin", Address: []string{"a@acme.example", "b@acme.example"}[i]})
		if err != nil || a.Role != want {
			t.Errorf("agent %d is %q, %v, want %q", i+1, a.Role, err, want)
		}
	}
}

// Who manages people without being an admin gives nobody more than they have, and
// changes nobody who is more.
func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	admin := b.as("admin@acme.example", "admin")
	b.role("Lead", helpdesk.SeesAll, helpdesk.ManagePeople, helpdesk.EditContacts)
	auditor := b.role("Auditor", helpdesk.SeesAll, helpdesk.ReadAudit)
	b.role("Corner", helpdesk.SeesTeams, helpdesk.ManagePeople)
	lead, corner := b.as("lead@acme.example", "Lead"), b.as("corner@acme.example", "Corner")
	ann, plain := b.as("ann@acme.example", "agent"), b.role("Plain", helpdesk.SeesAll)
	kim := b.as("kim@acme.example", "Plain")
	small := b.role("Small", helpdesk.SeesTeams)
	sam := b.as("sam@acme.example", "Small")
	theirs, others := b.team("Theirs", corner), b.team("Others", kim)
	corner = b.again(corner.Agent)

	set := func(by Actor, who Actor, in AgentChange) error {
		_, err := b.SetAgent(ctx, by, string(who.Agent.ID), in)
		return err
	}
	to := func(role string) AgentChange { return AgentChange{Role: &role} }
	yes := true
	mail := helpdesk.MailNone
	save := func(by Actor, r helpdesk.DeskRole) error { _, err := b.SaveRole(ctx, by, r); return err }
	put := func(by Actor, t helpdesk.Team) error { _, err := b.SaveTeam(ctx, by, t); return err }
	more := *plain
	more.Permissions = []helpdesk.Permission{helpdesk.ExportData}
	wider := *auditor
	wider.Permissions = nil
	sight := *small
	sight.Sees = helpdesk.SeesAll
	joined := *others
	joined.Members = append(joined.Members, corner.Agent.ID)
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"make an admin", set(lead, kim, to("admin")), "forbidden"},
		{"make oneself an admin", set(lead, lead, to("Admin")), "forbidden"},
		{"give a permission that they lack", set(lead, kim, to("Auditor")), "forbidden"},
		{"give a built-in role with more", set(lead, kim, to("agent")), "forbidden"},
		{"disable an admin", set(lead, admin, AgentChange{Disabled: &yes}), "forbidden"},
		{"rename an admin", set(lead, admin, AgentChange{Name: new("Eve")}), "forbidden"},
		{"silence an admin", set(lead, admin, AgentChange{Mail: &mail}), "forbidden"},
		{"demote who has more", set(lead, ann, to("Plain")), "forbidden"},
		{"a role with more", save(lead, helpdesk.DeskRole{Name: "Mine", Permissions: []helpdesk.Permission{helpdesk.ManageAccess}}), "forbidden"},
		{"more for a role", save(lead, more), "forbidden"},
		{"change a role that has more", save(lead, wider), "forbidden"},
		{"remove a role, so that its agents get more", b.RemoveRole(ctx, lead, small.ID, small.Rev), "forbidden"},
		{"wider sight for a role", save(corner, sight), "forbidden"},
		{"give who sees teams the sight of all", set(corner, sam, to("Plain")), "forbidden"},
		{"into a team that they are not in", put(corner, joined), "forbidden"},
		{"into a team by changing oneself", set(corner, corner, AgentChange{Teams: &[]helpdesk.ID{theirs.ID, others.ID}}), "forbidden"},
		{"remove a team of others", b.RemoveTeam(ctx, corner, others.ID, others.Rev), "forbidden"},
		{"an agent without the permission", set(kim, sam, AgentChange{Disabled: &yes}), "forbidden"},
		{"no such role", set(admin, kim, to("Owner")), "invalid"},
		{"a permission that there is not", save(admin, helpdesk.DeskRole{Name: "X", Permissions: []helpdesk.Permission{"root"}}), "invalid"},
		{"a sight that there is not", save(admin, helpdesk.DeskRole{Name: "X", Sees: "Nothing"}), "invalid"},
		{"a name that is taken", save(admin, helpdesk.DeskRole{Name: "aDMIN"}), "invalid"},
		{"remove a built-in role", b.RemoveRole(ctx, admin, helpdesk.AdminRole, 0), "invalid"},
		{"a team with a name that is too long", put(admin, helpdesk.Team{Name: "a team with too long a name"}), "invalid"},
		{"a team with somebody unknown", put(admin, helpdesk.Team{Name: "X", Members: []helpdesk.ID{helpdesk.NewID()}}), "invalid"},
		{"a smaller role", set(lead, kim, to("Small")), "ok"},
		{"their own team", set(corner, corner, AgentChange{Teams: &[]helpdesk.ID{}}), "ok"},
		{"an admin makes an admin", set(admin, kim, to("Admin")), "ok"},
	} {
		if got := kindOf(tt.err); got != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, tt.err, tt.want)
		}
	}
}

// Whatever is tried, and by how many at once, an admin is left.
func TestTheLastAdminStays(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	admins := []Actor{b.as("a@acme.example", "admin"), b.as("b@acme.example", "admin")}
	yes, agent := true, "agent"
	var done atomic.Int32
	atOnce(2, func(i int) {
		if _, err := b.SetAgent(ctx, admins[i], string(admins[1-i].Agent.ID), AgentChange{Disabled: &yes}); err == nil {
			done.Add(1)
		} else if kindOf(err) != "invalid" {
			t.Errorf("%v", err)
		}
	})
	if done.Load() != 1 {
		t.Fatalf("%d of two who disable each other succeed, want 1", done.Load())
	}
	left := admins[0]
	if now := b.again(admins[0].Agent); now.Agent.Disabled {
		left = admins[1]
	}
	// Somebody who was asked to join and never did is nobody to rely on.
	waiting := b.as("c@acme.example", "admin")
	waiting.Agent.Password = ""
	waiting.Agent.Rev = b.again(waiting.Agent).Agent.Rev
	if err := b.db.Commit(ctx, &helpdesk.Change{Account: "support", Agent: waiting.Agent}); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]AgentChange{"disabled": {Disabled: &yes}, "demoted": {Role: &agent}} {
		if _, err := b.SetAgent(ctx, left, string(left.Agent.ID), in); kindOf(err) != "invalid" {
			t.Errorf("the last admin is %s: %v", name, err)
		}
	}
	if _, err := b.SetAgent(ctx, operator, string(left.Agent.ID), AgentChange{Disabled: &yes}); err != nil {
		t.Errorf("the operator shuts out the last admin: %v", err)
	}
}

// What two change at once is not lost: who comes second is told.
func TestRolesAndTeamsAreNotOverwritten(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	role, team := b.role("Lead", helpdesk.SeesAll), b.team("Berlin")
	role.Name, team.Description = "Leads", "In the east"
	if _, err := b.SaveRole(ctx, operator, *role); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SaveTeam(ctx, operator, *team); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"role":      func() error { _, err := b.SaveRole(ctx, operator, *role); return err }(),
		"team":      func() error { _, err := b.SaveTeam(ctx, operator, *team); return err }(),
		"gone role": b.RemoveRole(ctx, operator, role.ID, role.Rev), "gone team": b.RemoveTeam(ctx, operator, team.ID, team.Rev),
	} {
		if kindOf(err) != "conflict" {
			t.Errorf("%s: %v, want conflict", name, err)
		}
	}
}

// A role that is gone makes its agents Agents.
func TestRemovedRole(t *testing.T) {
	b := newBench(t)
	role := b.role("Lead", helpdesk.SeesTeams, helpdesk.ManagePeople)
	lead := b.as("lead@acme.example", "Lead")
	if err := b.RemoveRole(t.Context(), operator, role.ID, role.Rev); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(helpdesk.BuiltIn[1], b.again(lead.Agent).Role); diff != "" {
		t.Errorf("role (-want +got):\n%s", diff)
	}
}

// Who sees requests of their teams sees those, their own, those that they follow and
// those that they are named in, and mail about no others.
func TestSight(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	b.role("Team", helpdesk.SeesTeams, helpdesk.DecideHeld)
	eve, all := b.as("eve@acme.example", "Team"), b.as("ann@acme.example", "agent")
	team, other := b.team("Berlin", eve), b.team("Paris")
	eve = b.again(eve.Agent)
	for _, tt := range []struct {
		name string
		make func(t *helpdesk.Ticket)
		want bool
	}{
		{"nobody's", func(*helpdesk.Ticket) {}, false},
		{"of their team", func(t *helpdesk.Ticket) { t.Team = team.ID }, true},
		{"of another team", func(t *helpdesk.Ticket) { t.Team = other.ID }, false},
		{"assigned", func(t *helpdesk.Ticket) { t.Assignee = eve.Agent.ID }, true},
		{"assigned to somebody else", func(t *helpdesk.Ticket) { t.Assignee = all.Agent.ID }, false},
		{"watched", func(t *helpdesk.Ticket) { t.Watch(eve.Agent.ID) }, true},
		{"named", func(t *helpdesk.Ticket) { t.Mentioned = []helpdesk.ID{eve.Agent.ID} }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			number := b.ticket(tt.name)
			b.change(number, tt.make)
			_, err := b.Ticket(ctx, eve, number)
			if (err == nil) != tt.want || err != nil && kindOf(err) != "not found" {
				t.Errorf("seen: %v, want %t", err, tt.want)
			}
			if _, err := b.Ticket(ctx, all, number); err != nil {
				t.Errorf("who sees all: %v", err)
			}
			ticket, err := b.db.TicketByNumber(ctx, "support", number)
			if err != nil {
				t.Fatal(err)
			}
			if sees, err := b.db.Sees(ctx, "support", eve.Agent, ticket); err != nil || sees != tt.want {
				t.Errorf("the store says %t, %v", sees, err)
			}
			found, err := b.db.AgentsWhoSee(ctx, "support", ticket)
			if want := map[bool]int{true: 2, false: 1}[tt.want]; err != nil || len(found) != want {
				t.Errorf("%d agents see it, %v, want %d", len(found), err, want)
			}
			err = b.Merge(ctx, eve, number, b.ticket("into "+tt.name))
			if kindOf(err) != "not found" {
				t.Errorf("merged into what they don't see: %v", err)
			}
		})
	}
}

func rangeAll() []clientv3.OpOption { return []clientv3.OpOption{clientv3.WithFromKey()} }
