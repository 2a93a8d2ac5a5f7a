package inbound

import (
	"iter"
	"slices"

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
}

// Delimiters between a mailbox's local part and a signed token.
const Delimiters = "+"

// Route finds the mailbox that an address belongs to. NotFound is the same for
// an unknown mailbox and for a token that does not verify, and no store is
// asked: guessing tokens costs us nothing and tells nothing (A04).
func (p *Pipeline) Route(to helpdesk.Address) (Recipient, error) {
	if box, ok := p.Directory.MailboxByAddress(to); ok {
		return Recipient{Mailbox: box}, nil
	}
	if r, ok := p.routeToken(to); ok {
		return r, nil
	}
	return Recipient{}, helpdesk.Errorf(helpdesk.NotFound, "no such mailbox here")
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
	return Recipient{}, false
}

// byAccount groups recipients: one group for each account and, in it, one for
// each mailbox, in the order of the envelope. A mail to two of our mailboxes
// is two outcomes over one blob.
func byAccount(to []Recipient) iter.Seq2[string, [][]Recipient] {
	return func(yield func(string, [][]Recipient) bool) {
		var accounts []string
		boxes := map[string][][]Recipient{}
		for _, r := range to {
			account := r.Mailbox.Account
			if !slices.Contains(accounts, account) {
				accounts = append(accounts, account)
			}
			i := slices.IndexFunc(boxes[account], func(g []Recipient) bool { return g[0].Mailbox.Name == r.Mailbox.Name })
			if i < 0 {
				boxes[account] = append(boxes[account], []Recipient{r})
			} else {
				boxes[account][i] = append(boxes[account][i], r)
			}
		}
		for _, account := range accounts {
			if !yield(account, boxes[account]) {
				return
			}
		}
	}
}
