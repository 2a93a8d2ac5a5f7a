package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// tb is what a test and a property have in common.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

var always = []string{v1alpha1.ConditionAccepted, v1alpha1.ConditionResolvedRefs, v1alpha1.ConditionProgrammed, v1alpha1.ConditionReady}

// checkContract holds what every status that is ever told has to keep to.
func checkContract(t tb, w *world, account string, told Statuses) {
	t.Helper()
	for name, s := range told.HelpCenters {
		o := w.helpCenters[config.Key{Namespace: account, Name: name}]
		need := append(slices.Clone(always), v1alpha1.ConditionSubmissionVisible, v1alpha1.ConditionSignUpApplied)
		checkConditions(t, "HelpCenter "+name, o.Generation, s.ObservedGeneration, s.Conditions, need)
		if s.ConnectedForms == nil || s.PublishedForms == nil || *s.PublishedForms > *s.ConnectedForms {
			t.Errorf("HelpCenter %s: forms %v of %v", name, s.PublishedForms, s.ConnectedForms)
		}
	}
	for name, s := range told.Forms {
		o := w.forms[config.Key{Namespace: account, Name: name}]
		checkConditions(t, "TicketForm "+name, o.Generation, s.ObservedGeneration, s.Conditions, always)
		if len(s.HelpCenters) > 32 || !slices.IsSortedFunc(s.HelpCenters, func(a, b v1alpha1.FormHelpCenter) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("TicketForm %s: help centers %v", name, s.HelpCenters)
		}
		for _, e := range s.HelpCenters {
			checkList(t, "TicketForm "+name+" at "+e.Name, o.Generation, e.Conditions,
				[]string{v1alpha1.ConditionAccepted, v1alpha1.ConditionProgrammed, v1alpha1.ConditionVisible}, 8)
		}
	}
	for name, s := range told.Mailboxes {
		o := w.mailboxes[config.Key{Namespace: account, Name: name}]
		checkConditions(t, "Mailbox "+name, o.Generation, s.ObservedGeneration, s.Conditions, always)
	}
}

func checkConditions(t tb, object string, generation, observed int64, list []metav1.Condition, need []string) {
	t.Helper()
	if observed != generation {
		t.Errorf("%s: observed generation %d of %d", object, observed, generation)
	}
	checkList(t, object, generation, list, need, 16)
	ready := find(list, v1alpha1.ConditionReady)
	stalled, reconciling := find(list, v1alpha1.ConditionStalled), find(list, v1alpha1.ConditionReconciling)
	switch {
	case ready == nil:
		return // told above
	case ready.Status == metav1.ConditionTrue && (stalled != nil || reconciling != nil):
		t.Errorf("%s is Ready, and more than that: %v", object, list)
	case ready.Status != metav1.ConditionTrue && (stalled == nil) == (reconciling == nil):
		t.Errorf("%s is not Ready, and either Stalled or Reconciling has to say how it goes on: %v", object, list)
	case stalled != nil && ready.Status != metav1.ConditionFalse:
		t.Errorf("%s is Stalled, and Ready is %s", object, ready.Status)
	}
	for _, kind := range []string{v1alpha1.ConditionAccepted, v1alpha1.ConditionResolvedRefs, v1alpha1.ConditionProgrammed} {
		if c := find(list, kind); c != nil && c.Status != metav1.ConditionTrue && ready.Status == metav1.ConditionTrue {
			t.Errorf("%s is Ready, and %s is %s", object, kind, c.Status)
		}
	}
	judged := asObject(t, generation, observed, list)
	if got, want := verdict(t, judged), wantVerdict(list); got != want {
		t.Errorf("%s: kstatus says %s, want %s: %v", object, got, want, list)
	}
	if got, want := argoVerdict(t, judged), argoVerdicts[wantVerdict(list)]; got != want {
		t.Errorf("%s: Argo CD says %s, want %s: %v", object, got, want, list)
	}
}

func checkList(t tb, object string, generation int64, list []metav1.Condition, need []string, most int) {
	t.Helper()
	if len(list) > most {
		t.Errorf("%s has %d conditions", object, len(list))
	}
	seen := map[string]bool{}
	for _, c := range list {
		switch {
		case seen[c.Type]:
			t.Errorf("%s has two conditions %s", object, c.Type)
		case c.ObservedGeneration != generation:
			t.Errorf("%s: %s observed generation %d of %d", object, c.Type, c.ObservedGeneration, generation)
		case !slices.Contains(v1alpha1.Reasons[c.Type], c.Reason):
			t.Errorf("%s: %s is no documented reason of %s", object, c.Reason, c.Type)
		case len(c.Message) > MaxMessage:
			t.Errorf("%s: the message of %s has %d bytes", object, c.Type, len(c.Message))
		case c.LastTransitionTime.IsZero():
			t.Errorf("%s: %s has no time", object, c.Type)
		case strings.Contains(c.Message, secretValue):
			t.Errorf("%s: %s tells a secret", object, c.Type)
		}
		seen[c.Type] = true
	}
	for _, kind := range need {
		if !seen[kind] {
			t.Errorf("%s has no %s", object, kind)
		}
	}
}

// wantVerdict is what Helm and Flux are to make of it.
func wantVerdict(list []metav1.Condition) status.Status {
	switch {
	case find(list, v1alpha1.ConditionReady).Status == metav1.ConditionTrue:
		return status.CurrentStatus
	case find(list, v1alpha1.ConditionStalled) != nil:
		return status.FailedStatus
	default:
		return status.InProgressStatus
	}
}

// asObject is one with that status, as programs read it.
func asObject(t tb, generation, observed int64, list []metav1.Condition) map[string]any {
	t.Helper()
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&v1alpha1.HelpCenter{
		TypeMeta:   metav1.TypeMeta{APIVersion: config.APIVersion, Kind: config.KindHelpCenter},
		ObjectMeta: metav1.ObjectMeta{Name: "x", Namespace: "x", Generation: generation},
		Status:     v1alpha1.HelpCenterStatus{ObservedGeneration: observed, Conditions: list},
	})
	if err != nil {
		t.Fatalf("turn an object over: %v", err)
	}
	return object
}

// verdict is that of the library which Helm, Flux and kpt judge with.
func verdict(t tb, object map[string]any) status.Status {
	t.Helper()
	result, err := status.Compute(&unstructured.Unstructured{Object: object})
	if err != nil {
		t.Fatalf("ask kstatus: %v", err)
	}
	return result.Status
}

// TestDefaultStatus holds that an object which nobody has looked at is not taken
// for one that is done.
func TestDefaultStatus(t *testing.T) {
	list := []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonPending}}
	for name, object := range map[string]map[string]any{
		"nobody has looked at it": asObject(t, 1, -1, list),
		"it has changed since":    asObject(t, 2, 1, []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReady}}),
	} {
		if got := verdict(t, object); got != status.InProgressStatus {
			t.Errorf("%s: kstatus says %s", name, got)
		}
		if got := argoVerdict(t, object); got != "Progressing" {
			t.Errorf("%s: Argo CD says %s", name, got)
		}
	}
	bare := map[string]any{"metadata": map[string]any{"generation": int64(1)}}
	if got := argoVerdict(t, bare); got != "Progressing" {
		t.Errorf("without a status: Argo CD says %s", got)
	}
}
