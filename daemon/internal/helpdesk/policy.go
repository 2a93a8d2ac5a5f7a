package helpdesk

// Policy says how far a mailbox goes by what was proven about a writer. The zero
// value is the strictest on shown words and lets everybody write.
type Policy struct {
	NewTickets NewTickets
	// NewTicketDomains are the only domains whose writers may open tickets; empty
	// means any.
	NewTicketDomains []string
	// ColleagueDomains are organisations whose members may join each other's
	// tickets: by answering a mail of a colleague, or by being copied by one.
	ColleagueDomains []string
	// ShowUnproven shows a participant's answer that nothing proves, if it came to
	// their own reply address, before an agent has seen it.
	ShowUnproven bool
	// AsPublished goes by what the domain of a writer publishes for mail that
	// fails its proof: none lets it pass as unproven, reject refuses it.
	AsPublished    bool
	ChangedSubject ChangedSubject
	// MostPerHour is how many mails of one address are taken in an hour before
	// the rest is held; 0 means [DefaultMostPerHour], below 0 no limit.
	MostPerHour int
}

// NewTickets says whose mail may open a ticket.
type NewTickets string

const (
	FromAnyone NewTickets = "Anyone" // also ""
	FromProven NewTickets = "Proven" // whose address is proven
	FromNobody NewTickets = "Nobody" // answers only
)

// ChangedSubject says what becomes of an answer under another subject.
type ChangedSubject string

const (
	AppendChanged  ChangedSubject = "Append"  // also "": it joins the ticket
	SuggestChanged ChangedSubject = "Suggest" // it joins, and agents are asked whether to split it off
	ForkChanged    ChangedSubject = "Fork"    // it opens a linked ticket
)

// DefaultMostPerHour is more than a person writes, and less than a loop of two
// robots does: one mail a minute.
const DefaultMostPerHour = 60

// PerHour is the limit of mails of one address, 0 for none.
func (p Policy) PerHour() int {
	switch {
	case p.MostPerHour == 0:
		return DefaultMostPerHour
	case p.MostPerHour < 0:
		return 0
	}
	return p.MostPerHour
}
