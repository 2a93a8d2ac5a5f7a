package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// progress is how far an object has come to the serving replicas.
type progress struct {
	want    map[wire.Ref]string // its document and its secrets; empty if nothing is to be served
	hash    string              // of its document
	loaded  int                 // replicas that serve exactly that
	missing []string            // names of those that do not yet
	refused []string            // what those say that cannot
}

func (t *teller) progressOf(o *object) progress {
	g := progress{want: t.plan.wanted(o)}
	if o.document != nil {
		g.hash = o.document.Hash
	}
	remembered := t.remembers(o)
	for _, r := range t.serving {
		refusal := r.refusal(g.want)
		switch {
		case refusal != "":
			g.refused = append(g.refused, refusal)
		case len(g.want) > 0 && r.serves(g.want), len(g.want) == 0 && r.without(o.ref) && (remembered || t.follows(r)):
			g.loaded++
		default:
			g.missing = append(g.missing, r.Name)
		}
	}
	return g
}

// wanted are the documents that an object consists of, by their hashes.
func (p *Plan) wanted(o *object) map[wire.Ref]string {
	if o.document == nil {
		return nil
	}
	want := map[wire.Ref]string{o.ref: o.document.Hash}
	for _, ref := range o.secrets {
		if s, ok := p.Desired.Secrets[ref.Name]; ok {
			want[wire.Ref{Kind: wire.Secrets, Name: ref.Name}] = s.Hash
		}
	}
	return want
}

// loaded is what a replica says in this run of it; nil if it has said nothing.
func (r Replica) loaded() *wire.Loaded {
	if r.Loaded == nil || r.Loaded.Boot != r.Session.Boot {
		return nil
	}
	return r.Loaded
}

func (r Replica) serves(want map[wire.Ref]string) bool {
	loaded := r.loaded()
	if loaded == nil {
		return false
	}
	for ref, hash := range want {
		if loaded.Documents[ref] != hash {
			return false
		}
	}
	return true
}

// refusal tells why a replica does not serve what is wanted; "" if it has not
// refused it.
func (r Replica) refusal(want map[wire.Ref]string) string {
	loaded := r.loaded()
	if loaded == nil {
		return ""
	}
	for _, ref := range slices.SortedFunc(maps.Keys(want), wire.Ref.Compare) {
		refused, ok := loaded.Refused[ref]
		if !ok || refused.Hash != want[ref] || loaded.Documents[ref] == want[ref] {
			continue
		}
		goesOn := "it serves nothing of it"
		if _, serves := loaded.Documents[ref]; serves {
			goesOn = "it goes on with what it had before"
		}
		return message("replica %s (%s) refuses %s: %.700s; %s", r.Name, r.Session.Version, ref, refused.Error, goesOn)
	}
	return ""
}

// without reports whether a replica says that it serves nothing of an object.
func (r Replica) without(ref wire.Ref) bool {
	loaded := r.loaded()
	if loaded == nil {
		return false
	}
	_, serves := loaded.Documents[ref]
	return !serves
}

// follows reports whether a replica goes by the whole account as it is to be: only
// then it is sure that it takes up nothing that has no document.
func (t *teller) follows(r Replica) bool {
	a := t.plan.Desired.Account
	return a != nil && r.loaded().Account == a.Hash
}

// remembers reports whether all replicas had dropped an object before, and none
// has it now: they do not take it up again because something else of the account
// changes.
func (t *teller) remembers(o *object) bool {
	_, stored := t.plan.snapshot.Stored.Documents[o.ref]
	was := o.counted
	return !stored && was != nil && was.Hash == "" && was.Replicas == nil &&
		!slices.ContainsFunc(t.serving, func(r Replica) bool { return !r.without(o.ref) })
}

// programmed says what has become of an object at the replicas.
func (t *teller) programmed(o *object, g progress) ruling {
	of := len(t.serving)
	switch done := of > 0 && g.loaded == of; {
	case !o.accepted.holds() && o.document != nil:
		return no(v1alpha1.ReasonNotAccepted, "generation %d stays in force", o.document.Generation)
	case !o.accepted.holds():
		return no(v1alpha1.ReasonNotAccepted, "nothing of it is served")
	case done && t.plan.unsealed(o):
		return no(v1alpha1.ReasonPending, "no replica has told the key that secrets are handed over with")
	case done && len(t.Silent) == 0 && len(g.want) == 0:
		return yes(v1alpha1.ReasonWithdrawn, "nothing of it is served")
	case done && len(t.Silent) == 0:
		return yes(v1alpha1.ReasonProgrammed, "all serving replicas have loaded it")
	case t.Unwritten != nil && !done:
		return unknown(v1alpha1.ReasonStoreUnavailable, "the store does not take it; this is tried again")
	case len(g.refused) > 0:
		return no(v1alpha1.ReasonRejected, "%s", strings.Join(g.refused, "; "))
	case t.Held && !done && t.plan.unwritten(o, g):
		return no(v1alpha1.ReasonDeletionsHeld, "so much would be deleted at once that somebody has to allow it to the operator")
	case len(t.Silent) > 0 && (done || of == 0):
		return unknown(v1alpha1.ReasonReplicaSilent, "not every replica that is ready tells what it serves")
	case of == 0:
		return no(v1alpha1.ReasonNoReplicas, "no replica serves")
	default:
		return t.pending(o, g)
	}
}

