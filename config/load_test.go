package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const oneMailbox = "apiVersion: postern.dev/v1alpha1\nkind: Mailbox\nmetadata: {name: NAME}\nspec: {address: NAME@acme.example, inbound: {type: SMTP}}\n"

func manifest(name string) string { return strings.ReplaceAll(oneMailbox, "NAME", name) }

func names(s *Set) string {
	return strings.Join(texts(s.Mailboxes, func(m Mailbox) string { return m.Metadata.Name }), " ")
}

// covers: K03
func TestLoadFilesTakesFilesAndFolders(t *testing.T) {
	dir := t.TempDir()
	for path, data := range map[string]string{
		"desk/b.yaml":          manifest("b"),
		"desk/a.yml":           manifest("a"),
		"desk/readme.md":       "not read",
		"desk/.hidden.yaml":    "not read",
		"desk/sub/c.yaml":      manifest("c"),
		"desk/folder.yaml/x":   "not read",
		"mounted/..data/m.yml": manifest("m"),
		"alone.conf":           manifest("alone"),
	} {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(data), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	// How a ConfigMap is mounted.
	if err := os.Symlink(filepath.Join("..data", "m.yml"), filepath.Join(dir, "mounted", "m.yml")); err != nil {
		t.Fatal(err)
	}
	desk := filepath.Join(dir, "desk")
	for _, tt := range []struct {
		name     string
		paths    []string
		want     string
		problems string
	}{
		{"folder", []string{desk}, "a b", ""},
		{"file of any name", []string{filepath.Join(dir, "alone.conf")}, "alone", ""},
		{"linked file", []string{filepath.Join(dir, "mounted")}, "m", ""},
		{"several", []string{filepath.Join(desk, "sub"), desk}, "a b c", ""},
		{"the same file twice", []string{desk, filepath.Join(desk, ".", "a.yml")}, "a b", ""},
		{"nothing", nil, "", ""},
		{"no such file", []string{filepath.Join(dir, "gone.yaml"), desk}, "a b", "DIR/gone.yaml: cannot be read: no such file or directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set, problems := LoadFiles(tt.paths...)
			if got := names(set); got != tt.want {
				t.Errorf("mailboxes %q, want %q", got, tt.want)
			}
			if got := strings.ReplaceAll(problems.Error(), dir, "DIR"); got != tt.problems {
				t.Errorf("problems %q, want %q", got, tt.problems)
			}
		})
	}
}

func TestProblemsOfAFolderNameItsFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.yaml")
	if err := os.WriteFile(file, []byte("kind: Mailbx\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, problems := LoadFiles(dir)
	want := Problems{{File: file, Line: 1, Column: 1, Path: "kind",
		Message: `"Mailbx" is not one of HelpCenter, TicketForm, Mailbox (did you mean Mailbox?)`}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoadReadsOnlyTheRoot(t *testing.T) {
	set, problems := Load(fstest.MapFS{
		"b.yaml":     {Data: []byte(manifest("b"))},
		"a.yml":      {Data: []byte(manifest("a"))},
		"sub/c.yaml": {Data: []byte(manifest("c"))},
	})
	if len(problems) > 0 || names(set) != "a b" {
		t.Errorf("mailboxes %q, problems %v", names(set), problems)
	}
}

func TestWhatIsKeptOfMetadata(t *testing.T) {
	set := mustRead(t, `
	apiVersion: postern.dev/v1alpha1
	kind: Mailbox
	metadata: {name: a, uid: u-1, creationTimestamp: "2026-01-31T10:00:00+01:00", labels: {x: "y"}}
	spec: {address: a@acme.example, inbound: {type: SMTP}}
	---
	apiVersion: postern.dev/v1alpha1
	kind: Mailbox
	metadata: {name: b, namespace: support, creationTimestamp: yesterday}
	spec: {address: b@acme.example, inbound: {type: SMTP}}
	`)
	want := []Metadata{
		{Name: "a", Namespace: "default", UID: "u-1", CreationTimestamp: time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)},
		{Name: "b", Namespace: "support"},
	}
	got := []Metadata{set.Mailboxes[0].Metadata, set.Mailboxes[1].Metadata}
	if diff := cmp.Diff(want, got, ignoreOrigin); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProblemString(t *testing.T) {
	for _, tt := range []struct {
		name    string
		problem Problem
		want    string
	}{
		{"all", Problem{"a.yaml", 12, 5, "HelpCenter support/acme", "spec.portal.submit", `"Everyone" is not one of Anyone, SignedIn`},
			`a.yaml:12:5: HelpCenter support/acme: spec.portal.submit: "Everyone" is not one of Anyone, SignedIn`},
		{"no column", Problem{File: "a.yaml", Line: 3, Message: "YAML"}, "a.yaml:3: YAML"},
		{"no line", Problem{File: "a.yaml", Message: "gone"}, "a.yaml: gone"},
		{"not from a file", Problem{Object: "Mailbox a/b", Path: "spec.address", Message: "is required"}, "Mailbox a/b: spec.address: is required"},
	} {
		if got := tt.problem.String(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestNoProblemsAreNoError(t *testing.T) {
	if err := (Problems)(nil).Err(); err != nil {
		t.Errorf("got %v", err)
	}
	if err := (Problems{{Message: "x"}}).Err(); err == nil || err.Error() != "x" {
		t.Errorf("got %v", err)
	}
}

// Objects from an API server have no places in files.
func TestValidateWithoutFiles(t *testing.T) {
	set := &Set{Mailboxes: []Mailbox{mailbox("support", "nobody")}}
	set.SetDefaults()
	want := "Mailbox support/support: spec.address: \"nobody\" is not a mail address: it has no @"
	if got := set.Validate().Error(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// covers: S13
func TestDefaultsTwiceChangeNothing(t *testing.T) {
	for _, file := range samples(t, "testdata/ok/*.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		set := mustParse(t, file, data)
		before := hashes(set)
		set.SetDefaults()
		if diff := cmp.Diff(before, hashes(set)); diff != "" {
			t.Errorf("%s (-once +twice):\n%s", file, diff)
		}
	}
}

func TestTransportDefaults(t *testing.T) {
	for _, tt := range []struct {
		name     string
		in, want Relay
	}{
		{"nothing said", Relay{}, Relay{Port: 465, TLS: TLSImplicit}},
		{"submission port", Relay{Port: 587}, Relay{Port: 587, TLS: TLSStartTLS}},
		{"old port", Relay{Port: 25}, Relay{Port: 25, TLS: TLSStartTLS}},
		{"implicit port", Relay{Port: 465}, Relay{Port: 465, TLS: TLSImplicit}},
		{"a port of its own", Relay{Port: 10465}, Relay{Port: 10465, TLS: TLSImplicit}},
		{"encryption said", Relay{TLS: TLSStartTLS}, Relay{Port: 587, TLS: TLSStartTLS}},
		{"none, as said", Relay{TLS: TLSNone}, Relay{Port: 587, TLS: TLSNone}},
	} {
		spec := MailboxSpec{Address: "a@acme.example", Relay: &tt.in}
		spec.SetDefaults()
		if diff := cmp.Diff(tt.want, *spec.Relay); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"address", "displayName", "inbound", "relay", "host"}
	for _, tt := range []struct{ word, want string }{
		{"adress", "address"}, {"DisplayName", "displayName"}, {"realy", "relay"}, {"hots", "host"}, {"hist", "host"},
		{"port", ""}, {"", ""}, {"completelyDifferent", ""}, {strings.Repeat("a", 1000), ""},
	} {
		if _, got := didYouMean(tt.word, known); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.word, got, tt.want)
		}
	}
}

// covers: S30
func TestCustomerView(t *testing.T) {
	view := CustomerView{
		CustomFields: CustomFieldsListed, ListedFields: []string{"topic"},
		StatusLabels: []StatusLabel{{StatusOpen, LocalizedText{"In work", []Translation{{"de", "In Arbeit"}}}}},
	}
	if label, ok := view.StatusLabel(StatusOpen, "de-CH"); !ok || label != "In Arbeit" {
		t.Errorf("Open is %q, %t", label, ok)
	}
	if label, ok := view.StatusLabel(StatusClosed, "de"); ok {
		t.Errorf("Closed has a label: %q", label)
	}
	for _, tt := range []struct {
		fields CustomFields
		topic  bool
		order  bool
	}{
		{CustomFieldsAll, true, true}, {CustomFieldsListed, true, false}, {CustomFieldsNone, false, false}, {"", false, false},
	} {
		view.CustomFields = tt.fields
		if view.ShowsField("topic") != tt.topic || view.ShowsField("order") != tt.order {
			t.Errorf("%s: topic %t, order %t", tt.fields, view.ShowsField("topic"), view.ShowsField("order"))
		}
	}
}

func TestLocalizedText(t *testing.T) {
	text := &LocalizedText{Default: "Ask", Translations: []Translation{{"de", "Fragen"}, {"zh-Hant", "問"}}}
	for _, tt := range []struct {
		text   *LocalizedText
		locale string
		want   string
	}{
		{text, "en", "Ask"}, {text, "de", "Fragen"}, {text, "de-AT", "Fragen"}, {text, "zh-Hant-TW", "問"},
		{text, "zh", "Ask"}, {text, "", "Ask"}, {text, "d", "Ask"}, {nil, "de", ""},
	} {
		if got := tt.text.For(tt.locale); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.locale, got, tt.want)
		}
	}
}

// What was read can be parsed elsewhere, with the same outcome as on the spot.
//
// covers: K03
func TestReadThenParse(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b.yaml": "kind: Mailbox\nmetadata: {name: b}\napiVersion: postern.dev/v1alpha1\nspec: {address: b@acme.example, inbound: {type: SMTP}}\n",
		"a.yaml": "kind: [", "note.txt": "not read",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	missing := filepath.Join(dir, "missing")
	files, unread := ReadFiles(dir, missing)
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f.Name))
	}
	if diff := cmp.Diff([]string{"a.yaml", "b.yaml"}, names); diff != "" || len(unread) != 1 {
		t.Errorf("read %v with problems %v", names, unread)
	}
	set, problems := ParseFiles(files)
	want, all := LoadFiles(dir, missing)
	if diff := cmp.Diff(hashes(want), hashes(set)); diff != "" || len(set.Mailboxes) != 1 {
		t.Errorf("set (-loaded +parsed):\n%s", diff)
	}
	if diff := cmp.Diff(all.sorted(), append(problems, unread...).sorted()); diff != "" {
		t.Errorf("problems (-loaded +parsed):\n%s", diff)
	}
}
