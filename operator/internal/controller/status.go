package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
	"github.com/posterndesk/postern/operator/internal/plan"
)

const (
	// statusWrites is how many statuses of an account are written at once.
	statusWrites = 8
	// acknowledgement is how long replicas are waited for before an object says that
	// it is waiting.
	acknowledgement = time.Second
)

// change is what an object says of itself, and is to say.
type change struct {
	kind   string
	object client.Object // as it was read
	before []metav1.Condition
	after  []metav1.Condition
	says   map[string]any // the status as it goes over the wire; nil if it is said already
}

// changesOf lists all objects of an account with their statuses.
func changesOf(s *plan.Snapshot, statuses plan.Statuses) ([]change, error) {
	var changes []change
	var errs []error
	add := func(kind string, o client.Object, was, is any, before, after []metav1.Condition) {
		says, err := unsaid(was, is)
		errs = append(errs, err)
		changes = append(changes, change{kind: kind, object: o, before: before, after: after, says: says})
	}
	for i := range s.HelpCenters {
		h := &s.HelpCenters[i]
		if status, ok := statuses.HelpCenters[h.Name]; ok {
			add(config.KindHelpCenter, h, &h.Status, &status, h.Status.Conditions, status.Conditions)
		}
	}
	for i := range s.Forms {
		f := &s.Forms[i]
		if status, ok := statuses.Forms[f.Name]; ok {
			add(config.KindTicketForm, f, &f.Status, &status, f.Status.Conditions, status.Conditions)
		}
	}
	for i := range s.Mailboxes {
		m := &s.Mailboxes[i]
		if status, ok := statuses.Mailboxes[m.Name]; ok {
			add(config.KindMailbox, m, &m.Status, &status, m.Status.Conditions, status.Conditions)
		}
	}
	return changes, errors.Join(errs...)
}

// unsaid is a status as JSON has it, nil if it says what is said already.
func unsaid(said, says any) (map[string]any, error) {
	if reflect.DeepEqual(said, says) { // mostly: plans keep what has not changed as it is
		return nil, nil
	}
	before, err := plain(said)
	if err != nil {
		return nil, err
	}
	after, err := plain(says)
	if reflect.DeepEqual(before, after) {
		return nil, err
	}
	return after, err
}

// plain is a status as JSON has it, with lists that are kept by key in order. Conditions
// of types that are none of ours are left out: they are left to whoever keeps them, and
// applying a status would not remove them.
func plain(status any) (map[string]any, error) {
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(status)
	if err != nil {
		return nil, fmt.Errorf("write a status as JSON: %w", err)
	}
	ourConditions(m)
	sortBy(m["helpCenters"], "name")
	if list, ok := m["helpCenters"].([]any); ok {
		for _, item := range list {
			if of, ok := item.(map[string]any); ok {
				ourConditions(of)
			}
		}
	}
	return m, nil
}

// ourConditions leaves those of our types, in order.
func ourConditions(of map[string]any) {
	list, ok := of["conditions"].([]any)
	if !ok {
		return
	}
	list = slices.DeleteFunc(list, func(item any) bool {
		condition, _ := item.(map[string]any)
		_, ours := v1alpha1.Reasons[fmt.Sprint(condition["type"])]
		return !ours
	})
	sortBy(list, "type")
	of["conditions"] = list
}

func sortBy(list any, key string) {
	items, _ := list.([]any)
	slices.SortFunc(items, func(a, b any) int {
		x, _ := a.(map[string]any)
		y, _ := b.(map[string]any)
		return cmp.Compare(fmt.Sprint(x[key]), fmt.Sprint(y[key]))
	})
}

