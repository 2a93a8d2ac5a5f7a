// Package notice tells what kind a mail is: whether a person wrote it, and what
// reports about mail say of each recipient.
//
// Machine-readable evidence comes first: delivery reports (RFC 3464), receipts
// (RFC 8098), feedback reports (RFC 5965) and the header fields of RFC 3834. Old
// and simple mail systems write plain sentences, which are read by general rules:
// an address near an SMTP reply, above the returned copy. Nothing here is proof
// of anything: anybody can write a report.
package notice

import "github.com/posterndesk/postern/daemon/internal/eml"

// Kind is what kind a mail is.
type Kind string

const (
	Message     Kind = "message"       // what a person wrote, or a list or newsletter, see [Notice.Automatic]
	AutoReply   Kind = "auto_reply"    // a program's answer
	OutOfOffice Kind = "out_of_office" // a program's answer that says somebody is away
	Bounce      Kind = "bounce"        // at least one recipient was given up
	Delay       Kind = "delay"         // not delivered yet, still being tried
	Delivered   Kind = "delivered"     // delivered, relayed or expanded (RFC 3464 section 2.3.3)
	Complaint   Kind = "complaint"     // a feedback report (RFC 5965)
	ReadReceipt Kind = "read_receipt"  // a disposition notification (RFC 8098)
)

// Class is what a report means for further mail to that recipient.
type Class string

const (
	Hard       Class = "hard"      // the address does not exist
	Soft       Class = "soft"      // the mailbox or the way there has a trouble that may pass
	Block      Class = "block"     // refused for what we sent, how, or from where
	Complained Class = "complaint" // the recipient called it unwanted
	Arrived    Class = "delivered"
	Unknown    Class = "unknown" // failed, and nothing says why
)

// Recipient is what a report says of one address.
type Recipient struct {
	Address    string // the final recipient, or the original one where that is all
	Original   string // the address as the sender of the mail wrote it, where it is told
	Status     string // enhanced status code (RFC 3463), such as "5.1.1", or ""
	Code       int    // reply code of SMTP, such as 550, or 0
	Class      Class
	Diagnostic string // what the other server said, on one line
	Remote     string // the server that said it
}

// Notice is what was found out about a mail.
type Notice struct {
	Kind   Kind
	Reason string // the evidence for Kind in a plain short sentence

	// Automatic tells why no person seems to have written the mail; "" when
	// nothing speaks against a person. Lists, newsletters and notifications have
	// Kind Message and a reason here.
	Automatic string

	Recipients []Recipient // of bounces, delays, deliveries and complaints; at most [MaxRecipients]
	MessageIDs []string    // of the returned mail, with angle brackets
}

// Limits on what is taken from one report.
const (
	// MaxRecipients is far above what one transaction of a mail server holds (RFC
	// 5321 section 4.5.3.1.8 asks for 100), so only forged reports have more.
	MaxRecipients = 1000

	// MaxDiagnostic in bytes: a reply of SMTP has a few lines of 512 octets.
	MaxDiagnostic = 2 << 10

	// maxMessageIDs: a report returns one mail; some wrap it once or twice.
	maxMessageIDs = 10

	// maxText is how much text is read of a report in plain words. The words of
	// the mail system stand on top; what comes later is the returned copy.
	maxText = 128 << 10

	// maxAddress in bytes, RFC 5321 section 4.5.3.1.3 with room for old routes.
	maxAddress = 320
)

// Read tells what m is. It never fails, and it takes time linear in the size of m.
func Read(m *eml.Mail) *Notice {
	l := newLetter(m)
	n := &Notice{Kind: Message, Automatic: automatic(m)}
	n.Reason = "Nothing says that a program wrote it."
	if n.Automatic != "" {
		n.Reason = "A program sent it: " + n.Automatic + "."
	}
	switch {
	case l.readReport(n):
	case l.readPlain(n):
	case l.readAnswer(n):
	}
	switch n.Kind {
	case Bounce, Delay, Delivered, Complaint:
		n.MessageIDs = l.returnedIDs()
	default:
		n.Recipients = nil
	}
	return n
}
