package login

import (
	"encoding/json"
	"fmt"
)

// xoauth2 is the mechanism of Google and Microsoft from before RFC 7628.
const xoauth2 = "XOAUTH2"

type xoauth2Client struct{ username, token string }

// Start implements sasl.Client.
func (c *xoauth2Client) Start() (string, []byte, error) {
	return xoauth2, []byte("user=" + c.username + "\x01auth=Bearer " + c.token + "\x01\x01"), nil
}

// Next implements sasl.Client. A challenge tells why the server refuses; it
// waits for an empty answer before it says so, which not every client can send.
// So the sign-in ends here, with what the server told.
func (c *xoauth2Client) Next(challenge []byte) ([]byte, error) {
	var told struct{ Status, Scope string }
	if json.Unmarshal(challenge, &told) != nil || told.Status == "" {
		return nil, fmt.Errorf("the server refused the access token: %.200q", challenge)
	}
	return nil, fmt.Errorf("the server refused the access token: status %.20q, scope %.200q", told.Status, told.Scope)
}
