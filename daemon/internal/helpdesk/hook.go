package helpdesk

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// EventType names something that happened, for programs that want to be told.
type EventType string

const (
	TicketCreated  EventType = "ticket.created"
	TicketUpdated  EventType = "ticket.updated"
	EntryCreated   EventType = "entry.created"
	ContactCreated EventType = "contact.created"
	ContactUpdated EventType = "contact.updated"
	HeldCreated    EventType = "held.created"
	HeldDecided    EventType = "held.decided"
	PingEvent      EventType = "ping" // somebody tries the hook
)

// EventTypes are those that hooks can ask for.
var EventTypes = []EventType{TicketCreated, TicketUpdated, EntryCreated, ContactCreated, ContactUpdated, HeldCreated, HeldDecided}

// HappenedTo is one thing that happened. It says what was touched and not what was
// said: who is told reads that with a token, if it may.
type HappenedTo struct {
	Type       EventType `json:"type"`
	Ticket     TicketID  `json:"ticket,omitzero"`
	Number     int64     `json:"number,omitempty"`
	HelpCenter string    `json:"helpCenter,omitempty"`
	Entry      int       `json:"entry,omitempty"`
	Kind       EntryKind `json:"kind,omitempty"` // of the entry
	Contact    ID        `json:"contact,omitempty"`
	Held       ID        `json:"held,omitempty"`
	Changed    []string  `json:"changed,omitempty"` // names of members of the API
}

// News is what one change did, for hooks. It is written in the transaction of the
// change, and goes in the one that writes what each hook is told.
type News struct {
	At     time.Time    `json:"at"`
	Events []HappenedTo `json:"events,omitempty"`
	// Hook is the one that somebody tries, or whose post Again is to be sent anew.
	Hook  ID        `json:"hook,omitempty"`
	Again ID        `json:"again,omitempty"`
	Until time.Time `json:"until"`
}

// NewsLifetime is how long what happened waits to be told, should nobody tell it.
const NewsLifetime = 7 * 24 * time.Hour

// Hook is a program elsewhere that is told what happens. Its secrets are sealed apart,
// under [Hook.SecretName].
type Hook struct {
	ID      ID          `json:"id"`
	Name    string      `json:"name"`
	URL     string      `json:"url"`
	Events  []EventType `json:"events"`
	By      ID          `json:"by,omitempty"`
	Created time.Time   `json:"created"`
	// Secret counts the secrets it had; the one before counts too until Both.
	Secret int       `json:"secret"`
	Both   time.Time `json:"both,omitzero"`
	// Failing is since when nothing that it was told was taken.
	Failing time.Time `json:"failing,omitzero"`
	// Disabled is when it stopped being told, and Why.
	Disabled time.Time `json:"disabled,omitzero"`
	Why      string    `json:"why,omitempty"`

	Rev int64 `json:"-"`
}

// SecretName is under which the nth secret of the hook is sealed.
func (h *Hook) SecretName(account string, n int) string {
	return "hook/" + account + "/" + string(h.ID) + "/" + string(rune('0'+n%10))
}

// Wants reports whether the hook is told of events of the type.
func (h *Hook) Wants(e EventType) bool { return h.Disabled.IsZero() && slices.Contains(h.Events, e) }

// Limits of hooks.
const (
	MaxHooks    = 50 // of an account
	MaxHookName = 60
	MaxHookURL  = 1000
	// HookPatience is how long a post is tried, and a hook takes nothing, before it is
	// given up.
	HookPatience = 3 * 24 * time.Hour
	// BothSecrets is how long the old secret counts beside a new one.
	BothSecrets = 24 * time.Hour
	// PostLifetime is how long posts are listed.
	PostLifetime = 10 * 24 * time.Hour
)

// CheckHookURL takes https, and http to this machine alone: what is posted says who
// asked what and when.
func CheckHookURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || len(s) > MaxHookURL:
		return Errorf(Invalid, "the address of a hook is one such as https://example.com/postern")
	case u.User != nil || u.Fragment != "":
		return Errorf(Invalid, "the address of a hook has no password and no fragment")
	case u.Scheme == "https" || u.Scheme == "http" && isThisMachine(u.Hostname()):
		return nil
	}
	return Errorf(Invalid, "a hook is told over https")
}

func isThisMachine(host string) bool {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && a.IsLoopback()
}

// PostState of what a hook is told.
type PostState string

const (
	PostWaits PostState = "waiting"
	PostTaken PostState = "taken"
	PostGiven PostState = "given-up"
)

// Post is one thing that a hook is told.
type Post struct {
	ID     ID              `json:"id"`
	Hook   ID              `json:"hook"`
	Type   EventType       `json:"type"`
	Number int64           `json:"number,omitempty"` // of the ticket, whose posts stay in order
	Body   json.RawMessage `json:"body"`
	At     time.Time       `json:"at"` // when it happened
	State  PostState       `json:"state"`
	Tries  int             `json:"tries,omitempty"`
	Since  time.Time       `json:"since"` // when it was first to be sent, or somebody had it sent again
	Next   time.Time       `json:"next,omitzero"`
	Last   *PostAnswer     `json:"last,omitempty"`
	Until  time.Time       `json:"until"`

	Rev int64 `json:"-"`
}

// Key of its record.
func (p *Post) Key() string { return string(p.Hook) + "/" + string(p.ID) }

// PostAnswer is what came of one attempt.
type PostAnswer struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty"` // of HTTP; 0 if none came
	Words  string    `json:"words,omitempty"`  // why none came
	Millis int64     `json:"millis"`
}
