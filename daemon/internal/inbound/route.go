package inbound

import (
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// Recipient is an envelope recipient that is ours.
type Recipient struct {
	Mailbox helpdesk.Mailbox
	Written string // the address as the client wrote it
	// Reply is what a signed reply address named, nil for the plain address.
	Reply *links.Reply
	// Bounce is what a signed bounce address named.
	Bounce *links.Reply
	// Agent is what an agent's signed address named: where the agent answers, or
	// with Note, where the agent notes something.
	Agent *links.Reply
	Note  bool
}

// Delimiters between a mailbox's local part and a signed token.
const Delimiters = "+"

// Route finds the mailbox that an address belongs to. NotFound is the same for
// an unknown mailbox and for a token that does not verify, and no store is
// asked: guessing tokens costs us nothing and tells nothing (A04).
func (p *Pipeline) Route(to helpdesk.Address) (Recipient, error) {
	if box, ok := p.routePlain(to); ok {
		return Recipient{Mailbox: box}, nil
	}
	if r, ok := p.routeToken(to); ok {
		return r, nil
	}
	return Recipient{}, helpdesk.Errorf(helpdesk.NotFound, "no such mailbox here")
}

// roles are addresses that speak for their whole domain: whoever reads them gets a
// certificate for it (CA/Browser Forum Baseline Requirements, section 3.2.2.4.4), or
// is told of what it sends. True: each domain that takes mail has that one (RFC 5321
// section 4.5.1, RFC 2142 section 4); the name is no secret, so this tells nobody more
// than the mailbox itself.
var roles = map[string]bool{
	"postmaster": true, "abuse": true, "admin": false, "administrator": false, "hostmaster": false, "webmaster": false,
}

// routePlain finds the mailbox of an address without a token. Those that speak for a
// domain are the account's that has its oldest mailbox, even if another account
// declares one of them: that one may be of whoever wants the domain.
func (p *Pipeline) routePlain(to helpdesk.Address) (helpdesk.Mailbox, bool) {
	box, declared := p.Directory.MailboxByAddress(to)
	always, role := roles[strings.ToLower(to.Local())]
	if !role || !declared && !always {
		return box, declared
	}
	oldest, found := p.Directory.MailboxOfDomain(to)
	if declared && box.Account == oldest.Account {
		return box, true
	}
	return oldest, found
}

// routeToken reads an address with a signed token in its local part.
func (p *Pipeline) routeToken(to helpdesk.Address) (Recipient, bool) {
	base, token, ok := links.SplitSubaddress(to.Local(), Delimiters)
	if !ok {
		return Recipient{}, false
	}
	plain, err := helpdesk.ParseAddress(base + "@" + to.Domain())
	if err != nil {
		return Recipient{}, false
	}
	box, ok := p.Directory.MailboxByAddress(plain)
	if !ok {
		return Recipient{}, false
	}
	if reply, err := p.Signer.ParseReplyToken(links.Audience(box.Audience), token); err == nil {
		return Recipient{Mailbox: box, Reply: &reply}, true
	}
	if bounce, err := p.Signer.ParseBounceToken(links.Audience(box.Audience), token); err == nil {
		return Recipient{Mailbox: box, Bounce: &bounce}, true
	}
	if seat, err := p.Signer.ParseAgentReplyToken(links.Audience(box.Audience), token); err == nil {
		return Recipient{Mailbox: box, Agent: &seat}, true
	}
	if seat, err := p.Signer.ParseAgentNoteToken(links.Audience(box.Audience), token); err == nil {
		return Recipient{Mailbox: box, Agent: &seat, Note: true}, true
	}
	return Recipient{}, false
}

// group is the recipients of one account, gathered by mailbox.
type group struct {
	account string
	boxes   [][]Recipient
}

// byAccount groups recipients in the order of the envelope. A mail to two of
// our mailboxes is two outcomes over one blob.
func byAccount(to []Recipient) []group {
	var groups []group
	for _, r := range to {
		i := slices.IndexFunc(groups, func(g group) bool { return g.account == r.Mailbox.Account })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{account: r.Mailbox.Account})
		}
		g := &groups[i]
		j := slices.IndexFunc(g.boxes, func(box []Recipient) bool { return box[0].Mailbox.Name == r.Mailbox.Name })
		if j < 0 {
			g.boxes = append(g.boxes, []Recipient{r})
		} else {
			g.boxes[j] = append(g.boxes[j], r)
		}
	}
	return groups
}

func mailboxes(groups []group) [][]Recipient {
	var boxes [][]Recipient
	for _, g := range groups {
		boxes = append(boxes, g.boxes...)
	}
	return boxes
}
