package plan

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// teller makes statuses of a plan.
type teller struct {
	Serving
	plan    *Plan
	serving []Replica // those in that phase, by name
	looks   map[*object]look
	told    Statuses
}

// look is what there is to see of an object at the replicas.
type look struct {
	progress
	ruling
	everywhere bool // every replica serves its document, also one that is only kept
}

// Statuses tells what each object is to say of itself. Where nothing has changed a
// status is equal to the one in the snapshot.
func (p *Plan) Statuses(s Serving) Statuses {
	t := &teller{Serving: s, plan: p, looks: map[*object]look{}, told: Statuses{
		HelpCenters: map[string]v1alpha1.HelpCenterStatus{},
		Forms:       map[string]v1alpha1.TicketFormStatus{},
		Mailboxes:   map[string]v1alpha1.MailboxStatus{},
	}}
	for _, r := range s.Replicas {
		if r.Session.Phase == wire.Serving {
			t.serving = append(t.serving, r)
		}
	}
	slices.SortFunc(t.serving, func(a, b Replica) int { return cmp.Compare(a.Name, b.Name) })
	for _, o := range p.objects() {
		g := t.progressOf(o)
		t.looks[o] = look{g, t.programmed(o, g), o.document != nil && g.loaded > 0 && g.loaded == len(t.serving) && len(t.Silent) == 0}
	}
	for _, f := range p.forms {
		t.told.Forms[f.ref.Name] = t.form(f)
	}
	for _, h := range p.helpCenters {
		t.told.HelpCenters[h.ref.Name] = t.helpCenter(h)
	}
	for _, m := range p.mailboxes {
		t.told.Mailboxes[m.ref.Name] = t.mailbox(m)
	}
	t.told.Promote = t.promote()
	return t.told
}

// again makes sure that somebody looks again by then.
func (t *teller) again(in time.Duration) {
	if t.told.Next == 0 || in < t.told.Next {
		t.told.Next = in
	}
}

// begin are the conditions that all kinds begin with.
func (t *teller) begin(o *object, programmed ruling) *conditions {
	if o.accepted.status == metav1.ConditionUnknown {
		t.again(handover)
	}
	c := &conditions{generation: o.generation}
	c.set(v1alpha1.ConditionAccepted, o.accepted)
	c.set(v1alpha1.ConditionResolvedRefs, o.resolved)
	c.set(v1alpha1.ConditionProgrammed, programmed)
	return c
}

func (t *teller) helpCenter(h *helpCenter) v1alpha1.HelpCenterStatus {
	own := t.looks[&h.object]
	ready := yes(v1alpha1.ReasonReady, "")
	if h.Spec.Portal.TicketSubmission == config.SubmissionDisabled {
		ready = yes(v1alpha1.ReasonDisabled, "the portal is off")
	}
	programmed := t.hurry(&h.object, own.ruling)
	c := t.begin(&h.object, programmed)
	c.set(v1alpha1.ConditionSubmissionVisible, t.submission(h))
	c.set(v1alpha1.ConditionSignUpApplied, t.signUp(h))
	t.summarize(c, &h.object, programmed, ready)
	connected, published := t.plan.connected(h.ref.Name)
	status := v1alpha1.HelpCenterStatus{
		ObservedGeneration: h.generation, ConnectedForms: &connected, PublishedForms: &published,
		Programmed: t.count(&h.object, own.progress), Conditions: Merge(h.before, c.list, t.Now),
	}
	if h.document != nil {
		status.URL = "https://" + h.Spec.Host + "/"
	}
	return status
}

// connected counts the forms that name a help center, and those of them that are
// published.
func (p *Plan) connected(helpCenter string) (connected, published int32) {
	for _, f := range p.forms {
		if f.stands && f.connects(helpCenter) {
			connected++
			if f.Spec.Publication == config.Published {
				published++
			}
		}
	}
	return connected, published
}

// connects reports whether the spec of a form that stands names a help center.
func (f *form) connects(helpCenter string) bool {
	return slices.Contains(f.Spec.HelpCenterRefs, config.LocalReference{Name: helpCenter})
}

