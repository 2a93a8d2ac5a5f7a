package outbound

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

// Verdict is what an error of an attempt says, and so what becomes of the mail and
// of others that want to go the same way.
type Verdict string

const (
	Taken     Verdict = "taken"     // no error
	Refused   Verdict = "refused"   // this mail or its recipient, for good: trying again is pointless
	Later     Verdict = "later"     // about this mail, and it may pass; what is unclear is this too
	Throttled Verdict = "throttled" // the relay takes no more from us for now
	Trouble   Verdict = "trouble"   // of the relay as a whole: other mail would fare no better
)

// Step is how far an attempt came.
type Step string

const (
	StepRelay     Step = "relay"    // no relay is declared
	StepDNS       Step = "DNS"      // find its address
	StepTCP       Step = "TCP"      // connect
	StepTLS       Step = "TLS"      // protection, the name in the certificate
	StepGreeting  Step = "greeting" // greeting, EHLO
	StepAuth      Step = "AUTH"     // sign-in
	StepSender    Step = "MAIL"     // name the sender
	StepRecipient Step = "RCPT"     // name the recipient
	StepData      Step = "DATA"     // hand over the mail
)

// StepError is an error with the step that failed.
type StepError struct {
	Step Step
	Err  error
}

// Error implements error.
func (e *StepError) Error() string { return stepVerbs[e.Step] + ": " + e.Err.Error() }

// Unwrap leads to the cause.
func (e *StepError) Unwrap() error { return e.Err }

var stepVerbs = map[Step]string{
	StepRelay: "choose relay", StepDNS: "find relay", StepTCP: "reach relay", StepTLS: "protect the way to the relay", StepGreeting: "greet relay",
	StepAuth: "sign in to relay", StepSender: "name sender to relay", StepRecipient: "name recipient to relay", StepData: "hand mail to relay",
}

// errRefused marks what is about this mail and will be the same next time, though
// no relay said so.
var errRefused = errors.New("this cannot be sent")

// Judge tells what an error of [SMTPCourier.Deliver], or of making a mail, says.
func Judge(err error) Verdict {
	if err == nil {
		return Taken
	}
	if errors.Is(err, errRefused) || errors.Is(err, eml.ErrUnwritable) {
		return Refused
	}
	failed, ok := errors.AsType[*StepError](err)
	if !ok {
		return Later // composing, blobs, the store: ours, and the mail may be wanted
	}
	answer, ok := errors.AsType[*smtp.SMTPError](err)
	if !ok {
		return failed.unanswered()
	}
	if answer.Code >= 500 && answer.Code < 600 {
		return judge5xx(failed.Step, answer)
	}
	return judge4xx(failed.Step, answer)
}

// unanswered is for errors in which the relay said nothing. Once a transaction has
// begun, a connection that breaks may be due to the mail.
func (e *StepError) unanswered() Verdict {
	switch e.Step {
	case StepSender, StepRecipient, StepData:
		return Later
	}
	return Trouble
}

// signInFirst are answers that ask for a sign-in, or for another one (RFC 4954
// section 6): it is the same for every mail until somebody mends it.
var signInFirst = []int{530, 534, 535, 538}

// aboutTheDialog are answers to commands that the relay does not know or wants in
// another order (RFC 5321 section 4.2.3): no opinion of the mail.
var aboutTheDialog = []int{500, 502, 503, 504}

// judge5xx takes a refusal as final only where it can be about this mail or this
// recipient. What the relay thinks of us or of the mailbox can be mended within
// the two days of the schedule by whoever runs Postern.
func judge5xx(step Step, answer *smtp.SMTPError) Verdict {
	switch {
	case slices.Contains(signInFirst, answer.Code):
		return Trouble
	case isSpent(answer):
		return Throttled
	case isTooLarge(answer): // MAIL tells the size, so it may come that early (RFC 1870 section 6.1)
		return Refused
	case step != StepSender && step != StepRecipient && step != StepData:
		return Trouble
	case step == StepSender, aboutUs(answer), slices.Contains(aboutTheDialog, answer.Code):
		return Later
	}
	return Refused
}

