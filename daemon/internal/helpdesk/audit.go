package helpdesk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// AuditRecord says who did what that not everybody may do, or that touches
// somebody's data or trust. Each carries the hash of the one before, so that none
// can be changed or taken out unseen. It names people by id: what is erased must not
// live on here. It gets no other members, as an older program would sum it without
// them: Details have room.
type AuditRecord struct {
	Seq     int64     `json:"seq"` // from 1, without a gap
	At      time.Time `json:"at"`
	By      AuditBy   `json:"by"`
	Act     string    `json:"act"`               // what was done, as in "contact.block"
	Subject string    `json:"subject,omitempty"` // to what, as in "contact/abc" or "ticket/1042"
	// Details are few, short, and nobody's words.
	Details map[string]string `json:"details,omitempty"`
	Before  string            `json:"before"` // the hash of the record before; "" in the first
	Hash    string            `json:"hash"`   // see [AuditRecord.Sum]
}

// AuditBy is who did it.
type AuditBy struct {
	Agent    ID     `json:"agent,omitempty"`
	Token    string `json:"token,omitempty"`    // the id of the token by which a program did it for the agent
	Operator bool   `json:"operator,omitempty"` // who holds the admin socket
	System   bool   `json:"system,omitempty"`   // the daemon itself, when a time had come
}

// Sum is the SHA-256, in hex, of the record's JSON without its own hash. The JSON is
// that of this program: members in the order of the struct, maps sorted, times in UTC.
func (r AuditRecord) Sum() string {
	r.Hash, r.At = "", r.At.UTC()
	raw, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("write audit record: %v", err)) // strings and times always can be
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// AuditHead is the end of the chain.
type AuditHead struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// Next chains a record to the end and is the end from then on.
func (h *AuditHead) Next(r *AuditRecord) {
	r.Seq, r.Before = h.Seq+1, h.Hash
	r.Hash = r.Sum()
	h.Seq, h.Hash = r.Seq, r.Hash
}

// Follows tells what is wrong with a record that should be next; nil if nothing is.
func (h *AuditHead) Follows(r *AuditRecord) error {
	switch {
	case r.Seq != h.Seq+1:
		return fmt.Errorf("record %d stands where %d should", r.Seq, h.Seq+1)
	case r.Before != h.Hash:
		return fmt.Errorf("record %d does not follow the one before", r.Seq)
	case r.Hash != r.Sum():
		return fmt.Errorf("record %d was changed", r.Seq)
	}
	return nil
}
