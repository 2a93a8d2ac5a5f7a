package config

// Trust says how far a mailbox goes by what is proven about the writer of a mail.
// +kubebuilder:object:generate=true
type Trust struct {
	// newTickets Anyone: every mail may open a ticket. Proven: only one whose writer
	// is proven; the rest is held. Nobody: only answers are taken; the rest is held.
	// Default Anyone.
	// +optional
	// +kubebuilder:default=Anyone
	NewTickets NewTicketAccess `json:"newTickets,omitempty"`

	// newTicketDomains are the only domains whose writers may open tickets, in lower
	// case; mail of others is held. Default: any.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`
	NewTicketDomains []string `json:"newTicketDomains,omitempty"`

	// colleagueDomains are domains of organisations, in lower case: who is proven to
	// write from one of them joins the ticket of a colleague by answering a mail of
	// it. Never name a domain where everybody can have an address. Default: none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`
	ColleagueDomains []string `json:"colleagueDomains,omitempty"`

	// unprovenReplies is what becomes of a participant's answer that nothing proves
	// but their own reply address. Hide: customers see it once an agent shows it.
	// Show: at once. Default Hide.
	// +optional
	// +kubebuilder:default=Hide
	UnprovenReplies UnprovenReplies `json:"unprovenReplies,omitempty"`

	// failedProof is what becomes of mail whose domain publishes a DMARC policy that
	// it does not meet. Hold: it is held, whatever the policy. AsPublished: with
	// reject it is refused while its sender waits, with quarantine held, with none
	// treated as mail that nothing proves. Default Hold.
	// +optional
	// +kubebuilder:default=Hold
	FailedProof FailedProof `json:"failedProof,omitempty"`

	// changedSubject is what becomes of an answer under another subject. Append: it
	// joins the ticket. Suggest: it joins, and agents are asked whether it is another
	// matter. Fork: it opens a linked ticket. Default Append.
	// +optional
	// +kubebuilder:default=Append
	ChangedSubject ChangedSubject `json:"changedSubject,omitempty"`

	// mailsPerHour is how many mails of one address are taken within an hour; more
	// are held. Default 60.
	// +optional
	// +kubebuilder:default=60
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000
	MailsPerHour int32 `json:"mailsPerHour,omitempty"`
}

// NewTicketAccess says whose mail may open a ticket.
// +kubebuilder:validation:Enum=Anyone;Proven;Nobody
type NewTicketAccess string

// Values of NewTicketAccess.
const (
	NewTicketsAnyone NewTicketAccess = "Anyone"
	NewTicketsProven NewTicketAccess = "Proven"
	NewTicketsNobody NewTicketAccess = "Nobody"
)

func (NewTicketAccess) values() []string {
	return list(NewTicketsAnyone, NewTicketsProven, NewTicketsNobody)
}

// UnprovenReplies says when customers see an answer that nothing proves.
// +kubebuilder:validation:Enum=Hide;Show
type UnprovenReplies string

// Values of UnprovenReplies.
const (
	UnprovenHide UnprovenReplies = "Hide"
	UnprovenShow UnprovenReplies = "Show"
)

func (UnprovenReplies) values() []string { return list(UnprovenHide, UnprovenShow) }

// FailedProof says what becomes of mail that does not meet its domain's policy.
// +kubebuilder:validation:Enum=Hold;AsPublished
type FailedProof string

// Values of FailedProof.
const (
	FailedHold        FailedProof = "Hold"
	FailedAsPublished FailedProof = "AsPublished"
)

func (FailedProof) values() []string { return list(FailedHold, FailedAsPublished) }

// ChangedSubject says what becomes of an answer under another subject.
// +kubebuilder:validation:Enum=Append;Suggest;Fork
type ChangedSubject string

// Values of ChangedSubject.
const (
	ChangedAppend  ChangedSubject = "Append"
	ChangedSuggest ChangedSubject = "Suggest"
	ChangedFork    ChangedSubject = "Fork"
)

func (ChangedSubject) values() []string { return list(ChangedAppend, ChangedSuggest, ChangedFork) }

func (c *checker) trust(path string, s Trust) {
	for _, domains := range []struct {
		path string
		list []string
	}{{path + ".newTicketDomains", s.NewTicketDomains}, {path + ".colleagueDomains", s.ColleagueDomains}} {
		c.count(domains.path, len(domains.list), maxTrustDomains)
		c.each(domains.path, domains.list, maxHost, domainText, "a domain in lower case, such as customer.example")
	}
	c.number(path+".mailsPerHour", s.MailsPerHour, 1, maxMailsPerHour)
}
