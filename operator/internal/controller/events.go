package controller

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/operator/api/v1alpha1"
	"github.com/posterndesk/postern/operator/internal/plan"
	"github.com/posterndesk/postern/operator/internal/store"
)

// action is what events say was being done.
const action = "Reconcile"

// maxNote is how long an event's text is at most, in bytes; the API server takes
// no longer one.
const maxNote = 1024

// tell makes the events of a status that was just written: a warning when from now
// on somebody has to do something, and a word when it is well again. What stays as
// it is makes none.
func (c *Controller) tell(ch change) {
	ready, a, uid := ch.ready(), account(ch.object.GetNamespace()), ch.object.GetUID()
	now := meta.FindStatusCondition(ch.after, v1alpha1.ConditionStalled)
	before := meta.FindStatusCondition(ch.before, v1alpha1.ConditionStalled)
	switch {
	case now != nil && (before == nil || before.Reason != now.Reason):
		c.troubled.add(a, uid)
		c.event(ch.object, corev1.EventTypeWarning, now.Reason, ready.Message)
	case ready.Status == metav1.ConditionTrue && c.troubled.remove(a, uid):
		c.event(ch.object, corev1.EventTypeNormal, ready.Reason, "ready again")
	}
	if plan.IsOverdue(ch.after) && !plan.IsOverdue(ch.before) {
		c.event(ch.object, corev1.EventTypeWarning, v1alpha1.ReasonPending, ready.Message)
	}
	signUp := meta.FindStatusCondition(ch.after, v1alpha1.ConditionSignUpApplied)
	if conflicted(signUp) && !conflicted(meta.FindStatusCondition(ch.before, v1alpha1.ConditionSignUpApplied)) {
		c.event(ch.object, corev1.EventTypeWarning, "SignUp"+v1alpha1.ReasonConflicted, signUp.Message)
	}
}

func conflicted(c *metav1.Condition) bool {
	return c != nil && c.Reason == v1alpha1.ReasonConflicted
}

// tellHeld tells once that deletions of an account are held from now on, to the
// first object that is left: what was deleted can be told nothing.
func (c *Controller) tellHeld(s *plan.Snapshot, held *store.HeldError) {
	if !held.Began {
		return
	}
	var left client.Object
	switch {
	case len(s.HelpCenters) > 0:
		left = &s.HelpCenters[0]
	case len(s.Mailboxes) > 0:
		left = &s.Mailboxes[0]
	case len(s.Forms) > 0:
		left = &s.Forms[0]
	default:
		return
	}
	c.event(left, corev1.EventTypeWarning, v1alpha1.ReasonDeletionsHeld, held.Error())
}

func (c *Controller) event(about client.Object, kind, reason, note string) {
	if len(note) > maxNote {
		note = note[:maxNote]
	}
	c.events.Eventf(about, nil, kind, reason, action, "%s", note)
}

// troubled knows the objects that somebody had to do something about and that
// have not become ready since; on the way there they may be Pending for a while.
type troubled struct {
	mu      sync.Mutex
	objects map[account]map[types.UID]bool
}

// see learns from a status that was read, after a start.
func (t *troubled) see(a account, ch change) {
	if meta.FindStatusCondition(ch.before, v1alpha1.ConditionStalled) != nil {
		t.add(a, ch.object.GetUID())
	}
}

func (t *troubled) add(a account, uid types.UID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.objects == nil {
		t.objects = map[account]map[types.UID]bool{}
	}
	if t.objects[a] == nil {
		t.objects[a] = map[types.UID]bool{}
	}
	t.objects[a][uid] = true
}

func (t *troubled) remove(a account, uid types.UID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.objects[a][uid]
	t.dropLocked(a, uid)
	return known
}

func (t *troubled) dropLocked(a account, uid types.UID) {
	delete(t.objects[a], uid)
	if len(t.objects[a]) == 0 {
		delete(t.objects, a)
	}
}

// keep forgets objects of an account that are not listed.
func (t *troubled) keep(a account, listed map[types.UID]bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for uid := range t.objects[a] {
		if !listed[uid] {
			t.dropLocked(a, uid)
		}
	}
}

func (t *troubled) forget(a account) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.objects, a)
}
