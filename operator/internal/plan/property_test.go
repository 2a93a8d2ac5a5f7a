package plan

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// TestProperties lets two accounts live: objects come, change and go, valid and
// not, replicas follow or do not, the store is there or is not, and the operator
// looks at either account whenever it likes. Whatever it decides holds what follows.
//
// covers: K02, S18
func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		life := newLife(t)
		t.Repeat(map[string]func(*rapid.T){
			"help center": life.helpCenter,
			"form":        life.form,
			"mailbox":     life.mailbox,
			"delete":      life.delete,
			"secret":      life.secret,
			"replicas":    life.replica,
			"store":       life.store,
			"time":        life.time,
			"look":        life.look,
			"look again":  life.look, // twice as often as anything else
			"":            life.nothingTwice,
		})
	})
}

var accounts = []string{"north", "south"}

// life is a world in which things happen at random, out of few names, so that they
// meet.
type life struct {
	*world
	// narrow says that nothing but deletions has happened in an account since it was
	// looked at.
	narrow map[string]bool
}

func newLife(t *rapid.T) *life {
	l := &life{world: newWorld(), narrow: map[string]bool{}}
	l.most.objects = rapid.IntRange(3, 12).Draw(t, "objects")
	for i := range rapid.IntRange(0, 3).Draw(t, "replicas") {
		l.replicas = append(l.replicas, &replica{name: fmt.Sprintf("postern-%d", i), does: "Follows", loaded: map[string]*wire.Loaded{}})
	}
	return l
}

// meta names an object that is made now, or that is there already.
func (l *life) meta(t *rapid.T, names ...string) metav1.ObjectMeta {
	m := metav1.ObjectMeta{
		Namespace: rapid.SampledFrom(accounts).Draw(t, "account"), Name: rapid.SampledFrom(names).Draw(t, "name"),
		CreationTimestamp: metav1.NewTime(l.now.Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "age")) * time.Hour)),
	}
	l.narrow[m.Namespace] = false
	return m
}

var (
	helpCenterNames = []string{"acme", "beta", "gamma"}
	mailboxNames    = []string{"desk", "support"}
	formNames       = []string{"billing", "contact", "returns"}
	methods         = []config.SignUpMethod{config.MethodPassword, config.MethodEmailCode}
)

func (l *life) helpCenter(t *rapid.T) {
	h := v1alpha1.HelpCenter{ObjectMeta: l.meta(t, helpCenterNames...)}
	h.Spec.DisplayName = "A help center"
	h.Spec.Host = rapid.SampledFrom([]string{"a.example", "a.example:8443", "b.example", "c.example"}).Draw(t, "host")
	h.Spec.MailboxRef.Name = rapid.SampledFrom(mailboxNames).Draw(t, "mailbox")
	h.Spec.Portal.TicketSubmission = rapid.SampledFrom([]config.TicketSubmission{config.SubmissionEnabled, config.SubmissionEnabled, config.SubmissionDisabled}).Draw(t, "submission")
	if rapid.Bool().Draw(t, "signs up") {
		h.Spec.SignUp = &config.SignUp{
			Mode:    rapid.SampledFrom([]config.SignUpMode{config.SignUpOpen, config.SignUpInviteOnly}).Draw(t, "mode"),
			Methods: methods[rapid.IntRange(0, 1).Draw(t, "methods"):],
		}
		if rapid.Bool().Draw(t, "oidc") {
			h.Spec.SignUp.Methods = append(slices.Clone(h.Spec.SignUp.Methods), config.MethodOIDC)
			h.Spec.SignUp.OIDC = []config.OIDC{{Name: "id", Issuer: "https://id.example", ClientID: "c", ClientSecretRef: config.SecretReference{Name: "id"}}}
		}
	}
	if broken(t) {
		h.Spec.Appearance.Color = "red"
	}
	l.applyHelpCenter(h)
}

