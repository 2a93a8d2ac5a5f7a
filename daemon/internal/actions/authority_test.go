package actions

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// allowedBy are the acts that take a permission. All others are for every agent who
// works, on the requests that they see.
var allowedBy = map[string]helpdesk.Permission{
	"DecideHeld": helpdesk.DecideHeld, "LiftSpam": helpdesk.DecideHeld, "Release": helpdesk.DecideHeld,
	"InviteContact": helpdesk.EditContacts, "AddContact": helpdesk.EditContacts, "EditContact": helpdesk.EditContacts, "AddAddress": helpdesk.EditContacts,
	"RemoveAddress": helpdesk.EditContacts, "BlockContact": helpdesk.EditContacts, "UnblockContact": helpdesk.EditContacts, "SignOutContact": helpdesk.EditContacts,
	"SaveDeskSettings": helpdesk.ManageDesk,
	"SaveRole":         helpdesk.ManagePeople, "RemoveRole": helpdesk.ManagePeople, "SaveTeam": helpdesk.ManagePeople, "RemoveTeam": helpdesk.ManagePeople,
	"SetAgent": helpdesk.ManagePeople, "InviteAgent": helpdesk.ManagePeople, "SendJoin": helpdesk.ManagePeople, "ResetSecond": helpdesk.ManagePeople,
	"Export":   helpdesk.ExportData,
	"AuditLog": helpdesk.ReadAudit, "CheckAudit": helpdesk.ReadAudit,
}

// byOperator are the acts of the operator alone, which agents are told nothing of.
var byOperator = []string{"AddAgent"}

// apart are lists, and acts about files that wait: these are no request's before one
// is written.
var apart = []string{"Attach", "Attached", "Tickets"}

// Every act asks who does it before anything else: it is called with nothing at all,
// so that whatever else it looked at first would answer otherwise, or panic.
func TestEveryActAsksWhoDoesIt(t *testing.T) {
	b := newBench(t)
	works := b.agent("ada@acme.example")
	works.Role = helpdesk.DeskRole{ID: "none", Name: "None"}
	disabled := works
	gone := *works.Agent
	gone.Disabled = true
	disabled.Agent = &gone

	all := reflect.TypeOf(b.Desk)
	found := map[string]bool{}
	for i := range all.NumMethod() {
		m := all.Method(i)
		if m.Type.NumIn() < 3 || m.Type.In(2) != reflect.TypeFor[Actor]() {
			continue
		}
		found[m.Name] = true
		t.Run(m.Name, func(t *testing.T) {
			refused := helpdesk.SignIn
			if slices.Contains(byOperator, m.Name) {
				refused = helpdesk.NotFound
			}
			for name, by := range map[string]Actor{"nobody": {Account: "support"}, "a disabled agent": disabled} {
				if kind, panicked := called(t, b.Desk, m, by); panicked != nil || kind != refused {
					t.Errorf("%s: %v, panic %v, want %v", name, kind, panicked, refused)
				}
			}
			p, named := allowedBy[m.Name]
			kind, _ := called(t, b.Desk, m, works) // with nothing to do, an act that may go on may panic
			forbidden := kind == helpdesk.Forbidden
			if named && !forbidden {
				t.Error("a role that allows nothing may do it")
			}
			var opens []helpdesk.Permission
			for _, all := range helpdesk.Permissions {
				by := works
				by.Role.Permissions = []helpdesk.Permission{all}
				if kind, _ := called(t, b.Desk, m, by); forbidden && kind != helpdesk.Forbidden {
					opens = append(opens, all)
				}
			}
			if named && (len(opens) != 1 || opens[0] != p) || !named && len(opens) > 1 {
				t.Errorf("permissions %q open it, want %q", opens, p)
			}
		})
	}
	for name := range allowedBy {
		if !found[name] {
			t.Errorf("there is no act %s", name)
		}
	}
}

// called calls an act with zero values behind the actor. The kind of no error is -1.
func called(t *testing.T, d *Desk, m reflect.Method, by Actor) (kind helpdesk.Kind, panicked any) {
	in := []reflect.Value{reflect.ValueOf(d), reflect.ValueOf(t.Context()), reflect.ValueOf(by)}
	fixed := m.Type.NumIn()
	if m.Type.IsVariadic() {
		fixed--
	}
	for i := 3; i < fixed; i++ {
		in = append(in, reflect.Zero(m.Type.In(i)))
	}
	defer func() { panicked = recover() }()
	kind = -1
	for _, out := range m.Func.Call(in) {
		if err, ok := out.Interface().(error); ok && err != nil {
			kind = helpdesk.KindOf(err)
		}
	}
	return kind, nil
}

// What a role's agents do not see is to every act as if it were not there.
func TestEveryActKeepsToWhatIsSeen(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	by := b.agent("ada@acme.example")
	by.Role = helpdesk.DeskRole{ID: "team", Name: "Team", Permissions: helpdesk.Permissions, Sees: helpdesk.SeesTeams}
	all := reflect.TypeOf(b.Desk)
	asked := 0
	for i := range all.NumMethod() {
		m := all.Method(i)
		if m.Type.NumIn() < 4 || m.Type.In(2) != reflect.TypeFor[Actor]() || m.Type.In(3) != reflect.TypeFor[int64]() || slices.Contains(apart, m.Name) {
			continue
		}
		asked++
		t.Run(m.Name, func(t *testing.T) {
			before := b.revision()
			kind := onTicket(t.Context(), b.Desk, m, by, number)
			if kind == -1 {
				t.Error("it was done")
			}
			if after := b.revision(); after != before {
				t.Error("it wrote something")
			}
		})
	}
	if asked < 10 {
		t.Errorf("%d acts are about a request", asked)
	}
}

// onTicket calls an act about a request with arguments that it could do something with.
func onTicket(ctx context.Context, d *Desk, m reflect.Method, by Actor, number int64) helpdesk.Kind {
	in := []reflect.Value{reflect.ValueOf(d), reflect.ValueOf(ctx), reflect.ValueOf(by), reflect.ValueOf(number)}
	for i := 4; i < m.Type.NumIn() && !(m.Type.IsVariadic() && i == m.Type.NumIn()-1); i++ {
		v := reflect.New(m.Type.In(i)).Elem()
		switch v.Kind() {
		case reflect.Int, reflect.Int64:
			v.SetInt(1)
		case reflect.Uint16:
			v.SetUint(1)
		case reflect.String:
			v.SetString(map[bool]string{true: "Resolved", false: "High"}[v.Type() == reflect.TypeFor[helpdesk.Status]()])
		case reflect.Struct:
			if text := v.FieldByName("Text"); text.IsValid() && text.Kind() == reflect.String {
				text.SetString("Something")
			}
		}
		in = append(in, v)
	}
	kind := helpdesk.Kind(-1)
	for _, out := range m.Func.Call(in) {
		if err, ok := out.Interface().(error); ok && err != nil {
			kind = helpdesk.KindOf(err)
		}
	}
	return kind
}
