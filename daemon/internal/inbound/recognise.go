package inbound

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// recognise gives the mail its identity and asks the store all that the later
// steps need. Mailbox and Message-ID alone are not an identity: whoever sends
// a predicted Message-ID first would make the real mail vanish (A16).
func (p *Pipeline) recognise(ctx context.Context, c *incoming) (*helpdesk.Outcome, error) {
	c.receipt = identity(c.box, c.mail, c.env.fetched.size())
	c.writer, _ = c.mail.OneFrom()
	found, err := p.Store.Lookup(ctx, c.box.Account, store.Query{
		Receipt: c.receipt, Address: c.writer.Address, MessageIDs: c.names(),
	})
	if err != nil {
		return nil, err
	}
	c.found = found
	if found.Receipt == nil {
		// Everything of whom it is from is being removed: it would go too. A moment later
		// it is from somebody who is not known.
		if found.Contact != nil && found.Contact.Erasing != nil {
			return nil, helpdesk.Wrap(helpdesk.Unavailable, errors.New("the contact whose address it is from is being erased"))
		}
		return nil, nil
	}
	again := found.Receipt.Outcome
	again.Result = helpdesk.Duplicate
	return &again, nil
}

// names are the ids that the mail answers, and its own: somebody may have
// answered it before it came.
func (c *incoming) names() []string {
	ids := ancestors(c.mail)
	ids = ids[:min(len(ids), store.MaxQueryIDs-1)]
	if own := c.mail.MessageID(); own != "" && !slices.Contains(ids, own) {
		ids = append(ids[:len(ids):len(ids)], own)
	}
	return ids
}

// identity of a mail; size counts for one that is not there whole, and is 0 for
// every other.
func identity(box helpdesk.Mailbox, mail *eml.Mail, size int64) string {
	digest := mail.Digest()
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%x", box.Address.Key(), mail.MessageID(), digest)
	if size > 0 {
		fmt.Fprintf(h, "\x00%d", size)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// ancestors are the ids that the mail answers: In-Reply-To first, then
// References from the newest to the oldest.
func ancestors(mail *eml.Mail) []string {
	ids := mail.InReplyTo()
	refs := mail.References()
	for i := len(refs) - 1; i >= 0; i-- {
		ids = append(ids, refs[i])
	}
	seen := map[string]bool{}
	var unique []string
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			unique = append(unique, id)
		}
	}
	return unique
}
