package plan

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// Bounds of the list of help centers in a form's status, as the API has them. Only
// a form that is not valid goes beyond.
const (
	maxEntries   = 32
	maxEntryName = 63
)

func (t *teller) form(f *form) v1alpha1.TicketFormStatus {
	own := t.looks[&f.object]
	var entries []v1alpha1.FormHelpCenter
	for _, name := range f.names() {
		c := t.at(f, name)
		entries = append(entries, v1alpha1.FormHelpCenter{Name: name, Conditions: Merge(f.entryBefore(name), c.list, t.Now)})
	}
	programmed := t.hurry(&f.object, t.everyHelpCenter(f, own.ruling))
	c := t.begin(&f.object, programmed)
	t.summarize(c, &f.object, programmed, f.ready())
	return v1alpha1.TicketFormStatus{
		ObservedGeneration: f.generation, HelpCenters: entries, Programmed: t.count(&f.object, own.progress),
		Conditions: Merge(f.before, c.list, t.Now),
	}
}

func (f *form) ready() ruling {
	switch {
	case f.draft():
		return yes(v1alpha1.ReasonDraft, "it is a draft, which is offered to nobody")
	case len(f.refs) == 0:
		return yes(v1alpha1.ReasonReady, "it names no HelpCenter, so it is offered nowhere")
	default:
		return yes(v1alpha1.ReasonReady, "")
	}
}

func (f *form) draft() bool { return f.Spec.Publication != config.Published }

// names are the help centers that it names, sorted.
func (f *form) names() []string {
	var names []string
	for _, ref := range f.refs {
		if ref.Name != "" && len(ref.Name) <= maxEntryName {
			names = append(names, strings.ToValidUTF8(ref.Name, "�"))
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), maxEntries)]
}

func (f *form) entryBefore(name string) []metav1.Condition {
	for _, e := range f.entries {
		if e.Name == name {
			return e.Conditions
		}
	}
	return nil
}

// everyHelpCenter says what Programmed is over all help centers that a published
// form names: one that is there and not accepted itself keeps it False.
func (t *teller) everyHelpCenter(f *form, own ruling) ruling {
	if !own.holds() || f.draft() {
		return own
	}
	for _, name := range f.names() {
		if h := t.plan.helpCenter(name); h != nil && h.document == nil {
			return no(v1alpha1.ReasonNotAccepted, "HelpCenter %s is not accepted", name)
		}
	}
	return own
}

// at says what has become of a form at one help center.
func (t *teller) at(f *form, name string) *conditions {
	h, own := t.plan.helpCenter(name), t.looks[&f.object]
	accepted, programmed := yes(v1alpha1.ReasonAccepted, ""), own.ruling
	switch {
	case !f.accepted.holds():
		accepted = f.accepted
	case h == nil:
		accepted = no(v1alpha1.ReasonHelpCenterNotFound, "there is no HelpCenter %s", name)
	case h.document == nil:
		accepted = no(v1alpha1.ReasonNotAccepted, "HelpCenter %s is not accepted", name)
	}
	if !accepted.holds() && f.accepted.holds() {
		programmed = no(v1alpha1.ReasonNotAccepted, "nothing of it is served there")
	}
	c := &conditions{generation: f.generation}
	c.set(v1alpha1.ConditionAccepted, accepted)
	c.set(v1alpha1.ConditionProgrammed, programmed)
	c.set(v1alpha1.ConditionVisible, t.visible(f, h, own.everywhere && f.connects(name)))
	return c
}

// visible says whether visitors find a form at a help center, also one that is only
// kept; served that every replica serves the form, and that it names the help center.
func (t *teller) visible(f *form, h *helpCenter, served bool) ruling {
	switch {
	case f.accepted.holds() && f.draft():
		return no(v1alpha1.ReasonDraft, "")
	case !served || h == nil || !t.looks[&h.object].everywhere:
		return no(v1alpha1.ReasonNotProgrammed, "")
	case h.Spec.Portal.TicketSubmission != config.SubmissionEnabled:
		return no(v1alpha1.ReasonSubmissionDisabled, "portal.ticketSubmission of the HelpCenter is Disabled")
	case f.Spec.Audience == config.AudienceAgents:
		return yes(v1alpha1.ReasonVisible, "to agents")
	default:
		return yes(v1alpha1.ReasonVisible, "")
	}
}
