package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// followReferences says of each object whether what it refers to is there. That it
// is not keeps nothing from being served; what hangs on it is missing there.
func (p *Plan) followReferences() {
	p.large = p.tooLarge()
	for _, h := range p.helpCenters {
		var m missing
		m.mailbox(p, h.Spec.MailboxRef.Name)
		m.secrets(p, h.secrets)
		h.resolved = m.ruling(&h.object)
	}
	for _, f := range p.forms {
		var m missing
		for _, ref := range f.refs {
			if p.helpCenter(ref.Name) == nil {
				m.add(v1alpha1.ReasonHelpCenterNotFound, "there is no HelpCenter %s", ref.Name)
			}
		}
		for _, rule := range f.Spec.Routing.Rules {
			if rule.Set.MailboxRef != nil {
				m.mailbox(p, rule.Set.MailboxRef.Name)
			}
		}
		f.resolved = m.ruling(&f.object)
	}
	for _, b := range p.mailboxes {
		var m missing
		m.secrets(p, b.secrets)
		b.resolved = m.ruling(&b.object)
	}
}

// missing gathers what an object refers to in vain.
type missing struct {
	reason string // of the first
	lines  []string
}

func (m *missing) add(reason, format string, args ...any) {
	if m.reason == "" {
		m.reason = reason
	}
	if line := fmt.Sprintf(format, args...); !slices.Contains(m.lines, line) {
		m.lines = append(m.lines, line)
	}
}

func (m *missing) mailbox(p *Plan, name string) {
	if !p.hasMailbox(name) {
		m.add(v1alpha1.ReasonMailboxNotFound, "there is no Mailbox %s", name)
	}
}

func (m *missing) secrets(p *Plan, refs []config.SecretReference) {
	for _, ref := range refs {
		secret, asked := p.snapshot.Secrets[ref.Name]
		switch {
		case !asked:
			m.add(v1alpha1.ReasonSecretUnreadable, "Secret %s was not read", ref.Name)
		case secret.Err != nil:
			m.add(v1alpha1.ReasonSecretUnreadable, "Secret %s cannot be read: %v", ref.Name, secret.Err)
		case secret.Version == "":
			m.add(v1alpha1.ReasonSecretNotFound, "there is no Secret %s", ref.Name)
		case slices.Contains(secret.Large, ref.Key):
			m.add(v1alpha1.ReasonSecretUnreadable, "%s of the Secret %s is too large to be handed over", ref.Key, ref.Name)
		case p.large[ref.Name] > 0:
			m.add(v1alpha1.ReasonSecretUnreadable, "what is referred to of the Secret %s has %d KiB when it is sealed, and at most %d are handed over",
				ref.Name, p.large[ref.Name]>>10, wire.MaxDocument>>10)
		case !slices.Contains(secret.Keys, ref.Key):
			m.add(v1alpha1.ReasonSecretKeyNotFound, "the Secret %s has no key %s", ref.Name, ref.Key)
		}
	}
}

func (m *missing) ruling(o *object) ruling {
	switch {
	case !o.valid:
		return unknown(v1alpha1.ReasonNotAccepted, "what it refers to is looked at once it is valid")
	case m.reason == "":
		return yes(v1alpha1.ReasonResolvedRefs, "")
	default:
		return no(m.reason, "%s", strings.Join(m.lines, "; "))
	}
}
