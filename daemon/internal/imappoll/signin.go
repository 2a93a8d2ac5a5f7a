package imappoll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/login"
)

// Logins signs in; *[login.Source] is one.
type Logins interface {
	Client(ctx context.Context, l helpdesk.Login, host string, port int, offered []string) (sasl.Client, error)
	// Rejected says that the server did not take what Client gave.
	Rejected(l helpdesk.Login)
	// Stamp changes when a secret of the login does.
	Stamp(ctx context.Context, l helpdesk.Login) string
}

// ErrRefused marks a sign-in that the server refused: a few more of them and it
// may lock the account.
var ErrRefused = errors.New("the server refused the sign-in")

func (c *client) signIn(ctx context.Context, box *helpdesk.IMAP, logins Logins) error {
	if c.imap.State() != imap.ConnStateNotAuthenticated {
		return misconfigured(StepAuth, "the server lets in whoever connects (PREAUTH): it may be anybody's")
	}
	var caps imap.CapSet
	if err := c.within(ctx, commandTimeout, func() error {
		if caps = c.imap.Caps(); caps == nil {
			return errors.New("the server does not tell what it can do")
		}
		return nil
	}); err != nil {
		return err
	}
	offered := mechanisms(caps)
	// A server from before SASL: LOGIN is a command there, no mechanism.
	plainLogin := len(offered) == 0 && !caps.Has(imap.CapLoginDisabled)
	if plainLogin {
		offered = []string{sasl.Login}
	}
	made, err := logins.Client(ctx, box.Login, box.Host, box.Port, offered)
	if err != nil {
		return &Failure{Step: StepAuth, Err: err, Setup: errors.Is(err, login.ErrSetup)}
	}
	asked := &watched{Client: made, username: box.Login.Username}
	err = c.within(ctx, commandTimeout, func() error {
		if plainLogin {
			return asked.without(c.login(asked))
		}
		return asked.without(c.imap.Authenticate(asked))
	})
	if err != nil && ctx.Err() == nil && refuses(err, asked) {
		logins.Rejected(box.Login)
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}

// login gives LOGIN what the mechanism of that name would say.
func (c *client) login(as sasl.Client) error {
	_, username, err := as.Start()
	if err != nil {
		return err
	}
	password, err := as.Next([]byte("Password:"))
	if err != nil {
		return err
	}
	return c.imap.Login(string(username), string(password)).Wait()
}

func mechanisms(caps imap.CapSet) []string {
	var offered []string
	for _, m := range caps.AuthMechanisms() {
		offered = append(offered, strings.ToUpper(m))
	}
	slices.Sort(offered)
	return offered
}

// passing are answers that say nothing about the sign-in (RFC 5530 section 3).
var passing = []imap.ResponseCode{imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug}

func refuses(err error, asked *watched) bool {
	answer, ok := errors.AsType[*imap.Error](err)
	if !ok {
		return asked.gaveUp
	}
	_, throttled := suggestedWait(answer.Text)
	return answer.Type != imap.StatusResponseTypeBye && !slices.Contains(passing, answer.Code) && !throttled
}

// refusedFolder says what the refusal of a folder means.
func refusedFolder(name string, answer *imap.Error) error {
	_, throttled := suggestedWait(answer.Text)
	switch {
	case strings.Contains(strings.ToLower(answer.Text), "authenticated but not connected"):
		// Microsoft 365: the token is good, and for nothing there.
		return misconfigured(StepSelect, "the sign-in is good, but the server has no mailbox for it: "+
			"the user name must be the address of the mailbox, and the application must have been given access to it (%s)", answer.Text)
	case throttled, answer.Type != imap.StatusResponseTypeNo, slices.Contains(passing, answer.Code):
		return failed(StepSelect, answer)
	}
	return misconfigured(StepSelect, "the server does not open the folder %q: %s", name, answer.Text)
}
