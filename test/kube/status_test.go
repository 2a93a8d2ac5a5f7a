package kube_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
	"github.com/posterndesk/postern/test/kube"
)

// TestWaitForReady holds that nothing is taken for ready before an operator has
// looked at it, nor by what was true of an older generation.
//
// covers: K02
func TestWaitForReady(t *testing.T) {
	cluster := kube.Start(t)
	namespace := cluster.Namespace(t)
	wait := func(timeout string) (string, error) {
		out, told, err := cluster.TryKubectl(t, "", "wait", "--for=condition=Ready", "-n", namespace, "mailbox/support", "--timeout="+timeout)
		return out + told, err
	}
	box := support(namespace)
	if err := cluster.Client.Create(t.Context(), box); err != nil {
		t.Fatal(err)
	}
	if box.Status.ObservedGeneration != -1 || len(box.Status.Conditions) != 1 || box.Status.Conditions[0].Status != metav1.ConditionUnknown {
		t.Errorf("born with the status %+v", box.Status)
	}
	if told, err := wait("1s"); err == nil || !strings.Contains(told, "timed out") {
		t.Errorf("before the operator has seen it: %v %s", err, told)
	}
	ready(t, cluster, box)
	if told, err := wait("30s"); err != nil {
		t.Errorf("once it is ready: %v %s", err, told)
	}
	box.Spec.DisplayName = "Acme"
	if err := cluster.Client.Update(t.Context(), box); err != nil {
		t.Fatal(err)
	}
	if told, err := wait("1s"); err == nil || !strings.Contains(told, "timed out") {
		t.Errorf("changed, and not seen again: %v %s", err, told)
	}
	done := make(chan error, 1)
	go func() {
		_, err := wait("60s")
		done <- err
	}()
	ready(t, cluster, box)
	if err := <-done; err != nil {
		t.Errorf("kubectl was waiting while it became ready: %v", err)
	}
}

func support(namespace string) *v1alpha1.Mailbox {
	return &v1alpha1.Mailbox{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "support"},
		Spec:       config.MailboxSpec{Address: "support@acme.example", Inbound: config.Inbound{Type: config.InboundSMTP}},
	}
}

// ready writes what an operator would for the generation that box has.
func ready(t *testing.T, cluster *kube.Cluster, box *v1alpha1.Mailbox) {
	t.Helper()
	box.Status.ObservedGeneration = box.Generation
	box.Status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReady,
		ObservedGeneration: box.Generation, LastTransitionTime: metav1.NewTime(time.Now()),
	}}
	if err := cluster.Client.Status().Update(t.Context(), box); err != nil {
		t.Fatal(err)
	}
}

// TestColumns holds what kubectl shows of the three kinds, together and by their
// short names.
//
// covers: K01
func TestColumns(t *testing.T) {
	cluster := kube.Start(t)
	namespace := cluster.Namespace(t)
	for kind := range least {
		if err := cluster.Client.Create(t.Context(), object(t, kind, namespace, "support", `{}`)); err != nil {
			t.Fatal(err)
		}
	}
	var box v1alpha1.Mailbox
	if err := cluster.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "support"}, &box); err != nil {
		t.Fatal(err)
	}
	ready(t, cluster, &box)
	for _, test := range []struct {
		name string
		want []string
	}{
		{"postern", []string{
			`NAME +URL +FORMS +SUBMISSION +PROGRAMMED +READY +AGE`, `helpcenter.postern.dev/support +Unknown +\d+s`,
			`NAME +ADDRESS +INBOUND +CONNECTED +PROGRAMMED +READY +AGE`, `mailbox.postern.dev/support +support@acme.example +SMTP +True +\d+s`,
			`NAME +TITLE +PUBLICATION +HELP CENTERS +PROGRAMMED +READY +AGE`, `ticketform.postern.dev/support +Contact +Draft +Unknown +\d+s`,
		}},
		{"hc", []string{`support +Unknown`}},
		{"tf", []string{`support +Contact +Draft +Unknown`}},
		{"mbx", []string{`support +support@acme.example +SMTP +True`}},
	} {
		out := cluster.Kubectl(t, "get", test.name, "-n", namespace)
		for _, want := range test.want {
			if !regexp.MustCompile(want).MatchString(out) {
				t.Errorf("kubectl get %s shows no %q:\n%s", test.name, want, out)
			}
		}
	}
	if out := cluster.Kubectl(t, "explain", "helpcenter.spec.host"); !strings.Contains(out, "host is the host name the help center answers at") {
		t.Errorf("kubectl explain:\n%s", out)
	}
}

// TestKustomization holds that the folder of kinds can be applied as it is, over
// itself as well.
//
// covers: K01
func TestKustomization(t *testing.T) {
	cluster := kube.Start(t)
	out := cluster.Kubectl(t, "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-k", "../../crds")
	for _, name := range []string{"helpcenters", "mailboxes", "ticketforms"} {
		if !strings.Contains(out, name+".postern.dev serverside-applied") {
			t.Errorf("%s is not applied:\n%s", name, out)
		}
	}
}
