package actions

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P10
func TestReadTable(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       [][]string
		wrong      string
	}{
		{"commas", "name,email\r\nAlice,a@b.example\r\n", [][]string{{"name", "email"}, {"Alice", "a@b.example"}}, ""},
		{"semicolons, with a comma in a name", "name;email\n\"A, B\";a@b.example\n", [][]string{{"name", "email"}, {"A, B", "a@b.example"}}, ""},
		{"tabs and a byte order mark", "\xef\xbb\xbfname\temail\nA\ta@b.example", [][]string{{"name", "email"}, {"A", "a@b.example"}}, ""},
		{"Latin-1", "name;email\nJ\xfcrgen;j@b.example\n", [][]string{{"name", "email"}, {"Jürgen", "j@b.example"}}, ""},
		{"empty lines, and one in quotes", "\n\nname,email\n\n\"A\nB\",a@b.example\n,,\n", [][]string{{"name", "email"}, {"A B", "a@b.example"}}, ""},
		{"rows of different length", "name,email\nA\nB,b@b.example,more\n", [][]string{{"name", "email"}, {"A"}, {"B", "b@b.example", "more"}}, ""},
		{"nothing", "\n\n", nil, "empty"},
		{"too many rows", "a\n" + strings.Repeat("x\n", MaxImportRows+1), nil, "rows"},
		{"too many columns", strings.Repeat("a,", maxColumns+1), nil, "columns"},
		{"too large", strings.Repeat("a", MaxImportBytes+1), nil, "MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readTable(strings.NewReader(tt.file))
			if tt.wrong != "" {
				if err == nil || !strings.Contains(helpdesk.Public(err), tt.wrong) {
					t.Errorf("%v, want %q", err, tt.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			all := [][]string{got.header}
			for _, r := range got.rows {
				all = append(all, r.cells)
			}
			if diff := cmp.Diff(tt.want, all); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzReadTable: whatever file comes, it is refused in words or within its limits.
func FuzzReadTable(f *testing.F) {
	for _, s := range []string{"name,email\nA,a@b.example", "a;b\n\"x;y", "\xff\xfe\x00", "\"", "=1+1,@x\n'", "\xef\xbb\xbf\t\t\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		table, err := readTable(bytes.NewReader(raw))
		if err != nil {
			if helpdesk.Public(err) == "" {
				t.Errorf("no words for %v", err)
			}
			return
		}
		cols, err := findColumns(table.header, someFields)
		if err != nil {
			return
		}
		for i := range table.rows {
			if one := table.rows[i].cell(cols.address); len(one) > maxImportCell || strings.ContainsAny(one, "\n\r\x00") {
				t.Errorf("cell %q", one)
			}
		}
	})
}

// covers: P10
func TestImportContacts(t *testing.T) {
	b := newBench(t)
	b.fieldsOfContacts(someFields...)
	ctx, ada := t.Context(), b.in(helpdesk.AdminRole, "ada@acme.example")
	alice := b.known(false, "!alice@customer.example")
	name := "Alice"
	if err := b.EditContact(ctx, ada, alice.ID, ContactEdit{Name: &name, Fields: map[string]string{"company": "Old", "vip": "yes"}}); err != nil {
		t.Fatal(err)
	}
	b.known(false, "nameless@customer.example")
	if err := b.DeleteContact(ctx, ada, b.known(false, "gone@customer.example").ID); err != nil {
		t.Fatal(err)
	}
	file := "E-Mail;First name;Last name;Company;Seats;Shoe\n" +
		"ALICE@customer.example;Alicia;A;New;;42\n" +
		"nameless@customer.example;N;;;3;\n" +
		"new@customer.example;=cmd;;;;\n" +
		"nobody;X;;;;\n" +
		"New@customer.example;Again;;;;\n" +
		"ada@acme.example;Ada;;;;\n" +
		"support@acme.example;Us;;;;\n" +
		"gone@customer.example;G;;;;\n" +
		"bad@customer.example;B;;;many;\n"
	fates := func(in *Imported) (all []string) {
		for _, r := range in.Rows {
			all = append(all, fmt.Sprintf("%d %s", r.Line, r.Fate))
		}
		return all
	}
	want := []string{"2 changed", "3 changed", "4 new", "5 wrong", "6 wrong", "7 wrong", "8 wrong", "9 wrong", "10 wrong"}
	before := b.revision()
	looked, err := b.ImportContacts(ctx, ada, strings.NewReader(file), false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, fates(looked)); diff != "" || b.revision() != before || looked.Done {
		t.Errorf("looking wrote %t, rows (-want +got):\n%s", b.revision() != before, diff)
	}
	if diff := cmp.Diff([]string{"Shoe"}, looked.Ignored); diff != "" {
		t.Errorf("ignored (-want +got):\n%s", diff)
	}
	done, err := b.ImportContacts(ctx, ada, strings.NewReader(file), true)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, fates(done)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	got := b.contact(helpdesk.MustAddress("alice@customer.example"))
	if diff := cmp.Diff(map[string]string{"company": "New", "vip": "yes"}, got.Fields); got.Name != "Alice" || got.Addresses[0].Proven == nil || diff != "" {
		t.Errorf("Alice = %+v", got)
	}
	if n := b.contact(helpdesk.MustAddress("nameless@customer.example")); n.Name != "N" || n.Fields["seats"] != "3" {
		t.Errorf("nameless = %+v", n)
	}
	if n := b.contact(helpdesk.MustAddress("new@customer.example")); n.Addresses[0].Proven != nil {
		t.Errorf("an import proved an address: %+v", n)
	}
	before = b.revision()
	again, err := b.ImportContacts(ctx, ada, strings.NewReader(file), true)
	if err != nil || again.Counts[RowSame] != 3 || again.Counts[RowNew]+again.Counts[RowChanged] != 0 || b.revision() != before+1 { // the audit log
		t.Errorf("again: %+v, %v", again, err)
	}
	if _, err := b.ImportContacts(ctx, ada, strings.NewReader("name\nA\n"), true); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("without addresses: %v", err)
	}

	var table bytes.Buffer
	if err := b.WriteContacts(ctx, ada, &table); err != nil {
		t.Fatal(err)
	}
	if text := table.String(); !strings.Contains(text, "'=cmd") || !strings.Contains(text, "alice@customer.example") || strings.Contains(text, ",=cmd") {
		t.Errorf("table = %s", text)
	}
	round, err := b.ImportContacts(ctx, ada, &table, false)
	if err != nil || round.Counts[RowSame] != 3 {
		t.Errorf("what was exported is not the same again: %+v, %v", round, err)
	}
}

// covers: P10
func TestImportKept(t *testing.T) {
	b := newBench(t)
	ada, eve := b.in(helpdesk.AgentRole, "ada@acme.example"), b.in(helpdesk.AgentRole, "eve@acme.example")
	u, err := b.KeepImport(t.Context(), ada, "people.csv", strings.NewReader("email\na@b.example\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ImportKept(t.Context(), eve, u.Token(), false); err == nil {
		t.Error("another agent has the file")
	}
	for _, do := range []bool{false, true} {
		if got, err := b.ImportKept(t.Context(), ada, u.Token(), do); err != nil || got.Counts[RowNew] != 1 {
			t.Errorf("%+v, %v", got, err)
		}
	}
}
