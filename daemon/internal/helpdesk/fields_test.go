package helpdesk

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// covers: P10
func TestReadField(t *testing.T) {
	const refused = "refused"
	fields := map[FieldType]*FieldSpec{}
	for _, kind := range FieldTypes {
		fields[kind] = &FieldSpec{Name: "f", Label: "F", Type: kind, Options: []string{"Small", "Very large"}}
	}
	for _, tt := range []struct {
		kind        FieldType
		value, want string
	}{
		{TextField, " a b ", "a b"}, {TextField, "", ""}, {TextField, "a\x00b", refused}, {TextField, strings.Repeat("x", 501), refused},
		{NumberField, "12", "12"}, {NumberField, "-3.50", "-3.50"}, {NumberField, "1e9", refused}, {NumberField, "NaN", refused}, {NumberField, "0x10", refused},
		{NumberField, "1,5", refused}, {NumberField, "=1+1", refused},
		{DateField, "2026-02-28", "2026-02-28"}, {DateField, "2026-02-30", refused}, {DateField, "28.2.2026", refused},
		{SelectField, "very LARGE", "Very large"}, {SelectField, "huge", refused},
		{TickField, "on", "yes"}, {TickField, "No", ""}, {TickField, "maybe", refused},
	} {
		got, err := fields[tt.kind].Read(tt.value)
		if err != nil {
			if got = refused; KindOf(err) != Invalid || !strings.HasPrefix(Public(err), "F: ") {
				t.Errorf("%s %q: %v", tt.kind, tt.value, err)
			}
		}
		if got != tt.want {
			t.Errorf("%s %q is kept as %q, want %q", tt.kind, tt.value, got, tt.want)
		}
	}
}

// covers: P10
func TestDeskSettingsCheck(t *testing.T) {
	text := FieldSpec{Name: "order", Label: "Order", Type: TextField}
	before := &DeskSettings{TicketFields: []FieldSpec{{Name: "old", Label: "Old", Type: NumberField}}}
	fields := func(f ...FieldSpec) DeskSettings { return DeskSettings{TicketFields: f} }
	labels := func(l map[Status]string) DeskSettings { return DeskSettings{StatusLabels: l} }
	for _, tt := range []struct {
		name string
		in   DeskSettings
		good bool
	}{
		{"nothing", DeskSettings{}, true},
		{"a field", fields(text), true},
		{"the same type", fields(FieldSpec{Name: "old", Label: "Older", Type: NumberField}), true},
		{"another type", fields(FieldSpec{Name: "old", Label: "Old", Type: TextField}), false},
		{"a capital", fields(FieldSpec{Name: "Order", Label: "Order", Type: TextField}), false},
		{"a dot", fields(FieldSpec{Name: "form.x", Label: "Order", Type: TextField}), false},
		{"a long name", fields(FieldSpec{Name: strings.Repeat("a", 33), Label: "Order", Type: TextField}), false},
		{"no label", fields(FieldSpec{Name: "a", Type: TextField}), false},
		{"no type", fields(FieldSpec{Name: "a", Label: "A"}), false},
		{"no choices", fields(FieldSpec{Name: "a", Label: "A", Type: SelectField}), false},
		{"the same choice twice", fields(FieldSpec{Name: "a", Label: "A", Type: SelectField, Options: []string{"x", "X"}}), false},
		{"two names", fields(text, FieldSpec{Name: "order", Label: "Other", Type: TextField}), false},
		{"two labels", fields(text, FieldSpec{Name: "other", Label: "ORDER", Type: TextField}), false},
		{"too many", fields(slices.Repeat([]FieldSpec{text}, MaxFields+1)...), false},
		{"a label", labels(map[Status]string{Pending: "Waiting"}), true},
		{"no status", labels(map[Status]string{"Lost": "Lost"}), false},
		{"the name of another", labels(map[Status]string{Pending: "open"}), false},
		{"swapped", labels(map[Status]string{Pending: "Open", Open: "Pending"}), true},
		{"a long label", labels(map[Status]string{Pending: strings.Repeat("x", MaxStatusLabel+1)}), false},
	} {
		if err := tt.in.Check(before); (err == nil) != tt.good || err != nil && Public(err) == "" {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestWithFields(t *testing.T) {
	had := map[string]string{"a": "1", "gone": "2"}
	got := WithFields(had, map[string]string{"a": "", "b": "3"})
	if diff := cmp.Diff(map[string]string{"gone": "2", "b": "3"}, got); diff != "" || had["a"] != "1" {
		t.Errorf("had %v, has (-want +got):\n%s", had, diff)
	}
	if WithFields(map[string]string{"a": "1"}, map[string]string{"a": ""}) != nil {
		t.Error("no fields are not nil")
	}
}

// covers: P09, P10
func TestParseSnooze(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 30, 0, 0, time.UTC) // a Wednesday
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC) }
	for words, want := range map[string]time.Time{
		"3h": at(4, 15, 30), "2 Days": at(6, 12, 30), "1w": at(11, 12, 30), "45 min": at(4, 13, 15), "tomorrow": at(5, 8, 0), "Monday": at(9, 8, 0),
		"wed": at(11, 8, 0), "2026-03-09": at(9, 8, 0), "2026-03-09 14:30": at(9, 14, 30), "2026-03-09T14:30": at(9, 14, 30), "none": {},
	} {
		if got, err := ParseSnooze(words, now); err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v, want %v", words, got, err, want)
		}
	}
	for _, words := range []string{"", "a while", "0h", "3 fortnights", "99999h", "-3h", "2026-13-01", "someday", "h"} {
		if got, err := ParseSnooze(words, now); KindOf(err) != Invalid {
			t.Errorf("%q is %v, %v", words, got, err)
		}
	}
}
