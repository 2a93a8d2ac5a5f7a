package controller

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
	"github.com/posterndesk/postern/operator/internal/plan"
)

// That something cannot be listed never means that it is not there.
//
// covers: K02
func TestGone(t *testing.T) {
	there := func(client.ObjectList) error { return nil }
	for _, tt := range []struct {
		name string
		list func(client.ObjectList) error
		gone bool
	}{
		{"nothing is there", there, true},
		{"an error", func(client.ObjectList) error { return errors.New("no answer") }, false},
		{"an error for one kind", func(l client.ObjectList) error {
			if _, ok := l.(*v1alpha1.MailboxList); ok {
				return errors.New("no answer")
			}
			return nil
		}, false},
		{"something is there", func(l client.ObjectList) error {
			if forms, ok := l.(*v1alpha1.TicketFormList); ok {
				forms.Items = make([]v1alpha1.TicketForm, 1)
			}
			return nil
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &Controller{direct: reader{list: tt.list}}
			if err := c.gone(t.Context(), "a"); (err == nil) != tt.gone {
				t.Errorf("got %v, want gone %v", err, tt.gone)
			}
		})
	}
}

func TestAsked(t *testing.T) {
	with := func(uid, at string) client.Object {
		return &v1alpha1.HelpCenter{ObjectMeta: metav1.ObjectMeta{UID: types.UID(uid), Annotations: map[string]string{ReconcileAt: at}}}
	}
	for _, tt := range []struct {
		name     string
		old, new client.Object
		want     bool
	}{
		{"the same", with("u", "1"), with("u", "1"), false},
		{"asked", with("u", "1"), with("u", "2"), true},
		{"another one of that name", with("u", "1"), with("v", "1"), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := asked(event.UpdateEvent{ObjectOld: tt.old, ObjectNew: tt.new}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// Who falls silent is told by one address, whatever families it has.
func TestSilent(t *testing.T) {
	pod := func(name string, ready *bool, addresses ...string) discoveryv1.Endpoint {
		return discoveryv1.Endpoint{Addresses: addresses, TargetRef: &corev1.ObjectReference{Name: name}, Conditions: discoveryv1.EndpointConditions{Ready: ready}}
	}
	slicesOf := []discoveryv1.EndpointSlice{
		{Endpoints: []discoveryv1.Endpoint{pod("p1", nil, "192.0.2.1"), pod("p2", new(true), "192.0.2.2"), pod("p3", new(false), "192.0.2.3")}},
		{Endpoints: []discoveryv1.Endpoint{pod("p1", nil, "2001:db8::1"), pod("p2", nil, "2001:db8::2"), {Addresses: []string{"192.0.2.9"}}}},
	}
	var e endpoints
	if !e.set(readyPods(slicesOf)) {
		t.Error("the first endpoints are not new")
	}
	slices.Reverse(slicesOf)
	if e.set(readyPods(slicesOf)) {
		t.Error("the same endpoints in another order are new")
	}
	got, news := e.silent([]plan.Replica{{Session: wire.Session{Addresses: []string{"2001:db8::1"}}}})
	if _, again := e.silent([]plan.Replica{{Session: wire.Session{Addresses: []string{"2001:db8::1"}}}}); !news || again {
		t.Errorf("it is news: %t, and again: %t", news, again)
	}
	if want := []string{"192.0.2.2", "192.0.2.9"}; !slices.Equal(got, want) {
		t.Errorf("silent are %v, want %v", got, want)
	}
}

func TestWaiting(t *testing.T) {
	var w waiting
	start := time.Now()
	for _, tt := range []struct {
		name     string
		settling bool
		after    time.Duration
		want     time.Duration
	}{
		{"nothing to wait for", false, 0, 0},
		{"something", true, 0, acknowledgement},
		{"still", true, acknowledgement / 4, acknowledgement * 3 / 4},
		{"too long", true, 2 * acknowledgement, 0},
		{"done", false, 2 * acknowledgement, 0},
		{"something else", true, 3 * acknowledgement, acknowledgement},
	} {
		if got := w.left("a", tt.settling, start.Add(tt.after)); got != tt.want {
			t.Errorf("%s: it waits %v, want %v", tt.name, got, tt.want)
		}
	}
}

// The API server may keep lists that have keys in an order of its own.
func TestStatusesInAnyOrder(t *testing.T) {
	a, b := metav1.Condition{Type: "A"}, metav1.Condition{Type: "B"}
	status := func(conditions ...metav1.Condition) *v1alpha1.TicketFormStatus {
		of := []v1alpha1.FormHelpCenter{{Name: "x", Conditions: conditions}, {Name: "y"}}
		if conditions[0].Type == "B" {
			slices.Reverse(of)
		}
		return &v1alpha1.TicketFormStatus{Conditions: conditions, HelpCenters: of}
	}
	one, err := plain(status(a, b))
	if err != nil {
		t.Fatal(err)
	}
	other, err := plain(status(b, a))
	if err != nil || !reflect.DeepEqual(one, other) {
		t.Errorf("%v\nis not\n%v; %v", one, other, err)
	}
}

// What comes in before there is a queue is not lost, and is in it once.
func TestInbox(t *testing.T) {
	var i inbox
	i.add("a", "b", "a")
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[account]())
	defer queue.ShutDown()
	if err := i.start(t.Context(), queue); err != nil {
		t.Fatal(err)
	}
	i.add("c", "a")
	var got []account
	for range 3 {
		a, _ := queue.Get()
		got = append(got, a)
	}
	slices.Sort(got)
	if want := []account{"a", "b", "c"}; !slices.Equal(got, want) || queue.Len() != 0 {
		t.Errorf("got %v and %d more, want %v", got, queue.Len(), want)
	}
}

// While the cache is behind, what was written is not written again.
func TestOverwritten(t *testing.T) {
	var o overwritten
	at := func(version string) change {
		return change{object: &v1alpha1.HelpCenter{ObjectMeta: metav1.ObjectMeta{UID: "u", ResourceVersion: version}}}
	}
	o.add("a", at("1").object)
	for _, tt := range []struct {
		name    string
		account account
		shown   change
		want    bool
	}{
		{"of another account", "b", at("1"), false},
		{"behind", "a", at("1"), true},
		{"behind still", "a", at("1"), true},
		{"as it was written", "a", at("2"), false},
		{"forgotten by then", "a", at("1"), false},
	} {
		if got := o.of(tt.account, []change{tt.shown})["u"]; got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
