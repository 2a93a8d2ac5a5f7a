package config

import (
	"strings"
	"testing"

	"github.com/posterndesk/postern/examples"
)

// What is written out and read again is the same, by its hash, and says no defaults.
//
// covers: M01
func TestWithoutDefaults(t *testing.T) {
	set, problems := Load(examples.FS)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for i := range set.HelpCenters {
		set.HelpCenters[i].Metadata.UID = "uid"
	}
	raw, err := set.WithoutDefaults().YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, problems := Parse("export", raw)
	if err := append(problems, again.Validate()...).Err(); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	if len(again.HelpCenters) != len(set.HelpCenters) || len(again.Forms) != len(set.Forms) || len(again.Mailboxes) != len(set.Mailboxes) || len(set.Forms) == 0 {
		t.Fatalf("%d, %d and %d objects became %d, %d and %d", len(set.HelpCenters), len(set.Forms), len(set.Mailboxes), len(again.HelpCenters), len(again.Forms), len(again.Mailboxes))
	}
	for i, h := range set.HelpCenters {
		if Hash(h.Spec) != Hash(again.HelpCenters[i].Spec) {
			t.Errorf("help center %s is another one", h.Metadata.Key())
		}
	}
	for i, f := range set.Forms {
		if Hash(f.Spec) != Hash(again.Forms[i].Spec) {
			t.Errorf("form %s is another one", f.Metadata.Key())
		}
	}
	for i, m := range set.Mailboxes {
		if Hash(m.Spec) != Hash(again.Mailboxes[i].Spec) {
			t.Errorf("mailbox %s is another one", m.Metadata.Key())
		}
	}
	for _, said := range []string{"uid", "maxMessageMiB: 35", "linkLifetimeDays: 30", "{}", "changedSubject: Append"} {
		if strings.Contains(string(raw), said) {
			t.Errorf("it says %s:\n%s", said, raw)
		}
	}
}
