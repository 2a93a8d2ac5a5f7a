package examples_test

import (
	"strings"
	"testing"
	"testing/fstest"

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

// Whoever takes the # away from what the sample leaves out gets what it says.
func TestVariantsOfTheSample(t *testing.T) {
	sample, err := examples.FS.ReadFile("acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(sample)) {
		if strings.HasPrefix(line, "  inbound: {type: SMTP}") {
			continue // the first variant takes its place
		}
		if rest, ok := strings.CutPrefix(line, "  # "); ok {
			line = "  " + rest
		}
		lines = append(lines, line)
	}
	set, problems := config.Load(fstest.MapFS{"acme.yaml": {Data: []byte(strings.Join(lines, ""))}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if err := set.Validate().Err(); err != nil {
		t.Fatal(err)
	}
	spec := config.Resolve(set).Mailboxes[0].Mailbox.Spec
	if spec.Inbound.IMAP == nil || len(spec.DKIM) != 1 || len(spec.Attachments.BlockedExtensions) == 0 {
		t.Errorf("the variants declare %+v", spec)
	}
}
