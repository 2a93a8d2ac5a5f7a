package inbound

import (
	"os"
	"strings"
	"testing"
)

// The page about trust lists every row of the table, in its order.
//
// covers: M02
func TestTableIsWrittenDown(t *testing.T) {
	page, err := os.ReadFile("../../../docs/trust.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(page)) {
		if rest, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ := strings.Cut(rest, "`")
			rows = append(rows, name)
		}
	}
	at := 0
	for _, r := range table {
		found := -1
		for i := at; i < len(rows); i++ {
			if rows[i] == r.name {
				found = i
				break
			}
		}
		if found < 0 {
			t.Errorf("docs/trust.md does not tell the row %s, or not in its place", r.name)
			continue
		}
		at = found + 1
	}
}
