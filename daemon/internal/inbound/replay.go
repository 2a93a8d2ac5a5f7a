package inbound

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
)

// replayed takes back the trust in a mail whose signature proved another mail of
// the account before: whoever has a signed mail can send it again with other
// fields around what is signed (A17). The same mail again is no copy, be it to
// another mailbox of ours. What is seen for the first time is remembered with
// the receipt, guarded, so that of two copies at once only one is believed.
func (p *Pipeline) replayed(ctx context.Context, c *incoming, v mailauth.Verdict) error {
	if len(v.Signatures) == 0 {
		return nil
	}
	known, err := p.Store.Signatures(ctx, c.box.Account, v.Signatures)
	if err != nil {
		return fmt.Errorf("check the sender: %w", err)
	}
	if c.kept.says == "" {
		c.kept.says = saying(c.mail)
	}
	for _, s := range known {
		switch {
		case !c.now.Before(s.Until): // never seen, or so long ago that it could not be believed any more
			s.Mail, s.Until = c.kept.says, c.now.Add(mailauth.Remember)
			c.remember = append(c.remember, s)
		case s.Mail != c.kept.says:
			c.trust = v.Copied()
		}
	}
	if c.trust.Proof != helpdesk.ProofPass {
		c.remember = nil
	}
	return nil
}

// telling are the fields, beyond those of [eml.Mail.Digest], that change what
// becomes of a mail or how it reads. No transport changes them, and a signature
// may leave them out.
var telling = []string{
	"Sender", "Reply-To", "To", "Cc", "In-Reply-To", "References", "Auto-Submitted",
	"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition",
}

// saying identifies what a mail says, in hex: two mails with the same are the
// same mail that came twice.
func saying(mail *eml.Mail) string {
	digest := mail.Digest()
	h := sha256.New()
	h.Write(digest[:])
	for _, name := range telling {
		for _, value := range mail.Header.Values(name) {
			value = strings.Join(strings.Fields(value), " ")
			fmt.Fprintf(h, "%s\x00%d\x00%s", name, len(value), value) // the length keeps values apart
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
