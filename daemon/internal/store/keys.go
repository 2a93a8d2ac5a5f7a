// Package store keeps Postern's records in etcd.
//
// # Keys
//
// This file is the whole key schema. <inst> is the installation; <tid> a ticket
// id in 16 hex digits; <id> an id of 16 letters and digits; <addr> the identity
// of a mail address ([helpdesk.Address.Key]).
//
//	/postern/<inst>/version                             Version: which data this is, and who may work on it
//	/postern/<inst>/ring                                key ring of signed links, sealed
//	/postern/<inst>/sealed/<hash>                       what all replicas share and nobody else reads, sealed: keys of certificates
//	/postern/<inst>/claim/<hash>                        work that one replica does alone, or that has to wait; with a lease
//	/postern/<inst>/outbox/<account>/<id>               a delivery that is not final: its ticket, when it is due, what it is
//	/postern/<inst>/accounts/<account>/counter          last ticket number given, decimal
//	/postern/<inst>/accounts/<account>/receipt/<key>    helpdesk.Receipt
//	/postern/<inst>/accounts/<account>/ticket/<tid>     helpdesk.Ticket
//	/postern/<inst>/accounts/<account>/number/<%019d>   <tid>
//	/postern/<inst>/accounts/<account>/entry/<tid>/<%08d>    helpdesk.Entry
//	/postern/<inst>/accounts/<account>/message/<hash>/<tid>  helpdesk.MessageRef; hash of the Message-ID. Of what was erased
//	                                                    only the hash is left, so that answers and reports are known
//	/postern/<inst>/accounts/<account>/contact/<id>     helpdesk.Contact
//	/postern/<inst>/accounts/<account>/address/<addr>   <id> of the contact
//	/postern/<inst>/accounts/<account>/agent/<id>       helpdesk.Agent
//	/postern/<inst>/accounts/<account>/agentaddress/<addr>   <id> of the agent
//	/postern/<inst>/accounts/<account>/session/<hash>   helpdesk.Session; hash of the cookie
//	/postern/<inst>/accounts/<account>/customer/<id>/<hash>  helpdesk.CustomerSession; the contact, and the hash of the cookie
//	/postern/<inst>/accounts/<account>/subject/<hash>   <id> of the contact; hash of issuer and subject
//	/postern/<inst>/accounts/<account>/pass/<id>        helpdesk.Pass
//	/postern/<inst>/accounts/<account>/asked/<id>       helpdesk.Pass that somebody asked for and that nobody has looked at yet
//	/postern/<inst>/accounts/<account>/draft/<id>       helpdesk.Draft
//	/postern/<inst>/accounts/<account>/held/<id>        helpdesk.HeldItem that waits; ids sort by time
//	/postern/<inst>/accounts/<account>/decided/<id>     helpdesk.HeldItem with its decision
//	/postern/<inst>/accounts/<account>/delivery/<tid>/<id>   helpdesk.Delivery; <tid> is 0 for mail about a sign-in
//	/postern/<inst>/accounts/<account>/failed/<id>      the ticket of a delivery that was given up, and until when it is listed
//	/postern/<inst>/accounts/<account>/budget/<key>     helpdesk.Budget
//	/postern/<inst>/accounts/<account>/signature/<hash> helpdesk.Signature; hash of a DKIM signature
//	/postern/<inst>/accounts/<account>/refreshtoken/<hash>   a refresh token, sealed; hash of the declared one
//	/postern/<inst>/accounts/<account>/poll/<mailbox>   helpdesk.Poll
//	/postern/<inst>/accounts/<account>/cursor/<mailbox> helpdesk.Cursor
//	/postern/<inst>/accounts/<account>/fetched/<mailbox>/<%010d>/<%010d>   helpdesk.Mark; numbering and UID
//	/postern/<inst>/accounts/<account>/desk/<kind>/<id>  helpdesk.Record of one of helpdesk.RecordKinds; the id may have a slash
//	/postern/<inst>/accounts/<account>/audithead        helpdesk.AuditHead
//	/postern/<inst>/accounts/<account>/audit/<%019d>    helpdesk.AuditRecord
//
// Everything of a tenant lies below its account, but for the outbox, which one
// sender empties for all; its keys name the account, and for what belongs to the
// installation. Values are JSON with a schema number, unless said otherwise.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// keys makes keys of one installation.
type keys struct{ root string }

func (k keys) version() string { return k.root + "version" }

func (k keys) ring() string { return k.root + "ring" }

func (k keys) sealed(hash string) string { return k.root + "sealed/" + hash }

func (k keys) claim(hash string) string { return k.root + "claim/" + hash }

func (k keys) outboxAll() string { return k.root + "outbox/" }

func (k keys) outboxOf(account string) string { return k.outboxAll() + account + "/" }

func (k keys) outbox(account string, id helpdesk.ID) string { return k.outboxOf(account) + string(id) }

// parseOutbox undoes outbox.
func (k keys) parseOutbox(key string) (account string, id helpdesk.ID, ok bool) {
	account, rest, ok := strings.Cut(strings.TrimPrefix(key, k.outboxAll()), "/")
	return account, helpdesk.ID(rest), ok
}

// tenant makes keys below one account.
type tenant struct{ root string }

func (k keys) account(name string) tenant {
	return tenant{root: k.root + "accounts/" + name + "/"}
}

func (t tenant) counter() string { return t.root + "counter" }

