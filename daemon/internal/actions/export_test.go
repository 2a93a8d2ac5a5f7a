package actions

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P10
func TestCell(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"plain", "Where is it?", "Where is it?"},
		{"formula", "=1+1", "'=1+1"},
		{"plus", "+49 30 1234", "'+49 30 1234"},
		{"minus", "-2", "'-2"},
		{"at", "@SUM(A1)", "'@SUM(A1)"},
		{"command", `=cmd|'/c calc'!A0`, `'=cmd|'/c calc'!A0`},
		{"after a blank", " \t\r\n=1", "'=1"},
		{"after what cannot be seen", "\u200b\ufeff=1", "'\u200b\ufeff=1"},
		{"after a quote", `"=1"`, `'"=1"`},
		{"wide", "＝1", "'＝1"},
		{"where another cell would begin", "a; =1;-2;b", "a; '=1;'-2;b"},
		{"in the middle", "1-2=@+", "1-2=@+"},
		{"lines", "a\r\n\x00b\x7f", "a b"},
		{"no UTF-8", "a\xffb", "a b"},
		{"nothing", "", ""},
	} {
		if got := cell(tt.text); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := cell(strings.Repeat("ä", 40_000)); len(got) > maxCell || !utf8.ValidString(got) {
		t.Errorf("a long text has %d bytes", len(got))
	}
}

// Whatever text is in a file, no program finds a formula in it: neither one that takes
// commas for the ends of cells nor one that takes semicolons.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"=1", "a;=1", `"";"=1"`, "\u200b=1", "a\n=1", " '=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		if err := w.Write([]string{"1", cell(text), "end"}); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		read, err := csv.NewReader(&file).Read()
		if err != nil || len(read) != 3 || read[2] != "end" {
			t.Fatalf("%q was read as %q, %v", text, read, err)
		}
		for _, part := range strings.Split(read[1], ";") {
			if begin := strings.TrimLeft(part, " \""); begin != "" && strings.ContainsRune("=+-@", rune(begin[0])) {
				t.Fatalf("%q becomes %q, which has a formula", text, read[1])
			}
		}
	})
}

// covers: P10
func TestExport(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	admin, ada := b.member("ada@acme.example", deskAdmin), b.member("bob@acme.example", deskAgent)
	var want [][]string
	for i := range MostListed + 5 {
		n := b.ticket("n" + strconv.Itoa(i))
		b.change(n, func(t *helpdesk.Ticket) { t.Subject, t.Assignee = "=HYPERLINK("+strconv.Itoa(i)+")", admin.Agent.ID })
		want = append(want, []string{strconv.FormatInt(n, 10), "'=HYPERLINK(" + strconv.Itoa(i) + ")", "Open", "High", "Ada Lovelace", "", "form", "Alice", "alice@customer.example"})
	}
	if _, err := b.Export(ctx, ada, ListQuery{Queue: OpenQueue}); helpdesk.KindOf(err) != helpdesk.Forbidden {
		t.Errorf("without the permission: %v", err)
	}
	if _, err := b.Export(ctx, admin, ListQuery{Queue: "x"}); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("no list: %v", err)
	}
	e, err := b.Export(ctx, admin, ListQuery{Queue: OpenQueue, Order: "oldest", Limit: 1, Before: "x"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var got [][]string
	for {
		rows, err := e.Next(ctx, admin)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			break
		}
		for _, r := range rows {
			if len(r) != len(e.Header) {
				t.Fatalf("%d cells under %d headings", len(r), len(e.Header))
			}
			got = append(got, r[:9])
		}
	}
	byNumber := func(a, b []string) bool { return len(a[0]) < len(b[0]) || len(a[0]) == len(b[0]) && a[0] < b[0] }
	if diff := cmp.Diff(want, inOrder(got, byNumber)); diff != "" || e.Total != len(want) {
		t.Errorf("%d in all, rows (-want +got):\n%s", e.Total, diff)
	}
	if _, err := e.Next(ctx, ada); helpdesk.KindOf(err) != helpdesk.Forbidden {
		t.Errorf("who may no more goes on: %v", err)
	}
	second, err := b.Export(ctx, admin, ListQuery{Queue: AllQueue})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if _, err := b.Export(ctx, admin, ListQuery{Queue: AllQueue}); helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Errorf("a third at once: %v", err)
	}
	e.Close()
	e.Close()
	third, err := b.Export(ctx, admin, ListQuery{Queue: AllQueue})
	if err != nil {
		t.Fatalf("after one has ended: %v", err)
	}
	third.Close()
	audit := b.audited("list.export")
	if len(audit) != 3 || audit[0].Subject != "list/open" || audit[0].By.Agent != admin.Agent.ID || audit[0].Details["requests"] != "65" {
		t.Errorf("audit log %+v", audit)
	}
}

// audited are the records of the audit log whose acts begin so.
func (b *bench) audited(act string) []helpdesk.AuditRecord {
	b.t.Helper()
	all, err := b.db.Audit(b.t.Context(), "support", 1, false, 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(r helpdesk.AuditRecord) bool { return !strings.HasPrefix(r.Act, act) })
}

func inOrder(rows [][]string, less func(a, b []string) bool) [][]string {
	for i := range rows {
		for j := i; j > 0 && less(rows[j], rows[j-1]); j-- {
			rows[j], rows[j-1] = rows[j-1], rows[j]
		}
	}
	return rows
}
