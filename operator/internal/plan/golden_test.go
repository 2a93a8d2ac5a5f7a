package plan

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

var update = flag.Bool("update", false, "write what is wanted anew")

// secretValue is what no plan and no status may tell.
const secretValue = "correct horse battery staple"

// situation is a file of testdata: what happens, step by step. What is told after
// the last one is beside it.
type situation struct {
	About   string
	Account string
	Objects int // that an account may have; 0 for as many as it really may
	Steps   []step
}

type step struct {
	AfterSeconds int
	Apply        []json.RawMessage
	Delete       []string // kind/namespace/name
	Secrets      map[string]givenSecret
	Replicas     []givenReplica // in place of those before
	Silent       []string
	NoSealing    bool
	Unwritten    string
	Held         bool
	First        []string // accounts that are looked at before
	Watched      []string // from now on
	Unchanged    bool     // it tells what was told before
}

type givenSecret struct {
	Version     string
	Keys, Large []string
	Length      int // of each
	Error       string
}

type givenReplica struct {
	Name  string
	Does  string
	What  string
	Why   string
	Phase wire.Phase
	Boot  string
	Mail  map[string]wire.Poll
}

// covers: K02, M01
func TestSituations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d situations, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var s situation
			if err := yaml.UnmarshalStrict(raw, &s); err != nil {
				t.Fatal(err)
			}
			if s.Account == "" {
				s.Account = "support"
			}
			got := s.run(t)
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", s.About, diff)
			}
		})
	}
}

// run does what happens in a situation and tells what comes of it.
func (s *situation) run(t *testing.T) string {
	w := newWorld()
	if s.Objects > 0 {
		w.most.objects = s.Objects
	}
	var p *Plan
	var told Statuses
	for _, step := range s.Steps {
		step.happen(t, w, s.Account)
		for _, account := range step.First {
			_, other, err := w.pass(account)
			if err != nil {
				t.Fatal(err)
			}
			checkContract(t, w, account, other)
		}
		before := told
		var err error
		if p, told, err = w.pass(s.Account); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, told, cmpopts.IgnoreFields(Statuses{}, "Promote")); step.Unchanged && diff != "" {
			t.Errorf("something else is told (-before +after):\n%s", diff)
		}
		checkContract(t, w, s.Account, told)
		checkDocuments(t, p.Desired)
		checkStable(t, w, s.Account, told)
	}
	text := tell(t, w, s.Account, p.Desired, told)
	for _, address := range w.silent {
		if strings.Contains(text, address) {
			t.Errorf("tenants read the address %s of a pod", address)
		}
	}
	return text
}

func (s *step) happen(t *testing.T, w *world, account string) {
	w.now = w.now.Add(time.Duration(s.AfterSeconds) * time.Second)
	for _, name := range s.Delete {
		parts := strings.SplitN(name, "/", 3)
		key := config.Key{Namespace: parts[1], Name: parts[2]}
		delete(w.helpCenters, when(parts[0] == config.KindHelpCenter, key))
		delete(w.forms, when(parts[0] == config.KindTicketForm, key))
		delete(w.mailboxes, when(parts[0] == config.KindMailbox, key))
	}
	for _, raw := range s.Apply {
		w.apply(t, raw, account)
	}
	for name, given := range s.Secrets {
		secret := Secret{Version: given.Version, Keys: given.Keys, Large: given.Large}
		secret.Lengths = map[string]int{}
		for _, key := range given.Keys {
			secret.Lengths[key] = given.Length
		}
		if given.Error != "" {
			secret.Err = errors.New(given.Error)
		}
		w.secrets[config.Key{Namespace: account, Name: name}] = secret
	}
	if s.Watched != nil {
		w.watched = s.Watched
	}
	w.silent, w.held, w.unwritten = s.Silent, s.Held, nil
	if s.Unwritten != "" {
		w.unwritten = errors.New(s.Unwritten)
	}
	if w.sealing = wire.OpenerOf([32]byte{1}).Key(); s.NoSealing {
		w.sealing = wire.SealingKey{}
	}
	if s.Replicas != nil {
		w.replace(t, s.Replicas)
	}
}

func when(it bool, key config.Key) config.Key {
	if it {
		return key
	}
	return config.Key{}
}

