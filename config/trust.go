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
