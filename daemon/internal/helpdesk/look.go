package helpdesk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Look names how the ticket looks to a participant: it is another one when anything
// that customers see has changed. What agents do among themselves does not change
// it, so that it does not even tell when they did something.
func (t *Ticket) Look(viewer *Participant) string {
	type person struct {
		Number  uint16
		Name    string
		Address Address
	}
	seen := struct {
		Subject  string
		Status   Status
		Said     time.Time
		Threaded int
		Merged   bool
		History  bool
		People   []person
	}{t.Subject, t.Status, t.Said, t.Threaded, t.Merged != nil, viewer.History, nil}
	for i := range t.Participants {
		if p := &t.Participants[i]; p.Active() {
			seen.People = append(seen.People, person{p.Number, p.Name, p.Address})
		}
	}
	raw, _ := json.Marshal(seen) // of such fields it always can
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:6])
}
