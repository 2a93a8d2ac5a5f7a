package helpdesk

import (
	"slices"
	"strings"
)

// Permission is one thing that not every agent may do. Reading and answering the
// requests that somebody sees takes none.
type Permission string

const (
	DecideHeld     Permission = "held"            // decide about mail that was held back
	EditContacts   Permission = "contacts"        // change, block, merge, invite and import contacts
	RemoveContacts Permission = "contacts.remove" // delete and erase them
	ExportData     Permission = "export"          // take data of many away as a file
	ShareThings    Permission = "share"           // views and canned replies for everybody
	ManagePeople   Permission = "people"          // agents, teams and roles
	ManageDesk     Permission = "desk"            // names of statuses, fields
	ManageAccess   Permission = "access"          // tokens of programs, and what they are told
	ReadAudit      Permission = "audit"
)

// Permissions in the order in which they are offered.
var Permissions = []Permission{DecideHeld, EditContacts, RemoveContacts, ExportData, ShareThings, ManagePeople, ManageDesk, ManageAccess, ReadAudit}

// Sight says which requests an agent sees.
type Sight string

const (
	SeesAll   Sight = ""      // all of the account
	SeesTeams Sight = "Teams" // those of their teams, their own, and those that they follow
)

// DeskRole is what some agents may do. Two are always there, see [BuiltIn].
type DeskRole struct {
	ID          ID           `json:"id"`
	Name        string       `json:"name"`
	Permissions []Permission `json:"permissions,omitempty"`
	Sees        Sight        `json:"sees,omitempty"`
	// SecondFactor wants more of its agents than a password.
	SecondFactor bool `json:"secondFactor,omitempty"`

	Rev int64 `json:"-"`
}

// Limits of roles: each is read and understood by people.
const (
	MaxRoleName = 40
	MaxRoles    = 50
)

// RoleByName finds a role by its name, in any case; nil if there is none, or if
// several have it.
func RoleByName(roles []DeskRole, name string) *DeskRole {
	var found *DeskRole
	for i := range roles {
		if !strings.EqualFold(roles[i].Name, name) {
			continue
		}
		if found != nil {
			return nil
		}
		found = &roles[i]
	}
	return found
}

// IsBuiltIn reports one of [BuiltIn].
func (r *DeskRole) IsBuiltIn() bool { return r.ID == AdminRole || r.ID == AgentRole }

// Ids of the roles that are always there. Agents of older records have no role and
// are [AgentRole].
const (
	AdminRole ID = "admin"
	AgentRole ID = "agent"
)

// BuiltIn are the roles that are always there.
var BuiltIn = []DeskRole{
	{ID: AdminRole, Name: "Admin", Permissions: Permissions},
	{ID: AgentRole, Name: "Agent", Permissions: []Permission{DecideHeld, EditContacts, ShareThings}},
}

// Covers reports whether who has the role may give the other: nobody gives more than
// they have. It says nothing about [AdminRole], which only its own give.
func (r *DeskRole) Covers(other *DeskRole) bool {
	if r.Sees != SeesAll && other.Sees == SeesAll {
		return false
	}
	return !slices.ContainsFunc(other.Permissions, func(p Permission) bool { return !r.May(p) })
}

// May reports whether the role allows it.
func (r *DeskRole) May(p Permission) bool { return slices.Contains(r.Permissions, p) }

// Team is agents who work on the same requests.
type Team struct {
	ID          ID     `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Members     []ID   `json:"members,omitempty"`

	Rev int64 `json:"-"`
}

// Limits of teams: names stand in lists.
const (
	MaxTeamName        = 24
	MaxTeamDescription = 240
	MaxTeams           = 200
	MaxTeamMembers     = 500
)