func broken(t *rapid.T) bool { return rapid.IntRange(0, 4).Draw(t, "broken") == 0 }

func (l *life) form(t *rapid.T) {
	f := v1alpha1.TicketForm{ObjectMeta: l.meta(t, formNames...)}
	f.Spec.Title.Default = "A form"
	f.Spec.Publication = rapid.SampledFrom([]config.Publication{config.Published, config.Published, config.Draft}).Draw(t, "publication")
	for _, name := range append(slices.Clone(helpCenterNames), "nowhere") {
		if rapid.IntRange(0, 2).Draw(t, "connected") == 0 {
			f.Spec.HelpCenterRefs = append(f.Spec.HelpCenterRefs, config.LocalReference{Name: name})
		}
	}
	if broken(t) {
		f.Spec.Order = 1_000_000
	}
	l.applyForm(f)
}

func (l *life) mailbox(t *rapid.T) {
	m := v1alpha1.Mailbox{ObjectMeta: l.meta(t, mailboxNames...)}
	m.Spec.Address = rapid.SampledFrom([]string{"a@acme.example", "A@acme.example", "b@acme.example"}).Draw(t, "address")
	m.Spec.Inbound.Type = config.InboundSMTP
	if rapid.Bool().Draw(t, "polled") {
		m.Spec.Inbound.Type = config.InboundIMAP
		m.Spec.Inbound.IMAP = &config.IMAP{Host: "imap.acme.example", CredentialsSecretRef: &config.SecretReference{Name: "imap"}}
	}
	if broken(t) {
		m.Spec.Trust.MailsPerHour = 1_000_000
	}
	l.applyMailbox(m)
}

// delete takes an object away, if it is there.
func (l *life) delete(t *rapid.T) {
	key := config.Key{Namespace: rapid.SampledFrom(accounts).Draw(t, "account")}
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		key.Name = rapid.SampledFrom(helpCenterNames).Draw(t, "name")
		delete(l.helpCenters, key)
	case 1:
		key.Name = rapid.SampledFrom(formNames).Draw(t, "name")
		delete(l.forms, key)
	default:
		key.Name = rapid.SampledFrom(mailboxNames).Draw(t, "name")
		delete(l.mailboxes, key)
	}
}

func (l *life) secret(t *rapid.T) {
	s := Secret{Version: fmt.Sprintf("v%d", rapid.IntRange(1, 2).Draw(t, "version")), Keys: []string{"password", "client-secret", "other"}}
	switch rapid.SampledFrom([]string{"whole", "gone", "without keys", "large", "unreadable"}).Draw(t, "is") {
	case "gone":
		s = Secret{}
	case "without keys":
		s.Keys = []string{"other"}
	case "large":
		s.Large = s.Keys
	case "unreadable":
		s.Err = fmt.Errorf("not today")
	}
	l.secrets[config.Key{Namespace: rapid.SampledFrom(accounts).Draw(t, "account"), Name: rapid.SampledFrom([]string{"imap", "id"}).Draw(t, "name")}] = s
	if l.sealing.ID = ""; rapid.IntRange(0, 3).Draw(t, "sealing") > 0 {
		l.sealing = wire.OpenerOf([32]byte{byte(rapid.IntRange(1, 2).Draw(t, "key"))}).Key()
	} else {
		l.sealing = wire.SealingKey{}
	}
}

func (l *life) replica(t *rapid.T) {
	l.silent = nil
	if rapid.IntRange(0, 4).Draw(t, "silent") == 0 {
		l.silent = []string{"10.0.0.1"}
	}
	if len(l.replicas) == 0 {
		return
	}
	r := rapid.SampledFrom(l.replicas).Draw(t, "replica")
	r.does = rapid.SampledFrom([]string{"Follows", "Follows", "Waits", "Refuses"}).Draw(t, "does")
	r.what, r.why = wire.Ref{Kind: wire.HelpCenters, Name: rapid.SampledFrom(helpCenterNames).Draw(t, "what")}, "no"
	r.phase = rapid.SampledFrom([]wire.Phase{wire.Serving, wire.Serving, wire.Starting}).Draw(t, "phase")
	if rapid.IntRange(0, 4).Draw(t, "restarted") == 0 {
		r.boot += "x"
	}
	r.mail = map[string]wire.Poll{rapid.SampledFrom(mailboxNames).Draw(t, "polled"): {
		State: rapid.SampledFrom([]wire.PollState{wire.PollConnected, wire.PollRefused, wire.PollUnreachable}).Draw(t, "state"), Message: "so",
	}}
}

