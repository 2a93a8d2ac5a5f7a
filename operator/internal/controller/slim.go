package controller

import (
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// Slim is what the cache does to an object before it is kept, see
// [cache.TransformFunc]: what the controller never reads goes. Managed fields and what
// kubectl has applied last are as large as all the rest.
func Slim(o any) (any, error) {
	object, ok := o.(client.Object)
	if !ok {
		return o, nil // a tombstone
	}
	object.SetManagedFields(nil)
	switch o := o.(type) {
	case *v1alpha1.HelpCenter:
		slim(&o.ObjectMeta, o.Status.Conditions)
	case *v1alpha1.TicketForm:
		slim(&o.ObjectMeta, o.Status.Conditions)
		for _, h := range o.Status.HelpCenters {
			share(h.Conditions)
		}
	case *v1alpha1.Mailbox:
		slim(&o.ObjectMeta, o.Status.Conditions)
	}
	return o, nil
}

func slim(m *metav1.ObjectMeta, conditions []metav1.Condition) {
	asked, ok := m.Annotations[ReconcileAt]
	m.Annotations, m.Labels = nil, nil
	if ok {
		m.Annotations = map[string]string{ReconcileAt: asked}
	}
	share(conditions)
}

// share keeps the words of conditions once: thousands of objects say the same.
func share(conditions []metav1.Condition) {
	for i := range conditions {
		c := &conditions[i]
		for _, word := range []*string{&c.Type, (*string)(&c.Status), &c.Reason, &c.Message} {
			*word = unique.Make(*word).Value()
		}
	}
}
