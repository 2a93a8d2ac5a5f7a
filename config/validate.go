package config

// Validate returns all that is wrong with a set with defaults, by place; nil if
// it may be used. What was already told about a value when it was read is not
// told again, nor what follows from it.
func (s *Set) Validate() Problems {
	var problems Problems
	names := s.index()
	hosts, addresses := s.hostHolders(), s.addressHolders()
	for _, h := range s.HelpCenters {
		c := h.check(&problems, Document(h.Spec))
		c.reference("spec.mailboxRef.name", KindMailbox, h.Spec.MailboxRef, names.mailboxes)
		if holder := hosts[HostKey(h.Spec.Host)]; h.Spec.Host != "" && holder != h.Metadata.Key() {
			c.addf("spec.host", "%s is held by %s", clip(h.Spec.Host), claimedBy(KindHelpCenter, holder, h.Metadata.Key()))
		}
	}
	for _, f := range s.Forms {
		c := f.check(&problems, Document(f.Spec))
		for i, ref := range f.Spec.HelpCenterRefs {
			c.reference(element("spec.helpCenterRefs", i)+".name", KindHelpCenter, ref, names.helpCenters)
		}
		for i, rule := range f.Spec.Routing.Rules {
			if ref := rule.Set.MailboxRef; ref != nil {
				c.reference(element("spec.routing.rules", i)+".set.mailboxRef.name", KindMailbox, *ref, names.mailboxes)
			}
		}
	}
	for _, m := range s.Mailboxes {
		c := m.check(&problems, Document(m.Spec))
		if holder := addresses[AddressKey(m.Spec.Address)]; m.Spec.Address != "" && holder != m.Metadata.Key() {
			c.addf("spec.address", "%s is held by %s", clip(m.Spec.Address), claimedBy(KindMailbox, holder, m.Metadata.Key()))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return problems.sorted()
}

// Validate returns all that is wrong with a help center with defaults by itself:
// without what it refers to, and without what others claim.
func (h HelpCenter) Validate() Problems { return h.ValidateAs(Document(h.Spec)) }

// Validate returns all that is wrong with a form with defaults by itself.
func (f TicketForm) Validate() Problems { return f.ValidateAs(Document(f.Spec)) }

// Validate returns all that is wrong with a mailbox with defaults by itself.
func (m Mailbox) Validate() Problems { return m.ValidateAs(Document(m.Spec)) }

// ValidateAs is Validate for who has the Document of the spec already.
func (h HelpCenter) ValidateAs(document []byte) Problems { return alone(h.check, document) }

// ValidateAs is Validate for who has the Document of the spec already.
func (f TicketForm) ValidateAs(document []byte) Problems { return alone(f.check, document) }

// ValidateAs is Validate for who has the Document of the spec already.
func (m Mailbox) ValidateAs(document []byte) Problems { return alone(m.check, document) }

func alone(check func(*Problems, []byte) *checker, document []byte) Problems {
	var problems Problems
	check(&problems, document)
	if len(problems) == 0 {
		return nil
	}
	return problems.sorted()
}

func (h HelpCenter) check(problems *Problems, document []byte) *checker {
	c := newChecker(KindHelpCenter, h.Metadata, problems)
	c.metadata(h.Metadata)
	c.size(document)
	c.helpCenter(h.Spec)
	return c
}

func (f TicketForm) check(problems *Problems, document []byte) *checker {
	c := newChecker(KindTicketForm, f.Metadata, problems)
	c.metadata(f.Metadata)
	c.size(document)
	c.form(f.Spec)
	return c
}

func (m Mailbox) check(problems *Problems, document []byte) *checker {
	c := newChecker(KindMailbox, m.Metadata, problems)
	c.metadata(m.Metadata)
	c.size(document)
	c.mailbox(m.Spec)
	return c
}

// index is what exists, to follow references.
type index struct {
	helpCenters, mailboxes map[Key]bool
}

func (s *Set) index() index {
	names := index{helpCenters: map[Key]bool{}, mailboxes: map[Key]bool{}}
	for _, h := range s.HelpCenters {
		names.helpCenters[h.Metadata.Key()] = true
	}
	for _, m := range s.Mailboxes {
		names.mailboxes[m.Metadata.Key()] = true
	}
	return names
}

func (c *checker) metadata(m Metadata) {
	c.name("metadata.name", m.Name)
	c.name("metadata.namespace", m.Namespace)
}

// size checks that a document fits the store, whatever it was written in.
func (c *checker) size(document []byte) {
	if len(document) > MaxDocument {
		c.addf("spec", "is larger than %d KiB", MaxDocument>>10)
	}
}

// reference checks that what is named exists in the same namespace.
func (c *checker) reference(path, kind string, ref LocalReference, known map[Key]bool) {
	target := Key{c.key.Namespace, ref.Name}
	if ref.Name == "" || known[target] {
		return // an empty name is told by its own check
	}
	nearby := map[string]bool{}
	for key := range known {
		if key.Namespace == c.key.Namespace {
			nearby[key.Name] = true
		}
	}
	hint, _ := didYouMean(ref.Name, keys(nearby))
	c.addf(path, "there is no %s%s", objectName(kind, target), hint)
}
