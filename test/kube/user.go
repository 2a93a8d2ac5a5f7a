package kube

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// number tells names of this test binary apart.
var number atomic.Int64

// Namespace makes a namespace for the test alone and returns its name. It stays: an
// API server by itself removes no namespace.
func (c *Cluster) Namespace(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test-%d", number.Add(1))
	if err := c.Client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
		t.Fatalf("make namespace %s: %v", name, err)
	}
	return name
}

// User is somebody who may do some things.
type User struct {
	Name string
	// Config is without a limit on requests.
	Config *rest.Config
	// Kubeconfig is the user's file for programs.
	Kubeconfig string
}

// User makes somebody who may do what the rules say in a namespace, or everywhere
// if that is "". [Cluster.Allow] lets them do more.
func (c *Cluster) User(t testing.TB, namespace string, rules ...rbacv1.PolicyRule) *User {
	t.Helper()
	name := fmt.Sprintf("user-%d", number.Add(1))
	user, err := c.env.AddUser(envtest.User{Name: name}, nil)
	if err != nil {
		t.Fatalf("make user %s: %v", name, err)
	}
	file, err := c.writeKubeconfig(name, user)
	if err != nil {
		t.Fatal(err)
	}
	config := user.Config()
	config.QPS = -1
	u := &User{Name: name, Config: config, Kubeconfig: file}
	if len(rules) > 0 {
		c.Allow(t, u, namespace, rules...)
	}
	return u
}

// Allow lets a user do what the rules say in a namespace, or everywhere if that is
// "".
func (c *Cluster) Allow(t testing.TB, u *User, namespace string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	meta := metav1.ObjectMeta{Name: fmt.Sprintf("test-%d", number.Add(1)), Namespace: namespace}
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: u.Name}}
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name}
	objects := []client.Object{
		&rbacv1.Role{ObjectMeta: meta, Rules: rules},
		&rbacv1.RoleBinding{ObjectMeta: meta, Subjects: subjects, RoleRef: ref},
	}
	if namespace == "" {
		ref.Kind = "ClusterRole"
		objects = []client.Object{
			&rbacv1.ClusterRole{ObjectMeta: meta, Rules: rules},
			&rbacv1.ClusterRoleBinding{ObjectMeta: meta, Subjects: subjects, RoleRef: ref},
		}
	}
	for _, o := range objects {
		if err := c.Client.Create(t.Context(), o); err != nil {
			t.Fatalf("allow user %s: %v", u.Name, err)
		}
	}
	for _, r := range rules {
		c.awaitRule(t, u, namespace, r)
	}
}

// awaitRule waits until the API server goes by a rule, which it learns of by a watch
// of its own some time after the binding is stored.
func (c *Cluster) awaitRule(t testing.TB, u *User, namespace string, rule rbacv1.PolicyRule) {
	t.Helper()
	name := ""
	if len(rule.ResourceNames) > 0 {
		name = rule.ResourceNames[0]
	}
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			resource, sub, _ := strings.Cut(resource, "/")
			for _, verb := range rule.Verbs {
				c.awaitAllowed(t, u, authorizationv1.ResourceAttributes{
					Namespace: namespace, Verb: verb, Group: group, Resource: resource, Subresource: sub, Name: name,
				})
			}
		}
	}
}

func (c *Cluster) awaitAllowed(t testing.TB, u *User, what authorizationv1.ResourceAttributes) {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: u.Name, ResourceAttributes: &what}}
		if err := c.Client.Create(t.Context(), review); err != nil {
			t.Fatalf("ask what user %s may do: %v", u.Name, err)
		}
		if review.Status.Allowed {
			return
		}
		if time.Since(begin) > time.Minute {
			t.Fatalf("user %s still may not %s %s: %s", u.Name, what.Verb, what.Resource, review.Status.Reason)
		}
	}
}

func (c *Cluster) writeKubeconfig(name string, user *envtest.AuthenticatedUser) (string, error) {
	data, err := user.KubeConfig()
	if err != nil {
		return "", err
	}
	file := filepath.Join(c.folder, name+".kubeconfig")
	return file, os.WriteFile(file, data, 0o600)
}