// apply writes the statuses that have changed. after is when those that could not
// be written are to be looked at again, 0 for never.
//
// What is settling is waited for a moment: replicas have mostly loaded something by
// then, and objects say so at once instead of first that they are Pending.
func (c *Controller) apply(ctx context.Context, a account, changes []change, settling bool) (after time.Duration, err error) {
	if wait := c.waiting.left(a, settling, time.Now()); wait > 0 {
		return wait, nil
	}
	overwritten := c.overwritten.of(a, changes)
	listed := map[types.UID]bool{}
	for _, ch := range changes {
		listed[ch.object.GetUID()] = true
	}
	c.written.keep(a, listed)
	c.troubled.keep(a, listed)
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(statusWrites)
	for _, ch := range changes {
		c.troubled.see(a, ch)
		if ch.says == nil {
			continue
		}
		if overwritten[ch.object.GetUID()] { // the cache does not have yet what was written
			mu.Lock()
			after = soonest(after, jitter(again))
			mu.Unlock()
			continue
		}
		group.Go(func() error {
			err := c.applyOne(ctx, a, ch)
			switch {
			case apierrors.IsConflict(err): // the cache is behind; what is newer comes with it
				mu.Lock()
				defer mu.Unlock()
				after = soonest(after, jitter(again))
				return nil
			case apierrors.IsNotFound(err):
				return nil // it is gone, and that will be told
			case err != nil:
				return fmt.Errorf("write the status of %s %s: %w", ch.kind, ch.object.GetName(), err)
			}
			c.tell(ch)
			return nil
		})
	}
	err = group.Wait()
	return after, err
}

// applyOne writes one status, unless the object has changed since it was read: a
// status that is about an older generation must not overwrite a newer one.
func (c *Controller) applyOne(ctx context.Context, a account, ch change) error {
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": config.APIVersion, "kind": ch.kind,
		"metadata": map[string]any{
			"name": ch.object.GetName(), "namespace": ch.object.GetNamespace(),
			"uid": string(ch.object.GetUID()), "resourceVersion": ch.object.GetResourceVersion(),
		},
		"status": ch.says,
	}}
	d, err := digestOf(ch.says)
	if err != nil {
		return err
	}
	c.written.add(a, ch.object.GetUID(), d)
	err = c.status.Apply(ctx, client.ApplyConfigurationFromUnstructured(u), client.FieldOwner(Name), client.ForceOwnership)
	if err == nil && u.GetResourceVersion() != ch.object.GetResourceVersion() {
		c.overwritten.add(a, ch.object)
	}
	return err
}

// ready is the condition that sums an object up.
func (ch change) ready() metav1.Condition {
	if ready := meta.FindStatusCondition(ch.after, v1alpha1.ConditionReady); ready != nil {
		return *ready
	}
	return metav1.Condition{Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonPending}
}

// waiting knows since when accounts wait for replicas.
type waiting struct {
	mu    sync.Mutex
	since map[account]time.Time
}

// left is how long an account may still wait before its objects say so.
func (w *waiting) left(a account, settling bool, now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !settling {
		delete(w.since, a)
		return 0
	}
	if w.since == nil {
		w.since = map[account]time.Time{}
	}
	if _, ok := w.since[a]; !ok {
		w.since[a] = now
	}
	return max(0, acknowledgement-now.Sub(w.since[a]))
}

func (w *waiting) forget(a account) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.since, a)
}

// overwritten knows the versions of objects that were written over. While the
// cache is behind it shows them still, and to write over them again is in vain.
type overwritten struct {
	mu       sync.Mutex
	versions map[account]map[types.UID]string
}

func (o *overwritten) add(a account, object client.Object) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.versions == nil {
		o.versions = map[account]map[types.UID]string{}
	}
	if o.versions[a] == nil {
		o.versions[a] = map[types.UID]string{}
	}
	o.versions[a][object.GetUID()] = object.GetResourceVersion()
}

// of tells which objects are shown as they were before, and forgets all others.
func (o *overwritten) of(a account, changes []change) map[types.UID]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	shown, versions := map[types.UID]bool{}, map[types.UID]string{}
	for _, ch := range changes {
		uid := ch.object.GetUID()
		if version := o.versions[a][uid]; version != "" && version == ch.object.GetResourceVersion() {
			shown[uid], versions[uid] = true, version
		}
	}
	if len(versions) > 0 {
		o.versions[a] = versions
	} else {
		delete(o.versions, a)
	}
	return shown
}

func (o *overwritten) forget(a account) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.versions, a)
}
