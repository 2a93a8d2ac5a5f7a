package helpdesk

import "slices"

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
}

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

// May reports whether the role allows it.
func (r *DeskRole) May(p Permission) bool { return slices.Contains(r.Permissions, p) }

// Team is agents who work on the same requests.
type Team struct {
	ID          ID     `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Members     []ID   `json:"members,omitempty"`
}

// Limits of teams: names stand in lists.
const (
	MaxTeamName        = 24
	MaxTeamDescription = 240
	MaxTeams           = 200
	MaxTeamMembers     = 500
)
