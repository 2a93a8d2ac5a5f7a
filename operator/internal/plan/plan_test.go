package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

func helpCenterNamed(name, host string) v1alpha1.HelpCenter {
	h := v1alpha1.HelpCenter{ObjectMeta: metav1.ObjectMeta{Namespace: "support", Name: name}}
	h.Spec.DisplayName, h.Spec.Host, h.Spec.MailboxRef.Name = "Acme", host, "support"
	h.Spec.Portal.TicketSubmission = config.SubmissionEnabled
	return h
}

func mailboxNamed(name string) v1alpha1.Mailbox {
	m := v1alpha1.Mailbox{ObjectMeta: metav1.ObjectMeta{Namespace: "support", Name: name}}
	m.Spec.Address, m.Spec.Inbound.Type = name+"@acme.example", config.InboundSMTP
	return m
}

func publishedForm(name string, helpCenters ...string) v1alpha1.TicketForm {
	f := v1alpha1.TicketForm{ObjectMeta: metav1.ObjectMeta{Namespace: "support", Name: name}}
	f.Spec.Title.Default, f.Spec.Publication = "A form", config.Published
	for _, name := range helpCenters {
		f.Spec.HelpCenterRefs = append(f.Spec.HelpCenterRefs, config.LocalReference{Name: name})
	}
	return f
}

func following(names ...string) []*replica {
	var replicas []*replica
	for _, name := range names {
		replicas = append(replicas, &replica{name: name, does: "Follows", loaded: map[string]*wire.Loaded{}})
	}
	return replicas
}

func condition(t *testing.T, list []metav1.Condition, kind string) metav1.Condition {
	t.Helper()
	c := find(list, kind)
	if c == nil {
		t.Fatalf("there is no %s among %v", kind, list)
	}
	return *c
}

// TestTooLargeADocument makes a form that fits the API server, and not the store.
func TestTooLargeADocument(t *testing.T) {
	w := newWorld()
	w.replicas = following("postern-0")
	w.applyHelpCenter(helpCenterNamed("acme", "help.acme.example"))
	w.applyMailbox(mailboxNamed("support"))
	f := publishedForm("contact", "acme")
	text := &config.LocalizedText{Default: strings.Repeat("x", 200)}
	for i := range 64 {
		field := config.Field{Name: fmt.Sprintf("f%d", i), Type: config.Select, Label: text}
		for j := range 200 {
			field.Options = append(field.Options, config.Option{Value: fmt.Sprintf("o%d", j), Label: *text})
		}
		f.Spec.Fields = append(f.Spec.Fields, field)
	}
	w.applyForm(f)
	p, told, err := w.pass("support")
	if err != nil {
		t.Fatal(err)
	}
	checkContract(t, w, "support", told)
	if c := condition(t, told.Forms["contact"].Conditions, v1alpha1.ConditionAccepted); c.Reason != v1alpha1.ReasonTooLarge {
		t.Errorf("got %v", c)
	}
	if len(p.Desired.Documents) != 2 {
		t.Errorf("what else there is has %d documents, want 2", len(p.Desired.Documents))
	}
}

// TestListFitsTheStore declares so many long names that the list of them would not
// fit a value of the store.
func TestListFitsTheStore(t *testing.T) {
	w := newWorld()
	const each = 9
	for i := range 600 {
		m := mailboxNamed(fmt.Sprintf("m%d", i))
		m.CreationTimestamp = metav1.NewTime(w.now.Add(time.Duration(i) * time.Second))
		m.Spec.Inbound = config.Inbound{Type: config.InboundIMAP, IMAP: &config.IMAP{Host: "imap.acme.example", OAuth: oauth(i, "i")}}
		m.Spec.Relay = &config.Relay{Host: "smtp.acme.example", OAuth: oauth(i, "r")}
		for j := range 4 {
			m.Spec.DKIM = append(m.Spec.DKIM, config.DKIM{Selector: fmt.Sprintf("s%d", j), KeySecretRef: config.SecretReference{Name: longName(i, fmt.Sprintf("d%d", j))}})
		}
		w.applyMailbox(m)
	}
	s := w.snapshot("support")
	for name, keys := range Read(s).Secrets() {
		s.Secrets[name] = Secret{Version: "v", Keys: keys}
	}
	p := within(s, ofAccount)
	checkDocuments(t, p.Desired)
	raw, err := wire.Encode(p.Desired.Account)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) < wire.MaxDocument*3/4 {
		t.Errorf("the list has %d bytes: so much was refused that did fit", len(raw))
	}
	// The first did not fit by its bytes: all of them would be listed by their number.
	if n := len(p.Desired.Documents); n == 600 || n*each > wire.MaxObjects {
		t.Errorf("%d of 600 mailboxes have a document", n)
	}
	for i := range len(p.Desired.Documents) {
		if _, ok := p.Desired.Documents[wire.Ref{Kind: wire.Mailboxes, Name: fmt.Sprintf("m%d", i)}]; !ok {
			t.Fatalf("m%d is refused, and a younger one is not", i)
		}
	}
}