// submission says whether visitors are shown the way to submit a request, which
// takes that every replica serves the help center and one of its forms for visitors.
func (t *teller) submission(h *helpCenter) ruling {
	if h.document == nil || h.comesTo == nil {
		return no(v1alpha1.ReasonNotProgrammed, "nothing of the help center is served")
	}
	s := h.comesTo.SubmissionFor(config.Anonymous)
	switch {
	case !s.Visible && s.Reason == config.ReasonNoPublishedForm:
		return no(v1alpha1.ReasonNoPublishedForm, "%s", s.Message)
	case !s.Visible && s.Reason == config.ReasonNoFormForVisitor:
		return no(v1alpha1.ReasonNoFormForVisitor, "%s", s.Message)
	case !s.Visible:
		return no(v1alpha1.ReasonSubmissionDisabled, "%s", s.Message)
	case !t.looks[&h.object].everywhere:
		return no(v1alpha1.ReasonNotProgrammed, "not every replica has loaded the help center")
	}
	for _, f := range t.plan.forms {
		if t.looks[&f.object].everywhere && f.connects(h.ref.Name) && f.Spec.Audience != config.AudienceAgents {
			return yes(v1alpha1.ReasonFormsPublished, "%s", s.Message)
		}
	}
	return no(v1alpha1.ReasonNotProgrammed, "no published form for visitors was loaded by every replica yet")
}

// signUp says whether what a help center declares about sign-up holds. What holds
// is part of the account as a whole, so whoever declares it waits for that; once it
// held it goes on to, whatever else of the account changes.
func (t *teller) signUp(h *helpCenter) ruling {
	if h.document == nil || h.comesTo == nil {
		return no(v1alpha1.ReasonNotProgrammed, "nothing of the help center is served")
	}
	switch s := h.comesTo.SignUp; {
	case !s.OK:
		return no(v1alpha1.ReasonConflicted, "%s", s.Message)
	case !t.looks[&h.object].holds():
		return no(v1alpha1.ReasonNotProgrammed, "not every replica has loaded the help center")
	case s.Reason == config.ReasonInherited:
		return yes(v1alpha1.ReasonInherited, "%s", s.Message)
	}
	was := find(h.before, v1alpha1.ConditionSignUpApplied)
	applied := was != nil && was.Status == metav1.ConditionTrue && was.Reason == v1alpha1.ReasonApplied && was.ObservedGeneration == h.generation
	if !applied && slices.ContainsFunc(t.serving, func(r Replica) bool {
		return r.loaded() == nil || r.loaded().Account != t.plan.Desired.Account.Hash
	}) {
		return no(v1alpha1.ReasonNotProgrammed, "not every replica goes by it yet")
	}
	return yes(v1alpha1.ReasonApplied, "")
}

func (t *teller) mailbox(m *mailbox) v1alpha1.MailboxStatus {
	own := t.looks[&m.object]
	programmed := t.hurry(&m.object, own.ruling)
	c := t.begin(&m.object, programmed)
	polled := m.polled
	if m.document != nil {
		polled = m.Spec.Inbound.Type == config.InboundIMAP
	}
	if polled {
		c.set(v1alpha1.ConditionConnected, t.connection(m))
	}
	t.summarize(c, &m.object, programmed, yes(v1alpha1.ReasonReady, ""))
	status := v1alpha1.MailboxStatus{
		ObservedGeneration: m.generation, Programmed: t.count(&m.object, own.progress), Conditions: Merge(m.before, c.list, t.Now),
	}
	if m.document != nil && m.comesTo != nil {
		status.HelpCenter = m.comesTo.HelpCenter
	}
	return status
}

// connection says how the last look into a mailbox went. Which replica polls is not
// fixed, and one that does not any more may tell what was: so the best word counts.
func (t *teller) connection(m *mailbox) ruling {
	if m.document == nil {
		return unknown(v1alpha1.ReasonNotAccepted, "it is not polled")
	}
	told := map[wire.PollState]wire.Poll{}
	for _, r := range t.serving {
		if loaded := r.loaded(); loaded != nil {
			if poll, ok := loaded.Mail[m.ref.Name]; ok {
				told[poll.State] = poll
			}
		}
	}
	if _, ok := told[wire.PollConnected]; ok {
		return yes(v1alpha1.ReasonConnected, "")
	}
	if poll, ok := told[wire.PollRefused]; ok {
		return no(v1alpha1.ReasonAuthenticationFailed, "%s", poll.Message)
	}
	if poll, ok := told[wire.PollUnreachable]; ok {
		return no(v1alpha1.ReasonUnreachable, "%s", poll.Message)
	}
	return unknown(v1alpha1.ReasonPending, "no replica has looked into it yet")
}
