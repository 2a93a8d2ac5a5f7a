package helpdesk

import (
	"testing"
	"time"
)

func TestAuditChain(t *testing.T) {
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.FixedZone("x", 3600))
	var head AuditHead
	chain := make([]AuditRecord, 3)
	for i := range chain {
		chain[i] = AuditRecord{At: at, Act: "contact.block", Subject: "contact/abc", Details: map[string]string{"b": "2", "a": "1"}}
		head.Next(&chain[i])
	}
	check := func(records []AuditRecord) error {
		var head AuditHead
		for i := range records {
			if err := head.Follows(&records[i]); err != nil {
				return err
			}
			head = AuditHead{Seq: records[i].Seq, Hash: records[i].Hash}
		}
		return nil
	}
	if err := check(chain); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		harm func([]AuditRecord) []AuditRecord
	}{
		{"changed", func(c []AuditRecord) []AuditRecord { c[1].Subject = "contact/xyz"; return c }},
		{"details changed", func(c []AuditRecord) []AuditRecord { c[1].Details = map[string]string{"a": "1"}; return c }},
		{"taken out", func(c []AuditRecord) []AuditRecord { return append(c[:1], c[2:]...) }},
		{"the first taken out", func(c []AuditRecord) []AuditRecord { return c[1:] }},
		{"swapped", func(c []AuditRecord) []AuditRecord { c[1], c[2] = c[2], c[1]; return c }},
		{"changed and summed anew", func(c []AuditRecord) []AuditRecord { c[1].Act = "x"; c[1].Hash = c[1].Sum(); return c }},
	} {
		t.Run(test.name, func(t *testing.T) {
			if check(test.harm(append([]AuditRecord(nil), chain...))) == nil {
				t.Error("nobody noticed")
			}
		})
	}
}