func (l *life) store(t *rapid.T) {
	l.unwritten, l.held = nil, rapid.IntRange(0, 3).Draw(t, "held") == 0
	if rapid.IntRange(0, 3).Draw(t, "away") == 0 {
		l.unwritten = fmt.Errorf("etcd is away")
	}
}

func (l *life) time(t *rapid.T) {
	l.now = l.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second)
}

// look is a pass over an account, and all that has to hold after it.
func (l *life) look(t *rapid.T) {
	account := rapid.SampledFrom(accounts).Draw(t, "account")
	var before *wire.Account
	if a := l.accounts[account]; a != nil {
		before = a.Account
	}
	inOrder := l.snapshot(account)
	p, told, err := l.pass(account)
	if err != nil {
		t.Fatalf("the store refuses what was planned: %v", err)
	}
	checkContract(t, l.world, account, told)
	checkDocuments(t, p.Desired)
	checkStable(t, l.world, account, told)
	l.checkOrder(t, inOrder, p)
	l.checkAccepted(t, account, p.Desired, told)
	l.checkSubmission(t, account, told)
	if l.narrow[account] && before != nil && before.SignUp != nil {
		checkNotWider(t, before.SignUp, p.Desired.Account)
	}
	l.narrow[account] = l.unwritten == nil && !l.held
}

// checkOrder holds that the order of what is listed does not matter, nor which
// documents are known to be as they would be made.
func (l *life) checkOrder(t *rapid.T, s *Snapshot, p *Plan) {
	shuffled := *s
	shuffled.HelpCenters = rapid.Permutation(s.HelpCenters).Draw(t, "help centers")
	shuffled.Forms = rapid.Permutation(s.Forms).Draw(t, "forms")
	shuffled.Mailboxes = rapid.Permutation(s.Mailboxes).Draw(t, "mailboxes")
	shuffled.RivalHelpCenters = rapid.Permutation(s.RivalHelpCenters).Draw(t, "rival help centers")
	shuffled.RivalMailboxes = rapid.Permutation(s.RivalMailboxes).Draw(t, "rival mailboxes")
	shuffled.Stored.Made = nil // nor whether documents are made anew
	other := within(&shuffled, l.most)
	if diff := cmp.Diff(p.Desired, other.Desired, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("in another order something else is desired:\n%s", diff)
	}
	serving := l.serving(s.Account)
	if diff := cmp.Diff(p.Statuses(serving), other.Statuses(serving)); diff != "" {
		t.Errorf("in another order something else is told:\n%s", diff)
	}
}

// checkAccepted holds that what is not accepted has no document, but for the one it
// had when it was.
func (l *life) checkAccepted(t *rapid.T, account string, d Desired, told Statuses) {
	check := func(ref wire.Ref, o *metav1.ObjectMeta, list []metav1.Condition) {
		doc, ok := d.Documents[ref]
		accepted := find(list, v1alpha1.ConditionAccepted)
		if !ok || accepted.Status == metav1.ConditionTrue {
			return
		}
		if doc.UID != string(o.UID) || doc.Generation >= o.Generation || accepted.Reason != v1alpha1.ReasonInvalid {
			t.Errorf("%s is not accepted (%s), and has a document of generation %d", ref, accepted.Reason, doc.Generation)
		}
	}
	for name, s := range told.HelpCenters {
		check(wire.Ref{Kind: wire.HelpCenters, Name: name}, &l.helpCenters[config.Key{Namespace: account, Name: name}].ObjectMeta, s.Conditions)
	}
	for name, s := range told.Forms {
		check(wire.Ref{Kind: wire.TicketForms, Name: name}, &l.forms[config.Key{Namespace: account, Name: name}].ObjectMeta, s.Conditions)
	}
	for name, s := range told.Mailboxes {
		check(wire.Ref{Kind: wire.Mailboxes, Name: name}, &l.mailboxes[config.Key{Namespace: account, Name: name}].ObjectMeta, s.Conditions)
	}
}

