package outbound

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Logins makes clients for signing in.
type Logins interface {
	Client(ctx context.Context, l helpdesk.Login, host string, port int, offered []string) (sasl.Client, error)
	// Rejected says that the relay did not take what Client gave.
	Rejected(l helpdesk.Login)
}

// signIn signs in with what the relay offers now, that is after TLS began: only a
// relay on this machine is ever spoken to without.
func (c *SMTPCourier) signIn(ctx context.Context, s *session) error {
	_, offered := s.client.Extension("AUTH")
	login := s.relay.Login
	client, err := c.Logins.Client(ctx, login, s.relay.Host, s.relay.Port, strings.Fields(strings.ToUpper(offered)))
	if err != nil {
		return failed(StepAuth, err)
	}
	mechanism := &confidential{Client: client, username: login.Username}
	err = mechanism.without(s.client.Auth(mechanism))
	if _, broken := errors.AsType[net.Error](err); err != nil && !broken && !errors.Is(err, io.EOF) {
		c.Logins.Rejected(login)
	}
	return failed(StepAuth, err)
}

// confidential remembers what was said to sign in, until it is known how that
// ended: some servers repeat in their refusal the line that they did not
// understand, and the words of a refusal are kept and shown.
type confidential struct {
	sasl.Client
	username string
	said     []string
}

// Start implements sasl.Client.
func (c *confidential) Start() (string, []byte, error) {
	mechanism, response, err := c.Client.Start()
	c.remember(response)
	return mechanism, response, err
}

// Next implements sasl.Client.
func (c *confidential) Next(challenge []byte) ([]byte, error) {
	response, err := c.Client.Next(challenge)
	c.remember(response)
	return response, err
}

// remember keeps a response as it is on the wire, and the pieces it is made of:
// PLAIN puts NULs between them, mechanisms for tokens ^A. The name is no secret.
func (c *confidential) remember(response []byte) {
	if string(response) == c.username {
		return
	}
	c.said = append(c.said, base64.StdEncoding.EncodeToString(response))
	for _, piece := range strings.FieldsFunc(string(response), func(r rune) bool { return r < ' ' }) {
		if piece = strings.TrimPrefix(piece, "auth=Bearer "); piece != c.username {
			c.said = append(c.said, piece)
		}
	}
}

// leastSecret is the shortest piece that is looked for: shorter ones stand in any
// text, and no password should be so short.
const leastSecret = 6

// without returns the error without what was said.
func (c *confidential) without(err error) error {
	if err == nil {
		return nil
	}
	clean := func(text string) string {
		for _, piece := range c.said {
			if len(piece) >= leastSecret {
				text = strings.ReplaceAll(text, piece, "…")
			}
		}
		return text
	}
	if answer, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return &smtp.SMTPError{Code: answer.Code, EnhancedCode: answer.EnhancedCode, Message: clean(answer.Message)}
	}
	if text := err.Error(); clean(text) != text {
		return errors.New(clean(text))
	}
	return err
}
