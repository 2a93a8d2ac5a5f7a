package roster

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/posterndesk/postern/daemon/internal/follow"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// row is a contact, small: there may be a hundred thousand.
type row struct {
	id      helpdesk.ID
	key     string // by which it is ordered
	text    string // in which it is found
	blocked bool
	deleted time.Time // zero: it is not
}

// rowOf is nil for what is in no list.
func rowOf(n store.ContactNews) (*row, error) {
	if n.Gone {
		return nil, nil
	}
	head, err := n.Head()
	if err != nil {
		return nil, err
	}
	if head.MergedInto != "" || head.Erasing != nil {
		return nil, nil
	}
	r := &row{id: n.ID, blocked: head.Blocked != nil}
	if head.Deleted != nil {
		r.deleted = head.Deleted.At
	}
	parts := []string{fold(head.Name)}
	for _, a := range head.Addresses {
		parts = append(parts, fold(a.Address.String()))
	}
	r.text = strings.Join(parts, "\n")
	if r.key = parts[0]; r.key == "" && len(parts) > 1 {
		r.key = parts[1]
	}
	return r, nil
}

// fold makes alike what people take for the same when they look for somebody: case
// and accents.
func fold(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) {
		return strings.ToLower(s)
	}
	return strings.ToLower(norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))))
}

func byKey(a, b row) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) }

// table holds the contacts of one account, ordered.
type table struct {
	mu       sync.RWMutex
	rows     []row
	keys     map[helpdesk.ID]string // of each row, to find it
	progress *follow.Progress
}

func newTable() *table { return &table{keys: map[helpdesk.ID]string{}, progress: follow.NewProgress()} }

func (t *table) replaceAll(rows []row, rev int64) {
	slices.SortFunc(rows, byKey)
	keys := make(map[helpdesk.ID]string, len(rows))
	for i := range rows {
		keys[rows[i].id] = rows[i].key
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows, t.keys = rows, keys
	t.progress.Reach(rev)
}

// replace puts a contact where it belongs now; nil takes it out.
func (t *table) replace(id helpdesk.ID, next *row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if key, known := t.keys[id]; known {
		if at, found := slices.BinarySearchFunc(t.rows, row{id: id, key: key}, byKey); found {
			t.rows = slices.Delete(t.rows, at, at+1)
		}
		delete(t.keys, id)
	}
	if next != nil {
		at, _ := slices.BinarySearchFunc(t.rows, *next, byKey)
		t.rows = slices.Insert(t.rows, at, *next)
		t.keys[id] = next.key
	}
}