// pending tells how far it is, and after Deadline for whom it waits.
func (t *teller) pending(o *object, g progress) ruling {
	verb := "have loaded it"
	if len(g.want) == 0 {
		verb = "have dropped it"
	}
	text := fmt.Sprintf("%d of %d serving replicas %s", g.loaded, len(t.serving), verb)
	left := Deadline - since(o.before, v1alpha1.ConditionProgrammed, metav1.ConditionFalse, t.Now)
	if left > 0 {
		t.again(left)
	} else {
		text += "; waiting for " + some(g.missing)
	}
	was := find(o.before, v1alpha1.ConditionProgrammed)
	if was == nil || was.Reason != v1alpha1.ReasonPending || was.ObservedGeneration != o.generation {
		t.told.Settling = true
	}
	return no(v1alpha1.ReasonPending, "%s", text)
}

// hurry adds to what Programmed says that it has taken too long, if nothing but that
// is what an object waits for.
func (t *teller) hurry(o *object, programmed ruling) ruling {
	if programmed.reason != v1alpha1.ReasonPending || !o.resolved.holds() {
		return programmed
	}
	if left := Overdue - since(o.before, v1alpha1.ConditionReconciling, metav1.ConditionTrue, t.Now); left > 0 {
		t.again(left)
		return programmed
	}
	programmed.message = message("%s%s", overdue, programmed.message)
	return programmed
}

// unwritten reports whether an object was not in the store as it is to be when the
// plan was made.
func (p *Plan) unwritten(o *object, g progress) bool {
	for ref, hash := range g.want {
		if p.snapshot.Stored.Documents[ref].Hash != hash {
			return true
		}
	}
	a := p.snapshot.Stored.Account
	return len(g.want) == 0 && (a == nil || a.Hash != p.Desired.Account.Hash)
}

// count is the progress as statuses tell it; nil of what is not to be served
// because it is not accepted. Once all have it, how many that are is not said: each
// replica that comes or goes would have all statuses written anew.
func (t *teller) count(o *object, g progress) *v1alpha1.Programmed {
	if !o.accepted.holds() && o.document == nil {
		return nil
	}
	p := &v1alpha1.Programmed{Hash: g.hash}
	if of := len(t.serving); of == 0 || g.loaded < of {
		p.Replicas, p.LoadedReplicas = new(int32(of)), new(int32(g.loaded))
	}
	return p
}

// promote names what every replica has loaded and is not the last good yet.
func (t *teller) promote() []wire.Ref {
	if t.plan.Desired.Account == nil || len(t.serving) == 0 || len(t.Silent) > 0 {
		return nil
	}
	var refs []wire.Ref
	for ref, hash := range t.plan.Desired.Account.Documents {
		everywhere := !slices.ContainsFunc(t.serving, func(r Replica) bool {
			return !r.serves(map[wire.Ref]string{ref: hash})
		})
		if everywhere && t.plan.snapshot.Stored.LastGood[ref] != hash {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, wire.Ref.Compare)
	return refs
}

// some names the first few of what may be many.
func some(names []string) string {
	const few = 5
	names = slices.Sorted(slices.Values(names))
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

// Deadline is how long replicas have to load something before its status names
// those that have not.
const Deadline = time.Minute

// Overdue is how long an object may be reconciled before somebody is told that
// replicas do not load it, which is more than a slow start of one takes.
const Overdue = 5 * time.Minute

// overdue is how the message of Programmed begins from then on.
var overdue = fmt.Sprintf("after more than %.0f minutes ", Overdue.Minutes())

// IsOverdue reports whether conditions say that replicas have not loaded an object
// for too long.
func IsOverdue(list []metav1.Condition) bool {
	c := find(list, v1alpha1.ConditionProgrammed)
	return c != nil && c.Reason == v1alpha1.ReasonPending && strings.HasPrefix(c.Message, overdue)
}

// Patience is how long something that is referred to may be missing before the
// object is Stalled: what is applied together comes one after the other, and Secrets
// often from elsewhere. Helm and Flux give up on what is Stalled.
const Patience = time.Minute

// handover is how soon a name is looked at again that is about to be given back.
const handover = 5 * time.Second
