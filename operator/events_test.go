package main

import (
	"fmt"
	"slices"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// events waits until there are exactly these events about an object, each written
// TYPE REASON, in any order, and each once.
func (w *world) events(about client.Object, want ...string) {
	w.t.Helper()
	slices.Sort(want)
	w.eventually(func() error {
		var list eventsv1.EventList
		if err := w.kube.Client.List(w.t.Context(), &list, client.InNamespace(about.GetNamespace())); err != nil {
			return err
		}
		var got []string
		for _, e := range list.Items {
			if e.Regarding.UID != about.GetUID() {
				continue
			}
			got = append(got, e.Type+" "+e.Reason)
			if e.Series != nil {
				return fmt.Errorf("%s %s was told %d times", e.Type, e.Reason, e.Series.Count)
			}
			if e.ReportingController != "postern-operator" || e.Note == "" {
				return fmt.Errorf("event %+v", e)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			return fmt.Errorf("events are %q; want %q", got, want)
		}
		return nil
	})
}
