package outbound

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

func answer(code int, enhanced smtp.EnhancedCode, words string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: words}
}

// covers: P11, M07
func TestJudge(t *testing.T) {
	none := smtp.EnhancedCode{}
	for _, tt := range []struct {
		name string
		err  error
		want Verdict
	}{
		{"nothing", nil, Taken},
		{"cannot be written", fmt.Errorf("x: %w", eml.ErrUnwritable), Refused},
		{"too large by what EHLO said", fmt.Errorf("x: %w", refuse(StepSender, "it is large")), Refused},
		{"a blob that cannot be read", errors.New("x"), Later},

		{"no relay", failed(StepRelay, errors.New("x")), Trouble},
		{"no address", failed(StepDNS, errors.New("x")), Trouble},
		{"nobody there", failed(StepTCP, errors.New("x")), Trouble},
		{"another name in the certificate", failed(StepTLS, errors.New("x")), Trouble},
		{"hangs up before the greeting", failed(StepGreeting, io.EOF), Trouble},
		{"token refused", failed(StepAuth, errors.New("x")), Trouble},
		{"hangs up within a mail", fmt.Errorf("x: %w", failed(StepData, io.EOF)), Later},

		{"greeting", failed(StepGreeting, answer(554, smtp.EnhancedCode{5, 7, 1}, "no")), Trouble},
		{"EHLO", failed(StepGreeting, answer(550, none, "no")), Trouble},
		{"greeting, not now", failed(StepGreeting, answer(450, none, "no")), Trouble},
		{"greeting, too many of us", failed(StepGreeting, answer(421, smtp.EnhancedCode{4, 7, 0}, "too many connections from your address")), Throttled},
		{"password", failed(StepAuth, answer(535, smtp.EnhancedCode{5, 7, 8}, "no")), Trouble},
		{"no passwords any more", failed(StepAuth, answer(550, smtp.EnhancedCode{5, 7, 30}, "Basic authentication is not supported for Client Submission.")), Trouble},
		{"its own trouble with signing in", failed(StepAuth, answer(454, smtp.EnhancedCode{4, 7, 0}, "temporary authentication failure")), Trouble},
		{"too many sign-ins", failed(StepAuth, answer(454, smtp.EnhancedCode{4, 7, 0}, "Too many login attempts, please try again later")), Throttled},

		{"sender", failed(StepSender, answer(550, smtp.EnhancedCode{5, 1, 8}, "no")), Later},
		{"sender, sign in first", failed(StepSender, answer(530, smtp.EnhancedCode{5, 7, 57}, "Client not authenticated to send mail")), Trouble},
		{"sender, too large", failed(StepSender, answer(552, smtp.EnhancedCode{5, 3, 4}, "message size exceeds fixed limit")), Refused},
		{"sender, too large, without more", failed(StepSender, answer(552, none, "too big")), Refused},
		{"sender, disk full", failed(StepSender, answer(452, smtp.EnhancedCode{4, 3, 1}, "insufficient system storage")), Trouble},
		{"sender, rate", failed(StepSender, answer(450, smtp.EnhancedCode{4, 7, 1}, "Error: too much mail from 192.0.2.1")), Throttled},

		{"no such person", failed(StepRecipient, answer(550, smtp.EnhancedCode{5, 1, 1}, "no such user")), Refused},
		{"no such person, without more", failed(StepRecipient, answer(554, none, "no")), Refused},
		{"mailbox full for good", failed(StepRecipient, answer(552, smtp.EnhancedCode{5, 2, 2}, "full")), Refused},
		{"mailbox full", failed(StepRecipient, answer(452, smtp.EnhancedCode{4, 2, 2}, "over quota")), Later},
		{"commands in another order", failed(StepRecipient, answer(503, none, "no")), Later},
		{"recipient, sign in first", failed(StepRecipient, answer(530, none, "no")), Trouble},
		{"relays nothing of ours", failed(StepRecipient, answer(554, smtp.EnhancedCode{5, 7, 1}, "<a@b.example>: Relay access denied")), Later},
		{"sender refused late", failed(StepRecipient, answer(553, smtp.EnhancedCode{5, 7, 1}, "<support@acme.example>: Sender address rejected: not owned by user x")), Later},
		{"greylisted", failed(StepRecipient, answer(450, smtp.EnhancedCode{4, 2, 0}, "Recipient address rejected: Greylisted")), Later},
		{"greylisted by policy", failed(StepRecipient, answer(451, smtp.EnhancedCode{4, 7, 1}, "Greylisting in action, please come back later")), Later},
		{"policy, not now", failed(StepRecipient, answer(451, smtp.EnhancedCode{4, 7, 0}, "try later")), Throttled},
		{"lookup failed", failed(StepRecipient, answer(451, smtp.EnhancedCode{4, 3, 0}, "lookup failure")), Later},
		{"takes nothing now", failed(StepRecipient, answer(450, smtp.EnhancedCode{4, 3, 2}, "system not accepting network messages")), Throttled},

		{"the day's mails are used up", failed(StepData, answer(550, smtp.EnhancedCode{5, 4, 5}, "Daily user sending limit exceeded.")), Throttled},
		{"the day's recipients are used up", failed(StepRecipient, answer(554, smtp.EnhancedCode{5, 1, 90}, "Your message can't be sent because you've reached your daily limit")), Throttled},
		{"used up, in the store's words", failed(StepData, answer(554, smtp.EnhancedCode{5, 2, 0}, "STOREDRV.Submission.Exception:SubmissionQuotaExceededException")), Throttled},
		{"content refused", failed(StepData, answer(554, smtp.EnhancedCode{5, 7, 1}, "spam")), Refused},
		{"content refused for now", failed(StepData, answer(451, smtp.EnhancedCode{4, 3, 0}, "scanner is away")), Later},
		{"hangs up with words", failed(StepData, answer(421, none, "closing")), Throttled},
		{"may not send as the mailbox", failed(StepData, answer(554, smtp.EnhancedCode{5, 2, 252}, "SendAsDenied; a@b.example not allowed to send as c@b.example")), Later},
		{"no answer of SMTP", failed(StepData, answer(250, none, "?")), Later},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Judge(tt.err); got != tt.want {
				t.Errorf("Judge(%v) = %s, want %s", tt.err, got, tt.want)
			}
		})
	}
}

// A step without words would make an error that begins with a colon.
func TestStepsHaveWords(t *testing.T) {
	for _, s := range []Step{StepRelay, StepDNS, StepTCP, StepTLS, StepGreeting, StepAuth, StepSender, StepRecipient, StepData} {
		if stepVerbs[s] == "" {
			t.Errorf("%s has no words", s)
		}
	}
}
