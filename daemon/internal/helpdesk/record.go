package helpdesk

import "encoding/json"

// RecordKind names a collection of small records of an account that agents make:
// each is read and written whole, by its id.
type RecordKind string

const (
	ViewRecord     RecordKind = "view"     // a saved view, by id
	CannedRecord   RecordKind = "canned"   // [Canned], by id
	RoleRecord     RecordKind = "role"     // [DeskRole], by id
	TeamRecord     RecordKind = "team"     // [Team], by id
	SettingsRecord RecordKind = "settings" // [DeskSettings], one, "desk"
	TokenRecord    RecordKind = "token"    // a token of a program, by the hash of it
	HookRecord     RecordKind = "hook"     // whom to tell of what happens, by id
	PostRecord     RecordKind = "post"     // what a hook is told, waiting or done, by id; lapses
	WritingRecord  RecordKind = "writing"  // [Writing], agent/ticket; lapses
	SeenRecord     RecordKind = "seen"     // [Seen], agent/ticket; lapses
	UndoRecord     RecordKind = "undo"     // how to take back a change of many, by id; lapses
	PresenceRecord RecordKind = "presence" // [Presence], ticket/agent; lapses
	NewsRecord     RecordKind = "news"     // what hooks are still to be told, by id; lapses
	EraseRecord    RecordKind = "erase"    // [Erasure], contact; and below it, as contact/part, blobs that it freed
	TombRecord     RecordKind = "tomb"     // [Tomb], by the id of a ticket that was erased
	MoveRecord     RecordKind = "move"     // by contact: requests that are still to be told that it was merged
	OnceRecord     RecordKind = "once"     // [Once], token/hash of the key that a program chose; lapses
	WakeRecord     RecordKind = "wake"     // [Wake], when/ticket: what is out of sight until then
)

// RecordKinds are all there are. Those that lapse have a member "until" in their
// value, at which the sweeper removes them.
var RecordKinds = map[RecordKind]struct{ Lapses bool }{
	ViewRecord: {}, CannedRecord: {}, RoleRecord: {}, TeamRecord: {}, SettingsRecord: {}, TokenRecord: {}, HookRecord: {},
	PostRecord: {Lapses: true}, WritingRecord: {Lapses: true}, SeenRecord: {Lapses: true}, UndoRecord: {Lapses: true},
	PresenceRecord: {Lapses: true}, NewsRecord: {Lapses: true}, WakeRecord: {}, EraseRecord: {}, TombRecord: {}, MoveRecord: {}, OnceRecord: {Lapses: true},
}

// Record is one of them in a [Change]. ID may have one slash: what stands before it
// can be listed together.
type Record struct {
	Kind  RecordKind
	ID    string
	Value any   // what is written as JSON
	Rev   int64 // at which it was read; 0 = must be new
	// Any writes it whatever is there: for what nobody else writes.
	Any  bool
	Gone bool // deletes it
}

// StoredRecord is one as it was read.
type StoredRecord struct {
	ID  string
	Rev int64
	Raw json.RawMessage
}
