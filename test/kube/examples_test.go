package kube_test

import (
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/kube"
)

// TestExamplesApply does what examples/cluster says, twice: the second time nothing
// is left to change.
//
// covers: K01
func TestExamplesApply(t *testing.T) {
	cluster := kube.Start(t)
	apply := []string{"apply", "-f", "../../examples/cluster", "-f", "../../examples/acme.yaml"}
	out := cluster.Kubectl(t, apply...)
	for _, want := range []string{"secret/relay created", "helpcenter.postern.dev/acme created", "ticketform.postern.dev/billing created", "mailbox.postern.dev/support created"} {
		if !strings.Contains(out, want) {
			t.Errorf("kubectl apply does not say %q:\n%s", want, out)
		}
	}
	generations := []string{"get", "postern", "-n", "support", "-o", "jsonpath={range .items[*]}{.metadata.name} {.metadata.generation}, {end}"}
	before := cluster.Kubectl(t, generations...)
	cluster.Kubectl(t, apply...)
	if after := cluster.Kubectl(t, generations...); after != before || !strings.Contains(before, "billing ") {
		t.Errorf("applied again, generations went from %q to %q", before, after)
	}
}