// isSpent knows a relay that lets who signed in send so much a day and says 5xx to
// the rest: Google with 5.4.5 (congestion, RFC 3463 section 3.5), Microsoft with
// 5.1.90 or an exception of its store.
func isSpent(answer *smtp.SMTPError) bool {
	e := answer.EnhancedCode
	return e == smtp.EnhancedCode{5, 4, 5} || e == smtp.EnhancedCode{5, 1, 90} ||
		containsAny(answer.Message, []string{"sending limit", "sending quota", "submissionquotaexceeded", "daily recipient limit"})
}

func isTooLarge(answer *smtp.SMTPError) bool {
	return answer.Code == 552 && answer.EnhancedCode[1] != 2 || // X.2.X is about the recipient's mailbox: final too, but by the rule of RCPT
		answer.EnhancedCode == smtp.EnhancedCode{5, 3, 4}
}

// aboutUsCodes are enhanced codes that are about the sender's address or about who
// signed in, though the command named the recipient: relays like to refuse late.
// 5.7.60 and 5.2.252 are Microsoft's for a mailbox that may not be sent from.
var aboutUsCodes = []smtp.EnhancedCode{{5, 1, 7}, {5, 1, 8}, {5, 7, 60}, {5, 2, 252}, {5, 7, 30}, {5, 7, 57}}

// aboutUsWords are what relays say to a client that they do not take mail from:
// Postfix, Exim, Exchange, in this order.
var aboutUsWords = []string{
	"relay access denied", "sender address rejected", "client host rejected", "helo command rejected",
	"relay not permitted", "relaying denied", "unable to relay", "sendasdenied", "permissions to send as this sender",
}

func aboutUs(answer *smtp.SMTPError) bool {
	return slices.Contains(aboutUsCodes, answer.EnhancedCode) || containsAny(answer.Message, aboutUsWords)
}

// judge4xx tells a relay that has enough of us from one that defers a mail.
func judge4xx(step Step, answer *smtp.SMTPError) Verdict {
	switch {
	case step == StepAuth && answer.Code != 421 && !containsAny(answer.Message, tooMuch):
		return Trouble // 454 4.7.0: its own trouble with signing in (RFC 4954 section 4)
	case containsAny(answer.Message, greylisted):
		return Later
	case isThrottle(answer):
		return Throttled
	case step != StepSender && step != StepRecipient && step != StepData:
		return Trouble
	case step == StepSender && answer.EnhancedCode[1] == 3:
		return Trouble // 4.3.X is the state of the relay itself (RFC 3463 section 3.4), told before it knows the mail
	}
	return Later
}

var (
	greylisted = []string{"greylist", "graylist", "grey-list", "gray-list", "postgrey"}
	tooMuch    = []string{"too many", "too much", "rate limit", "throttl", "try again more slowly", "exceeded the rate", "sending limit"}
)

// isThrottle knows 421 (the relay hangs up), 4.7.X (policy), 4.3.2 (takes nothing
// now) and words.
func isThrottle(answer *smtp.SMTPError) bool {
	e := answer.EnhancedCode
	return answer.Code == 421 ||
		(answer.Code == 450 || answer.Code == 451) && e[0] == 4 && e[1] == 7 ||
		e == smtp.EnhancedCode{4, 3, 2} ||
		containsAny(answer.Message, tooMuch)
}

func containsAny(s string, words []string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

// failed puts the step to an error; nil stays nil.
func failed(step Step, err error) error {
	if err == nil {
		return nil
	}
	return &StepError{Step: step, Err: err}
}

// refuse is an error of a mail that is not even tried.
func refuse(step Step, format string, args ...any) error {
	return failed(step, fmt.Errorf("%w: %s", errRefused, fmt.Sprintf(format, args...)))
}
