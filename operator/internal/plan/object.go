package plan

import (
	"cmp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// object is what is known of a declared object, whatever its kind.
type object struct {
	kind       string
	ref        wire.Ref
	meta       config.Metadata
	generation int64
	before     []metav1.Condition   // of its status as it is
	counted    *v1alpha1.Programmed // of its status, if that is about this generation

	// valid says that its spec can be looked at, and stands that a spec of it takes
	// part: its own, or the one of the kept document.
	valid, stands bool
	// crowded says that it is valid and that the account has no room for it. It goes on
	// claiming its name: who gets that must not hang on what else there is room for.
	crowded bool
	// kept is the document of what was served last, of an object that is not valid.
	kept *wire.Document
	// document is what is to lie in the store, nil for nothing.
	document *wire.Document
	// secrets are what the spec that stands refers to.
	secrets []config.SecretReference

	// offeredBy are the served help centers that offer a form which has a document;
	// nil of everything else.
	offeredBy []wire.Ref

	accepted, resolved ruling
}

type helpCenter struct {
	object
	config.HelpCenter // with the spec that stands
	comesTo           *config.ResolvedHelpCenter
}

type form struct {
	object
	config.TicketForm                           // with the spec that stands
	refs              []config.LocalReference   // as they are declared now
	entries           []v1alpha1.FormHelpCenter // of its status as it is
}

type mailbox struct {
	object
	config.Mailbox // with the spec that stands
	comesTo        *config.ResolvedMailbox
	polled         bool // as it is declared now
}

// read takes the objects of the account in, by name.
func (p *Plan) read() {
	for i := range p.snapshot.HelpCenters {
		p.helpCenters = append(p.helpCenters, p.readHelpCenter(&p.snapshot.HelpCenters[i]))
	}
	for i := range p.snapshot.Forms {
		p.forms = append(p.forms, p.readForm(&p.snapshot.Forms[i]))
	}
	for i := range p.snapshot.Mailboxes {
		p.mailboxes = append(p.mailboxes, p.readMailbox(&p.snapshot.Mailboxes[i]))
	}
	slices.SortFunc(p.helpCenters, func(a, b *helpCenter) int { return cmp.Compare(a.ref.Name, b.ref.Name) })
	slices.SortFunc(p.forms, func(a, b *form) int { return cmp.Compare(a.ref.Name, b.ref.Name) })
	slices.SortFunc(p.mailboxes, func(a, b *mailbox) int { return cmp.Compare(a.ref.Name, b.ref.Name) })
}

func (p *Plan) readHelpCenter(o *v1alpha1.HelpCenter) *helpCenter {
	declared := helpCenterOf(o)
	h := &helpCenter{HelpCenter: declared, object: newObject(config.KindHelpCenter, declared.Metadata, o.Generation, o.Status.Conditions)}
	h.recall(o.Status.ObservedGeneration, o.Status.Programmed)
	if judge(&h.object, &h.HelpCenter.Spec, declared.ValidateAs, p.snapshot) {
		h.keep(p.snapshot.Stored.Hosts[config.HostKey(h.Spec.Host)])
	}
	h.secrets = h.Spec.SecretRefs()
	return h
}

func (p *Plan) readForm(o *v1alpha1.TicketForm) *form {
	declared := formOf(o)
	f := &form{TicketForm: declared, object: newObject(config.KindTicketForm, declared.Metadata, o.Generation, o.Status.Conditions)}
	f.recall(o.Status.ObservedGeneration, o.Status.Programmed)
	f.refs, f.entries = declared.Spec.HelpCenterRefs, o.Status.HelpCenters
	judge(&f.object, &f.TicketForm.Spec, declared.ValidateAs, p.snapshot)
	return f
}

func (p *Plan) readMailbox(o *v1alpha1.Mailbox) *mailbox {
	declared := mailboxOf(o)
	m := &mailbox{Mailbox: declared, object: newObject(config.KindMailbox, declared.Metadata, o.Generation, o.Status.Conditions)}
	m.recall(o.Status.ObservedGeneration, o.Status.Programmed)
	m.polled = declared.Spec.Inbound.Type == config.InboundIMAP
	if judge(&m.object, &m.Mailbox.Spec, declared.ValidateAs, p.snapshot) {
		m.keep(p.snapshot.Stored.Addresses[config.AddressKey(m.Spec.Address)])
	}
	m.secrets = m.Spec.SecretRefs()
	return m
}

func newObject(kind string, m config.Metadata, generation int64, before []metav1.Condition) object {
	d := wire.Document{Kind: kind, Name: m.Name}
	return object{kind: kind, ref: d.Ref(), meta: m, generation: generation, before: before}
}

// recall keeps how far an object had come before.
func (o *object) recall(observed int64, counted *v1alpha1.Programmed) {
	if observed == o.generation {
		o.counted = counted
	}
}

// judge says whether an object may be served as it is declared. If not, spec
// becomes that of what was served last, if there is one; kept tells that.
func judge[S config.HelpCenterSpec | config.TicketFormSpec | config.MailboxSpec](
	o *object, spec *S, validate func(document []byte) config.Problems, s *Snapshot,
) (kept bool) {
	last, ok := s.Stored.Documents[o.ref]
	if ok && s.Stored.Made[o.ref] && last.UID == o.meta.UID && last.Generation == o.generation {
		o.accept(&last) // what would be made now is what was made then
		return false
	}
	body := config.Document(*spec)
	if len(body) > config.MaxDocument {
		o.accepted = no(v1alpha1.ReasonTooLarge, "it has %d KiB, and at most %d are kept", len(body)>>10, config.MaxDocument>>10)
	} else if problems := validate(body); len(problems) > 0 {
		o.accepted = no(v1alpha1.ReasonInvalid, "%s", inWords(problems))
	} else {
		document := wire.DocumentAs(o.kind, o.meta, o.generation, body)
		document.Writer = s.Writer
		o.accept(&document)
		return false
	}
	// The same name with another UID is another object, which was never served.
	if !ok || last.UID == "" || last.UID != o.meta.UID {
		return false
	}
	// A document of a later version of the operator cannot be read, nor then ruled on.
	good, err := config.ReadDocument[S](last.Body)
	if err != nil {
		return false
	}
	*spec, o.kept, o.document, o.stands = good, &last, &last, true
	return true
}

// accept has it served as it is declared.
func (o *object) accept(document *wire.Document) {
	o.accepted, o.document = yes(v1alpha1.ReasonAccepted, ""), document
	o.valid, o.stands = true, true
}

// keep leaves what was served last only to who still holds its name: who else may
// claim that name is not known of a spec that is declared no more.
func (o *object) keep(holder wire.Claim) {
	if holder.Key() != o.meta.Key() {
		o.kept, o.document, o.stands = nil, nil, false
	}
}

// inWords tells problems in one line, without the name of the object.
func inWords(problems config.Problems) string {
	lines := make([]string, len(problems))
	for i, p := range problems {
		p.Object = ""
		lines[i] = p.String()
	}
	return strings.Join(lines, "; ")
}

func (o *object) claim() wire.Claim {
	return wire.Claim{Namespace: o.meta.Namespace, Name: o.meta.Name, UID: o.meta.UID}
}

// holds reports whether an object is to hold its name: what is served does, and what
// there is no room for any more keeps it.
func (o *object) holds(holder wire.Claim) bool {
	return o.document != nil || o.crowded && holder.Key() == o.meta.Key()
}

// refuse takes an object out.
func (o *object) refuse(why ruling) {
	o.accepted, o.document, o.kept, o.stands = why, nil, nil, false
}

func helpCenterOf(o *v1alpha1.HelpCenter) config.HelpCenter {
	h := config.HelpCenter{APIVersion: config.APIVersion, Kind: config.KindHelpCenter, Metadata: metadataOf(&o.ObjectMeta), Spec: *o.Spec.DeepCopy()}
	h.Spec.SetDefaults()
	return h
}

func formOf(o *v1alpha1.TicketForm) config.TicketForm {
	f := config.TicketForm{APIVersion: config.APIVersion, Kind: config.KindTicketForm, Metadata: metadataOf(&o.ObjectMeta), Spec: *o.Spec.DeepCopy()}
	f.Spec.SetDefaults()
	return f
}

func mailboxOf(o *v1alpha1.Mailbox) config.Mailbox {
	m := config.Mailbox{APIVersion: config.APIVersion, Kind: config.KindMailbox, Metadata: metadataOf(&o.ObjectMeta), Spec: *o.Spec.DeepCopy()}
	m.Spec.SetDefaults()
	return m
}

func metadataOf(o *metav1.ObjectMeta) config.Metadata {
	m := config.Metadata{Name: o.Name, Namespace: o.Namespace, UID: string(o.UID)}
	if !o.CreationTimestamp.IsZero() {
		m.CreationTimestamp = o.CreationTimestamp.UTC()
	}
	return m
}
