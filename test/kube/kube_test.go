package kube_test

import (
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
	"github.com/posterndesk/postern/test/kube"
)

func TestMain(m *testing.M) { kube.Main(m) }

func TestTypedClient(t *testing.T) {
	cluster := kube.Start(t)
	namespace := cluster.Namespace(t)
	box := &v1alpha1.Mailbox{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "support"},
		Spec:       config.MailboxSpec{Address: "support@acme.example", Inbound: config.Inbound{Type: config.InboundSMTP}},
	}
	if err := cluster.Client.Create(t.Context(), box); err != nil {
		t.Fatal(err)
	}
	if box.Spec.MaxMessageMiB != 35 {
		t.Errorf("the default of maxMessageMiB is not filled in: %+v", box.Spec)
	}
	if out := cluster.Kubectl(t, "get", "mbx", "-n", namespace, "support", "-o", "jsonpath={.spec.address}"); out != "support@acme.example" {
		t.Errorf("kubectl prints %q", out)
	}
}

func TestUserMayDoWhatIsAllowed(t *testing.T) {
	cluster := kube.Start(t)
	mine, other := cluster.Namespace(t), cluster.Namespace(t)
	read := rbacv1.PolicyRule{APIGroups: []string{config.Group}, Resources: []string{"mailboxes"}, Verbs: []string{"list"}}
	user := cluster.User(t, mine, read)
	theirs, err := client.New(user.Config, client.Options{Scheme: cluster.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	var boxes v1alpha1.MailboxList
	if err := theirs.List(t.Context(), &boxes, client.InNamespace(mine)); err != nil {
		t.Errorf("in the namespace: %v", err)
	}
	if err := theirs.List(t.Context(), &boxes, client.InNamespace(other)); !apierrors.IsForbidden(err) {
		t.Errorf("in another namespace: %v", err)
	}
	cluster.Allow(t, user, "", read)
	if err := theirs.List(t.Context(), &boxes); err != nil {
		t.Errorf("everywhere: %v", err)
	}
	if _, told, err := cluster.TryKubectl(t, "", "--kubeconfig", user.Kubeconfig, "get", "secrets", "-n", mine); err == nil || !strings.Contains(told, "Forbidden") {
		t.Errorf("secrets with the user's kubeconfig: %v %s", err, told)
	}
}