// replace puts other replicas in place of those there are; what one of the same
// name had loaded it has still.
func (w *world) replace(t *testing.T, given []givenReplica) {
	before := map[string]*replica{}
	for _, r := range w.replicas {
		before[r.name] = r
	}
	w.replicas = nil
	for _, g := range given {
		r := &replica{name: g.Name, does: g.Does, why: g.Why, phase: g.Phase, boot: g.Boot, mail: g.Mail, loaded: map[string]*wire.Loaded{}}
		if g.What != "" {
			if err := r.what.UnmarshalText([]byte(g.What)); err != nil {
				t.Fatal(err)
			}
		}
		if old := before[g.Name]; old != nil {
			r.loaded = old.loaded
		}
		w.replicas = append(w.replicas, r)
	}
}

// apply takes a manifest in; without a namespace it is of the account.
func (w *world) apply(t *testing.T, raw []byte, account string) {
	var head metav1.TypeMeta
	if err := json.Unmarshal(raw, &head); err != nil {
		t.Fatal(err)
	}
	read := func(o any, m *metav1.ObjectMeta) {
		if err := yaml.UnmarshalStrict(raw, o); err != nil {
			t.Fatal(err)
		}
		if m.Namespace == "" {
			m.Namespace = account
		}
	}
	switch head.Kind {
	case config.KindHelpCenter:
		var h v1alpha1.HelpCenter
		read(&h, &h.ObjectMeta)
		w.applyHelpCenter(h)
	case config.KindTicketForm:
		var f v1alpha1.TicketForm
		read(&f, &f.ObjectMeta)
		w.applyForm(f)
	case config.KindMailbox:
		var m v1alpha1.Mailbox
		read(&m, &m.ObjectMeta)
		w.applyMailbox(m)
	default:
		t.Fatalf("what is a %q?", head.Kind)
	}
}

// checkDocuments holds documents against what the daemon takes.
func checkDocuments(t tb, d Desired) {
	t.Helper()
	if d.Account == nil {
		if len(d.Documents)+len(d.Secrets)+len(d.Hosts)+len(d.Addresses) > 0 {
			t.Errorf("nothing is declared, and still there is %v", d)
		}
		return
	}
	if len(d.Account.Documents) != len(d.Documents)+len(d.Secrets) {
		t.Errorf("the account lists %d of %d documents and %d secrets", len(d.Account.Documents), len(d.Documents), len(d.Secrets))
	}
	if raw, err := wire.Encode(d.Account); err != nil {
		t.Errorf("the account cannot be kept: %v", err)
	} else if strings.Contains(string(raw), secretValue) {
		t.Errorf("the account tells a secret")
	}
	for ref, doc := range d.Documents {
		if ref != doc.Ref() || d.Account.Documents[ref] != doc.Hash {
			t.Errorf("%s is listed by the hash %s: %s %s", ref, d.Account.Documents[ref], doc.Ref(), doc.Hash)
		}
		if problems := asTheDaemon(t, doc); len(problems) > 0 {
			t.Errorf("%s is not taken: %v", ref, problems)
		}
	}
}

// asTheDaemon looks at a document as a replica does.
func asTheDaemon(t tb, d wire.Document) config.Problems {
	t.Helper()
	switch d.Kind {
	case config.KindHelpCenter:
		return config.HelpCenter{Metadata: d.Metadata(), Spec: specOf[config.HelpCenterSpec](t, d)}.Validate()
	case config.KindTicketForm:
		return config.TicketForm{Metadata: d.Metadata(), Spec: specOf[config.TicketFormSpec](t, d)}.Validate()
	default:
		return config.Mailbox{Metadata: d.Metadata(), Spec: specOf[config.MailboxSpec](t, d)}.Validate()
	}
}

func specOf[S config.HelpCenterSpec | config.TicketFormSpec | config.MailboxSpec](t tb, d wire.Document) S {
	t.Helper()
	spec, err := config.ReadDocument[S](d.Body)
	if err != nil {
		t.Fatalf("read %s: %v", d.Ref(), err)
	}
	if got := config.Hash(spec); got != d.Hash {
		t.Errorf("%s reads back as %s, and was written as %s", d.Ref(), got, d.Hash)
	}
	return spec
}

