package examples_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/examples"
)

// covers: S18, S41, K03
func TestSampleDeskIsLive(t *testing.T) {
	set, problems := config.Load(examples.FS)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if err := set.Validate().Err(); err != nil {
		t.Fatal(err)
	}
	resolved := config.Resolve(set)
	if len(resolved.HelpCenters) != 1 || len(resolved.Mailboxes) != 1 {
		t.Fatalf("want one help center and one mailbox, got %d and %d", len(resolved.HelpCenters), len(resolved.Mailboxes))
	}
	acme := resolved.HelpCenters[0]
	if !acme.PortalOn || !acme.Submission.Visible {
		t.Errorf("the portal is not live: %+v", acme.Submission)
	}
	var forms []string
	for _, offered := range acme.Offered(config.Anonymous) {
		forms = append(forms, offered.Form.Metadata.Name+" "+string(offered.Access))
	}
	if diff := cmp.Diff([]string{"contact Granted", "billing Granted"}, forms); diff != "" {
		t.Errorf("forms offered to an anonymous visitor (-want +got):\n%s", diff)
	}
	if box := resolved.Mailboxes[0]; box.HelpCenter != "acme" || box.Mailbox.Spec.Address != "support@acme.example" {
		t.Errorf("mailbox %s belongs to help center %q", box.Mailbox.Spec.Address, box.HelpCenter)
	}
}

// covers: S31
func TestSampleFormsTakeAnswers(t *testing.T) {
	set, problems := config.Load(examples.FS)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for _, f := range set.Forms {
		form, err := config.Compile(f.Spec)
		if err != nil {
			t.Fatalf("form %s: %v", f.Metadata.Name, err)
		}
		answers := map[string][]string{
			"topic": {"refund"}, "order": {"ORD-12345"}, "product": {"rocket"}, "serial": {"R-1"},
		}
		if _, faults := form.Check(answers, "en"); len(faults) > 0 {
			t.Errorf("form %s refuses good answers: %+v", f.Metadata.Name, faults)
		}
	}
}