func (t tenant) receipts() string { return t.root + "receipt/" }

func (t tenant) receipt(key string) string { return t.root + "receipt/" + key }

func (t tenant) tickets() string { return t.root + "ticket/" }

func (t tenant) ticket(id helpdesk.TicketID) string { return t.tickets() + id.String() }

func (t tenant) numbers() string { return t.root + "number/" }

// number is zero-padded to the digits of the largest int64, so that keys sort
// as numbers do.
func (t tenant) number(n int64) string { return fmt.Sprintf("%s%019d", t.numbers(), n) }

func (t tenant) entriesAll() string { return t.root + "entry/" }

func (t tenant) entries(id helpdesk.TicketID) string { return t.root + "entry/" + id.String() + "/" }

func (t tenant) entry(id helpdesk.TicketID, seq int) string {
	return fmt.Sprintf("%s%08d", t.entries(id), seq)
}

// messages holds all entries of one Message-ID. Ids are hashed: they come from
// outside, in any length and with any bytes.
func (t tenant) messages(messageID string) string {
	sum := sha256.Sum256([]byte(messageID))
	return t.root + "message/" + hex.EncodeToString(sum[:16]) + "/"
}

func (t tenant) messagesAll() string { return t.root + "message/" }

func (t tenant) message(m helpdesk.MessageRef) string {
	return t.messages(m.MessageID) + m.Ticket.String()
}

func (t tenant) contacts() string { return t.root + "contact/" }

func (t tenant) contact(id helpdesk.ID) string { return t.contacts() + string(id) }

func (t tenant) address(a helpdesk.Address) string { return t.root + "address/" + a.Key() }

func (t tenant) agents() string { return t.root + "agent/" }

func (t tenant) agent(id helpdesk.ID) string { return t.agents() + string(id) }

func (t tenant) agentAddress(a helpdesk.Address) string { return t.root + "agentaddress/" + a.Key() }

func (t tenant) sessions() string { return t.root + "session/" }

func (t tenant) session(hash string) string { return t.sessions() + hash }

func (t tenant) customers() string { return t.root + "customer/" }

func (t tenant) customerSessions(contact helpdesk.ID) string {
	return t.customers() + string(contact) + "/"
}

func (t tenant) customerSession(contact helpdesk.ID, hash string) string {
	return t.customerSessions(contact) + hash
}

// subject is hashed: issuers choose what stands in it. Its parts are kept apart by
// their lengths.
func (t tenant) subject(s helpdesk.Subject) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %d %s", len(s.Issuer), s.Issuer, len(s.Subject), s.Subject))
	return t.root + "subject/" + hex.EncodeToString(sum[:])
}

func (t tenant) passes() string { return t.root + "pass/" }

func (t tenant) pass(id helpdesk.ID) string { return t.passes() + string(id) }

func (t tenant) askedAll() string { return t.root + "asked/" }

func (t tenant) asked(id helpdesk.ID) string { return t.askedAll() + string(id) }

func (t tenant) drafts() string { return t.root + "draft/" }

func (t tenant) draft(id helpdesk.ID) string { return t.drafts() + string(id) }

func (t tenant) heldAll() string { return t.root + "held/" }

func (t tenant) held(id helpdesk.ID) string { return t.heldAll() + string(id) }

func (t tenant) decidedAll() string { return t.root + "decided/" }

func (t tenant) decided(id helpdesk.ID) string { return t.decidedAll() + string(id) }

func (t tenant) deliveriesAll() string { return t.root + "delivery/" }

func (t tenant) deliveries(id helpdesk.TicketID) string {
	return t.root + "delivery/" + id.String() + "/"
}

func (t tenant) delivery(ticket helpdesk.TicketID, id helpdesk.ID) string {
	return t.deliveries(ticket) + string(id)
}

func (t tenant) failedAll() string { return t.root + "failed/" }

func (t tenant) failed(id helpdesk.ID) string { return t.failedAll() + string(id) }

func (t tenant) budgets() string { return t.root + "budget/" }

func (t tenant) budget(key string) string { return t.budgets() + key }

func (t tenant) signatures() string { return t.root + "signature/" }

func (t tenant) signature(hash string) string { return t.signatures() + hash }

func (t tenant) refreshToken(hash string) string { return t.root + "refreshtoken/" + hash }

func (t tenant) poll(mailbox string) string { return t.root + "poll/" + mailbox }

func (t tenant) cursor(mailbox string) string { return t.root + "cursor/" + mailbox }

// marksAll are those of all numberings of a mailbox; they sort by numbering.
func (t tenant) marksAll(mailbox string) string { return t.root + "fetched/" + mailbox + "/" }

func (t tenant) marks(mailbox string, numbering int64) string {
	return fmt.Sprintf("%s%010d/", t.marksAll(mailbox), numbering)
}

func (t tenant) mark(m *helpdesk.Mark) string {
	return fmt.Sprintf("%s%010d", t.marks(m.Mailbox, m.Numbering), m.UID)
}

func (t tenant) records(kind helpdesk.RecordKind) string {
	return t.root + "desk/" + string(kind) + "/"
}

func (t tenant) record(kind helpdesk.RecordKind, id string) string { return t.records(kind) + id }

func (t tenant) auditHead() string { return t.root + "audithead" }

func (t tenant) audits() string { return t.root + "audit/" }

func (t tenant) audit(seq int64) string { return fmt.Sprintf("%s%019d", t.audits(), seq) }