// checkStable looks at an account again when nothing has happened.
func checkStable(t tb, w *world, account string, told Statuses) {
	t.Helper()
	p := within(w.snapshot(account), w.most)
	if w.unwritten == nil && !w.held {
		if written, err := w.write(account, p.Desired); err != nil || len(written) > 0 {
			t.Errorf("a second look writes %v, %v", written, err)
		}
	}
	again := p.Statuses(w.serving(account))
	for _, d := range []string{
		cmp.Diff(told.HelpCenters, again.HelpCenters), cmp.Diff(told.Forms, again.Forms), cmp.Diff(told.Mailboxes, again.Mailboxes),
	} {
		if d != "" {
			t.Errorf("a second look tells something else (-first +second):\n%s", d)
		}
	}
	if again.Settling || w.unwritten == nil && !w.held && len(again.Promote) > 0 {
		t.Errorf("a second look: settling %t, promote %v", again.Settling, again.Promote)
	}
}

// tell writes down what was decided, for people who look at what has changed.
func tell(t *testing.T, w *world, account string, d Desired, told Statuses) string {
	var b strings.Builder
	for _, ref := range slices.SortedFunc(maps.Keys(d.Documents), wire.Ref.Compare) {
		doc := d.Documents[ref]
		fmt.Fprintf(&b, "%s of generation %d\n  %s\n", ref, doc.Generation, doc.Body)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Secrets)) {
		fmt.Fprintf(&b, "secrets/%s of version %s: %s\n", name, d.Secrets[name].Version, strings.Join(d.Secrets[name].Keys, ", "))
	}
	for _, claims := range []map[string]wire.Claim{d.Hosts, d.Addresses} {
		for _, name := range slices.Sorted(maps.Keys(claims)) {
			fmt.Fprintf(&b, "%s is held by %s\n", name, claims[name].Key())
		}
	}
	switch {
	case d.Account == nil:
		b.WriteString("there is no account\n")
	case d.Account.SignUp != nil:
		fmt.Fprintf(&b, "sign-up of %s: %s\n", d.Account.SignUp.Holder, config.Document(d.Account.SignUp.Applied))
	}
	if len(told.Promote) > 0 {
		fmt.Fprintf(&b, "last good from now on: %v\n", told.Promote)
	}
	if told.Settling {
		b.WriteString("settling\n")
	}
	if told.Next > 0 {
		fmt.Fprintf(&b, "look again in %s\n", told.Next)
	}
	for _, name := range slices.Sorted(maps.Keys(told.HelpCenters)) {
		s := told.HelpCenters[name]
		extra := fmt.Sprintf("url %q, forms %d, published %d", s.URL, *s.ConnectedForms, *s.PublishedForms)
		tellObject(t, &b, "HelpCenter "+name, extra, s.ObservedGeneration, s.Programmed, s.Conditions)
	}
	for _, name := range slices.Sorted(maps.Keys(told.Forms)) {
		s := told.Forms[name]
		tellObject(t, &b, "TicketForm "+name, "", s.ObservedGeneration, s.Programmed, s.Conditions)
		for _, e := range s.HelpCenters {
			fmt.Fprintf(&b, "  at %s\n", e.Name)
			tellConditions(&b, "    ", e.Conditions)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(told.Mailboxes)) {
		s := told.Mailboxes[name]
		tellObject(t, &b, "Mailbox "+name, fmt.Sprintf("help center %q", s.HelpCenter), s.ObservedGeneration, s.Programmed, s.Conditions)
	}
	return b.String()
}

func tellObject(t *testing.T, b *strings.Builder, object, extra string, generation int64, p *v1alpha1.Programmed, list []metav1.Condition) {
	fmt.Fprintf(b, "\n%s of generation %d: %s", object, generation, verdict(t, asObject(t, generation, generation, list)))
	if extra != "" {
		b.WriteString(", " + extra)
	}
	switch {
	case p == nil:
	case p.Replicas == nil && p.Hash == "":
		b.WriteString(", dropped by all")
	case p.Replicas == nil:
		b.WriteString(", loaded by all")
	case p.Hash == "":
		fmt.Fprintf(b, ", dropped by %d of %d", *p.LoadedReplicas, *p.Replicas)
	default:
		fmt.Fprintf(b, ", loaded by %d of %d", *p.LoadedReplicas, *p.Replicas)
	}
	b.WriteString("\n")
	tellConditions(b, "  ", list)
}

func tellConditions(b *strings.Builder, indent string, list []metav1.Condition) {
	for _, c := range list {
		line := fmt.Sprintf("%s%-17s %-7s since %s %s", indent, c.Type, c.Status, c.LastTransitionTime.UTC().Format("15:04:05"), c.Reason)
		if c.Message != "" {
			line += ": " + c.Message
		}
		b.WriteString(line + "\n")
	}
}
