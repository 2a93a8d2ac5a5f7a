package imappoll

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
)

// watched notices that the mechanism itself gave up: servers tell why they refuse
// a token in a challenge, and wait. It remembers what was said to sign in, until it
// is known how that ended: some servers repeat in their refusal the line that they
// did not understand, and the words of a refusal are kept and shown.
type watched struct {
	sasl.Client
	username string // no secret
	gaveUp   bool
	said     []string
}

// Start implements sasl.Client.
func (w *watched) Start() (string, []byte, error) {
	mechanism, response, err := w.Client.Start()
	w.remember(response)
	return mechanism, response, err
}

// Next implements sasl.Client.
func (w *watched) Next(challenge []byte) ([]byte, error) {
	answer, err := w.Client.Next(challenge)
	w.gaveUp = w.gaveUp || err != nil
	w.remember(answer)
	return answer, err
}

// remember keeps a response as it is on the wire, and the pieces it is made of:
// PLAIN puts NULs between them, mechanisms for tokens ^A.
func (w *watched) remember(response []byte) {
	if string(response) == w.username {
		return
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(string(response)) // of LOGIN
	w.said = append(w.said, base64.StdEncoding.EncodeToString(response), quoted)
	for _, piece := range strings.FieldsFunc(string(response), func(r rune) bool { return r < ' ' }) {
		if piece = strings.TrimPrefix(piece, "auth=Bearer "); piece != w.username {
			w.said = append(w.said, piece)
		}
	}
}

// leastSecret is the shortest piece that is looked for: shorter ones stand in any
// text, and no password should be so short.
const leastSecret = 6

// without returns the error without what was said.
func (w *watched) without(err error) error {
	if err == nil {
		return nil
	}
	clean := func(text string) string {
		for _, piece := range w.said {
			if len(piece) >= leastSecret {
				text = strings.ReplaceAll(text, piece, "…")
			}
		}
		return text
	}
	text := clean(err.Error())
	if text == err.Error() {
		return err
	}
	if answer, ok := errors.AsType[*imap.Error](err); ok {
		return &imap.Error{Type: answer.Type, Code: imap.ResponseCode(clean(string(answer.Code))), Text: clean(answer.Text)}
	}
	return errors.New(text)
}