// checkSubmission holds the rule: where a help center and its forms are served
// everywhere, visitors may submit if and only if the portal is on and at least one
// form is published and connected and not for agents alone.
func (l *life) checkSubmission(t *rapid.T, account string, told Statuses) {
	for name, s := range told.HelpCenters {
		published, settled := 0, is(s.Conditions, v1alpha1.ConditionProgrammed)
		for formName, fs := range told.Forms {
			f := l.forms[config.Key{Namespace: account, Name: formName}]
			if fs.Programmed == nil || !is(fs.Conditions, v1alpha1.ConditionAccepted) || fs.Programmed.Replicas != nil {
				settled = false
			}
			if f.Spec.Publication == config.Published && slices.Contains(f.Spec.HelpCenterRefs, config.LocalReference{Name: name}) {
				published++
			}
		}
		on := l.helpCenters[config.Key{Namespace: account, Name: name}].Spec.Portal.TicketSubmission == config.SubmissionEnabled
		if settled && is(s.Conditions, v1alpha1.ConditionSubmissionVisible) != (on && published > 0) {
			t.Errorf("HelpCenter %s is on: %t, with %d published forms, and says %v", name, on, published, s.Conditions)
		}
	}
}

func is(list []metav1.Condition, kind string) bool {
	c := find(list, kind)
	return c != nil && c.Status == metav1.ConditionTrue
}

// checkNotWider holds that nobody can sign up or in who could not before.
func checkNotWider(t tb, before *config.EstablishedSignUp, account *wire.Account) {
	t.Helper()
	if account == nil || account.SignUp == nil {
		return
	}
	if before.Holder == "" && before.Overruled[account.SignUp.Holder] != account.SignUp.Declared {
		return // nobody has overruled that: it was declared since, and waited for its host
	}
	was, now := before.Applied, account.SignUp.Applied
	if was.Mode == config.SignUpInviteOnly && now.Mode == config.SignUpOpen {
		t.Errorf("a deletion has opened sign-up: %v, then %v", was, now)
	}
	for _, m := range now.Methods {
		if !slices.Contains(was.Methods, m) {
			t.Errorf("a deletion has added a way to sign in: %v, then %v", was, now)
		}
	}
}

// nothingTwice holds that no host and no address is served for two objects, whoever
// was looked at in which order.
func (l *life) nothingTwice(t *rapid.T) {
	held := map[string]config.Key{}
	for _, account := range accounts {
		a := l.accounts[account]
		if a == nil {
			continue
		}
		for ref, d := range a.Documents {
			key, name := config.Key{Namespace: account, Name: ref.Name}, ""
			var claims map[string]wire.Claim
			switch ref.Kind {
			case wire.HelpCenters:
				name, claims = config.HostKey(specOf[config.HelpCenterSpec](t, d).Host), l.hosts
			case wire.Mailboxes:
				name, claims = config.AddressKey(specOf[config.MailboxSpec](t, d).Address), l.addresses
			default:
				continue
			}
			if other, ok := held[name]; ok {
				t.Errorf("%s is served for %s and for %s", name, other, key)
			}
			if held[name] = key; claims[name].Key() != key {
				t.Errorf("%s is served for %s, and claimed by %s", name, key, claims[name].Key())
			}
		}
	}
}