func longName(i int, what string) string {
	return fmt.Sprintf("%s-%d-%s", what, i, strings.Repeat("x", 240))
}

func oauth(i int, what string) *config.OAuth {
	return &config.OAuth{
		TokenURL: "https://id.acme.example/token", ClientID: "c",
		ClientSecretRef:       &config.SecretReference{Name: longName(i, what+"c")},
		RefreshTokenSecretRef: &config.SecretReference{Name: longName(i, what+"t")},
	}
}

// TestDocumentOfALaterVersion holds that a document which this version cannot read
// is not taken for what was served: its host cannot be ruled on.
func TestDocumentOfALaterVersion(t *testing.T) {
	w := newWorld()
	w.applyHelpCenter(helpCenterNamed("acme", "help.acme.example"))
	if _, _, err := w.pass("support"); err != nil {
		t.Fatal(err)
	}
	ref := wire.Ref{Kind: wire.HelpCenters, Name: "acme"}
	d := w.accounts["support"].Documents[ref]
	d.Body = json.RawMessage(`{"schema":999,"spec":{}}`)
	w.accounts["support"].Documents[ref] = d
	broken := helpCenterNamed("acme", "help.acme.example")
	broken.Spec.Appearance.Color = "red"
	w.applyHelpCenter(broken)
	p, told, err := w.pass("support")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Desired.Documents) != 0 || len(p.Desired.Hosts) != 0 {
		t.Errorf("got %v", p.Desired)
	}
	if c := condition(t, told.HelpCenters["acme"].Conditions, v1alpha1.ConditionAccepted); c.Reason != v1alpha1.ReasonInvalid {
		t.Errorf("got %v", c)
	}
}

// TestDraftsStayWithdrawn holds that a draft does not fall back to Pending because
// something else of the account changes, and does when a replica serves it.
func TestDraftsStayWithdrawn(t *testing.T) {
	w := newWorld()
	w.replicas = following("postern-0")
	w.applyHelpCenter(helpCenterNamed("acme", "help.acme.example"))
	draft := publishedForm("draft", "acme")
	draft.Spec.Publication = config.Draft
	w.applyForm(draft)
	look := func() string {
		t.Helper()
		_, told, err := w.pass("support")
		if err != nil {
			t.Fatal(err)
		}
		return condition(t, told.Forms["draft"].Conditions, v1alpha1.ConditionProgrammed).Reason
	}
	if got := look(); got != v1alpha1.ReasonWithdrawn {
		t.Fatalf("a draft of an account that is loaded is %s", got)
	}
	w.replicas[0].does = "Waits"
	w.applyForm(publishedForm("other", "acme"))
	if got := look(); got != v1alpha1.ReasonWithdrawn {
		t.Errorf("another form was published, and the draft is %s", got)
	}
	w.replicas[0].loaded["support"].Documents[wire.Ref{Kind: wire.TicketForms, Name: "draft"}] = "sha256:before"
	if got := look(); got != v1alpha1.ReasonPending {
		t.Errorf("a replica serves the draft, and it is %s", got)
	}
}

