package smtpd

import (
	"fmt"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// This file is the only place with SMTP codes (RFC 5321 section 4.2, RFC 3463).
// No text here holds anything of a cause: go-smtp would send it to the client.
var (
	errNested       = answer(503, 5, 5, 1, "A mail is already under way")
	errBadSender    = answer(553, 5, 1, 7, "That is not a sender address")
	errBadRecipient = answer(553, 5, 1, 3, "That is not a recipient address")
	errNeedsUTF8    = answer(553, 5, 6, 7, "An address beyond ASCII needs SMTPUTF8")
	errTooManyBad   = answer(421, 4, 7, 0, "Too many unknown recipients")
	errTooLarge     = answer(552, 5, 3, 4, "The mail is larger than this mailbox takes")
	errLineEnding   = answer(521, 5, 5, 2, "Lines must end in CR LF; a lone CR or LF is refused")
	errBroken       = answer(451, 4, 4, 2, "The mail did not arrive whole; send it again")
	errLater        = answer(451, 4, 3, 0, "Try again later")
)

// What ends a connection outside of a mail.
var (
	errBusy        = answer(421, 4, 7, 0, "Too many connections, try again later")
	errIdle        = answer(421, 4, 4, 2, "Waited too long, closing")
	errShutdown    = answer(421, 4, 3, 2, "Shutting down, try again later")
	errAborted     = answer(421, 4, 5, 0, "The mail was taken back; connect again")
	errTooMuch     = answer(421, 4, 7, 0, "Too much was sent outside of a mail")
	errLongCommand = answer(500, 5, 5, 2, "The line is too long")
	errHTTP        = answer(554, 5, 5, 1, "This is SMTP, not HTTP")
)

// What ends a connection before it has begun, or in between.
var (
	errSilent          = &smtp.SMTPError{} // nothing is said: the other side does not speak SMTP yet
	errEarly           = answer(554, 5, 5, 1, "You spoke before it was your turn")
	errInjected        = answer(554, 5, 5, 1, "Nothing may follow STARTTLS before its answer")
	errMadeRoom        = answer(421, 4, 4, 2, "Waited too long while others want in, closing")
	errTooManyCommands = answer(421, 4, 7, 0, "Too many commands without a mail")
	errTooManyErrors   = answer(421, 4, 7, 0, "Too many errors")
	errTooManyMails    = answer(421, 4, 7, 0, "Enough mails for one connection, connect again")
)

// Answers to commands that go-smtp does not know.
var (
	answerHelp     = answer(214, 2, 0, 0, "Mail for the mailboxes of this desk is taken, nothing is relayed; see RFC 5321")
	answerTLS      = answer(220, 2, 0, 0, "Ready to start TLS")
	errNoTLS       = answer(502, 5, 5, 1, "There is no TLS here")
	errTLSAlready  = answer(503, 5, 5, 1, "TLS is on")
	errNoArguments = answer(501, 5, 5, 4, "STARTTLS has no arguments")
	errNoAuth      = answer(502, 5, 5, 1, "There is no sign-in here")
	errNoHello     = answer(503, 5, 5, 1, "Say hello again first")
)

// stillSending are the last answers that a client may get while it sends.
var stillSending = map[*smtp.SMTPError]bool{
	errLineEnding: true, errLongCommand: true, errHTTP: true, errEarly: true, errInjected: true, errTooManyCommands: true, errTooMuch: true,
}

// kinds maps the kinds of the domain. What is not listed is temporary: an
// error of ours must never become somebody's bounce.
var kinds = map[helpdesk.Kind]*smtp.SMTPError{
	helpdesk.NotFound: answer(550, 5, 1, 1, "No such mailbox here"),
	helpdesk.Full:     answer(452, 4, 3, 1, "No space to keep the mail; try again later"),
	helpdesk.TooLarge: errTooLarge,
	helpdesk.Invalid:  answer(554, 5, 6, 0, "The mail can't be taken in"),
	helpdesk.Refused:  answer(550, 5, 7, 26, "The sender's domain asks to refuse mail that is not proven, and this one is not"), // RFC 7372
	helpdesk.Loop:     answer(554, 5, 4, 6, "The mail has gone round in a loop"),
}

func reply(err error) *smtp.SMTPError {
	if known, ok := kinds[helpdesk.KindOf(err)]; ok {
		return known
	}
	return errLater
}

func answer(code, class, subject, detail int, text string) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: text}
}

// line is an answer as it goes on the wire.
func line(a *smtp.SMTPError) string {
	e := a.EnhancedCode
	return fmt.Sprintf("%d %d.%d.%d %s\r\n", a.Code, e[0], e[1], e[2], a.Message)
}
