package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

var benchHelpCenters = flag.Int("helpcenters", 1000, "help centers of the benchmark, each with ten forms")

// The measure of a large installation: accounts of ten help centers with ten forms
// each, and one mailbox.
const (
	helpCentersOfAccount = 10
	formsOfHelpCenter    = 10
)

// BenchmarkPublish measures from the moment a form is changed until every replica
// has told that it serves that.
func BenchmarkPublish(b *testing.B) {
	w := newWorld(b, 1)
	w.program = build(b)
	a := w.accounts[0]
	replicas := []*replica{w.replica("postern-1"), w.replica("postern-2"), w.replica("postern-3")}
	w.operator()
	box, help, form := aMailbox(a, "support", "support@acme.example"), aHelpCenter(a, "acme", "help.acme.example"), aForm(a, "billing", "acme")
	w.create(box, help, form)
	w.until(form, v1alpha1.ConditionReady, yes, "")
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		w.read(form)
		form.Spec.Order = int32(i%1000) + 1
		start := time.Now()
		if err := w.kube.Client.Update(b.Context(), form); err != nil {
			b.Fatal(err)
		}
		var last time.Time
		for _, r := range replicas {
			w.eventually(func() error {
				at := r.loadedAt(a)
				if !at.After(start) {
					return fmt.Errorf("%s has not loaded it", r.name)
				}
				if at.After(last) {
					last = at
				}
				return nil
			})
		}
		took = append(took, last.Sub(start))
		w.until(form, v1alpha1.ConditionReady, yes, "") // so that one is not measured with the next
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

func (r *replica) loadedAt(account string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.loaded[account]
}

// BenchmarkCold measures how long an operator that starts with nothing in etcd
// takes until every object says that it is served, its memory there, and what it
// writes in an idle minute.
func BenchmarkCold(b *testing.B) {
	for b.Loop() {
		w := newWorld(b, max(1, *benchHelpCenters/helpCentersOfAccount))
		w.patience, w.program = 10*time.Minute, build(b)
		w.kube.Allow(b, w.user, "", rulesIn(b, "rbac/accounts.yaml", "")...)
		objects := w.fill(b)
		w.replica("postern-1")
		start := time.Now()
		o := w.operatorOf(nil)
		w.served(o, objects)
		b.ReportMetric(time.Since(start).Seconds(), "converge-s")
		b.ReportMetric(float64(objects), "objects")
		b.ReportMetric(o.processor(), "converge-cpu-s")
		revision, writes := w.revision(), o.written()
		b.ReportMetric(writes/float64(objects), "api-writes/object")
		time.Sleep(time.Minute) // this is what is measured: what happens in it
		b.ReportMetric(float64(w.revision()-revision), "etcd-writes/idle-min")
		b.ReportMetric(o.written()-writes, "api-writes/idle-min")
		b.ReportMetric(o.memory(b), "peak-MiB")
	}
}

// build makes the program as it is deployed: this test binary has an etcd in it, and
// needs more memory.
func build(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "postern-operator")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("build the operator: %v\n%s", err, out)
	}
	return program
}

// processor is the time that the program has had a processor, in seconds.
func (o *operator) processor() float64 { return o.counted("process_cpu_seconds_total") }

// fill declares everything and returns how many objects that are.
func (w *world) fill(b *testing.B) int {
	b.Helper()
	var objects []client.Object
	for _, a := range w.accounts {
		objects = append(objects, aMailbox(a, "support", "support@"+a+".example"))
		for h := range helpCentersOfAccount {
			name := fmt.Sprintf("h%d", h)
			objects = append(objects, aHelpCenter(a, name, name+"."+a+".example"))
			for f := range formsOfHelpCenter {
				objects = append(objects, aForm(a, fmt.Sprintf("%s-f%d", name, f), name))
			}
		}
	}
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(16)
	for _, o := range objects {
		group.Go(func() error { return w.kube.Client.Create(ctx, o) })
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	return len(objects)
}

// served waits until all say that they are served. The operator is asked first: to
// list everything all the time would keep the API server busy.
func (w *world) served(o *operator, objects int) {
	w.t.Helper()
	w.eventually(func() error {
		_, err := get("http://" + o.health + "/readyz")
		return err
	})
	w.eventually(func() error {
		if served := o.counted("postern_operator_objects", `reason="Ready"`); int(served) < objects {
			time.Sleep(200 * time.Millisecond) // how exact the measure is
			return fmt.Errorf("%v of %d objects are ready", served, objects)
		}
		ready := 0
		for _, a := range w.accounts {
			n, err := w.ready(w.t.Context(), a)
			if err != nil {
				return err
			}
			if ready += n; n < 1+helpCentersOfAccount*(1+formsOfHelpCenter) {
				return fmt.Errorf("of the account %s only %d objects are ready", a, n)
			}
		}
		if ready != objects {
			return fmt.Errorf("%d of %d objects are ready", ready, objects)
		}
		return nil
	})
}

func (w *world) ready(ctx context.Context, account string) (ready int, err error) {
	var helpCenters v1alpha1.HelpCenterList
	var forms v1alpha1.TicketFormList
	var mailboxes v1alpha1.MailboxList
	for _, list := range []client.ObjectList{&helpCenters, &forms, &mailboxes} {
		if err := w.kube.Client.List(ctx, list, client.InNamespace(account)); err != nil {
			return 0, err
		}
	}
	count := func(o client.Object) {
		conditions, _ := statusOf(o)
		if condition(conditions, v1alpha1.ConditionReady, yes, "") == nil {
			ready++
		}
	}
	for i := range helpCenters.Items {
		count(&helpCenters.Items[i])
	}
	for i := range forms.Items {
		count(&forms.Items[i])
	}
	for i := range mailboxes.Items {
		count(&mailboxes.Items[i])
	}
	return ready, nil
}

// memory is the most that the program has held, in MiB.
func (o *operator) memory(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", o.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range bytes.Lines(status) {
		var kib float64
		if _, err := fmt.Sscanf(string(line), "VmHWM: %f kB", &kib); err == nil {
			return kib / 1024
		}
	}
	b.Fatal("the kernel does not tell")
	return 0
}