func TestSecrets(t *testing.T) {
	w := newWorld()
	m := mailboxNamed("support")
	m.Spec.Inbound = config.Inbound{Type: config.InboundIMAP, IMAP: &config.IMAP{Host: "imap.acme.example", CredentialsSecretRef: &config.SecretReference{Name: "mail"}}}
	m.Spec.Relay = &config.Relay{Host: "smtp.acme.example", CredentialsSecretRef: &config.SecretReference{Name: "mail", Key: "relay"}}
	w.applyMailbox(m)
	want := map[string][]string{"mail": {"password", "relay"}}
	if diff := cmp.Diff(want, Read(w.snapshot("support")).Secrets()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, _, err := w.pass("support"); err != nil {
		t.Fatal(err)
	}
	// What is served of an object that is not valid any more needs its secrets still.
	m.Spec.Relay, m.Spec.Trust.MailsPerHour = nil, 1_000_000
	w.applyMailbox(m)
	if diff := cmp.Diff(want, Read(w.snapshot("support")).Secrets()); diff != "" {
		t.Errorf("of what is served still (-want +got):\n%s", diff)
	}
}

func TestNames(t *testing.T) {
	helpCenters := []v1alpha1.HelpCenter{helpCenterNamed("b", "b.example"), helpCenterNamed("a", "a.example"), helpCenterNamed("c", "A.example:8443"), helpCenterNamed("d", "")}
	mailboxes := []v1alpha1.Mailbox{mailboxNamed("b"), mailboxNamed("B"), mailboxNamed("a")}
	hosts, addresses := Names(helpCenters, mailboxes)
	if diff := cmp.Diff([]string{"a.example", "b.example"}, hosts); diff != "" {
		t.Errorf("hosts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a@acme.example", "b@acme.example"}, addresses); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
}

func TestMerge(t *testing.T) {
	begin := time.Date(2026, 11, 20, 9, 0, 0, 123, time.UTC)
	later := begin.Add(time.Minute)
	ready := metav1.Condition{Type: "Ready", Status: metav1.ConditionTrue, Reason: "Ready", ObservedGeneration: 1}
	programmed := metav1.Condition{Type: "Programmed", Status: metav1.ConditionTrue, Reason: "Programmed", ObservedGeneration: 1}
	with := func(c metav1.Condition, change func(*metav1.Condition)) metav1.Condition {
		change(&c)
		return c
	}
	old := Merge(nil, []metav1.Condition{ready, programmed}, begin)
	if got := old[0].LastTransitionTime; got.Nanosecond() != 0 || !got.Time.Equal(begin.Truncate(time.Second)) {
		t.Errorf("a time is kept to the second, and told as %v", got)
	}
	for _, tt := range []struct {
		name string
		next []metav1.Condition
		same bool // nothing is to be written
		time time.Time
	}{
		{"nothing new", []metav1.Condition{ready, programmed}, true, begin},
		{"another order", []metav1.Condition{programmed, ready}, true, begin},
		{"another reason", []metav1.Condition{with(ready, func(c *metav1.Condition) { c.Reason = "Draft" }), programmed}, false, begin},
		{"another generation", []metav1.Condition{with(ready, func(c *metav1.Condition) { c.ObservedGeneration = 2 }), programmed}, false, begin},
		{"another status", []metav1.Condition{with(ready, func(c *metav1.Condition) { c.Status = metav1.ConditionFalse }), programmed}, false, later},
		{"one less", []metav1.Condition{ready}, false, begin},
		{"one more", []metav1.Condition{ready, programmed, {Type: "Stalled", Status: metav1.ConditionTrue}}, false, begin},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Merge(old, tt.next, later)
			if same := slices.Equal(old, got); same != tt.same {
				t.Errorf("the same: %t, want %t", same, tt.same)
			}
			if c := condition(t, got, "Ready"); !c.LastTransitionTime.Time.Equal(tt.time.Truncate(time.Second)) {
				t.Errorf("Ready since %v", c.LastTransitionTime)
			}
		})
	}
	fromDefaults := []metav1.Condition{{Type: "Ready", Status: metav1.ConditionUnknown, LastTransitionTime: metav1.Unix(0, 0)}}
	if got := Merge(fromDefaults, []metav1.Condition{{Type: "Ready", Status: metav1.ConditionUnknown}}, later); got[0].LastTransitionTime.Unix() == 0 {
		t.Error("a condition that the API server has put there is told as one that somebody has seen")
	}
}

func TestMessageIsCut(t *testing.T) {
	for _, text := range []string{strings.Repeat("é", 2000), strings.Repeat("x", MaxMessage), "\xff\xfe", ""} {
		got := message("%s", text)
		if len(got) > MaxMessage || !utf8.ValidString(got) {
			t.Errorf("%.20q is told in %d bytes", text, len(got))
		}
		if len(text) <= MaxMessage && utf8.ValidString(text) && got != text {
			t.Errorf("%.20q is told as %.20q", text, got)
		}
	}
}
