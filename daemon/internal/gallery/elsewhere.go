package gallery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// backFrom is the address of the way back from an issuer.
const backFrom = "!/sign-in/back/acme-id"

// came is what is sent there.
var came = url.Values{"code": {"made-up"}, "state": {"made-up"}}

// awayPictures are signing in at issuers of OpenID Connect.
var awayPictures = []picture{
	{name: "leave", group: elsewheres, title: "On the way to an issuer", path: "/sign-in/with/acme-id", post: url.Values{}},
	{name: "back", group: elsewheres, title: "Back from an issuer", path: backFrom + "?code=made-up&state=made-up"},
	{name: "back-declined", group: elsewheres, title: "Back without a sign-in", status: 422, path: backFrom + "?error=access_denied&state=made-up"},
	{name: "back-failed", group: elsewheres, title: "The issuer failed", status: 422, path: backFrom + "?error=server_error&state=made-up"},
	{name: "back-lost", group: elsewheres, title: "Begun in another browser", status: 422, path: backFrom + "?code=made-up", scene: scene{err: helpdesk.Errorf(helpdesk.Invalid, "this sign-in was begun in another browser, or too long ago")}},
	{name: "back-mailed", group: elsewheres, title: "An address to be proven", path: backFrom, post: came, scene: scene{arrival: actions.ArrivedMailed}},
	{name: "back-unasked", group: elsewheres, title: "Nobody invited them", status: 403, path: backFrom, post: came, scene: scene{arrival: actions.ArrivedUnasked}},
	{name: "back-unnamed", group: elsewheres, title: "The issuer tells no address", status: 422, path: backFrom, post: came, scene: scene{arrival: actions.ArrivedUnnamed}},
	{name: "back-taken", group: elsewheres, title: "In use already", status: 409, path: backFrom, post: came, scene: scene{arrival: actions.ArrivedTaken, customer: true}},
	{name: "back-refused", group: elsewheres, title: "What the issuer said does not hold", status: 422, path: backFrom, post: came, scene: scene{arrival: actions.ArrivedRefused}},
	{name: "issuer-away", group: elsewheres, title: "An issuer that is away", status: 503, path: "/sign-in/with/acme-id", post: url.Values{}, scene: scene{err: helpdesk.Errorf(helpdesk.Unavailable, "%s does not answer as it should at the moment", "Acme ID")}},
	{name: "proof", group: elsewheres, title: "Was this you?", path: pass, scene: scene{pass: helpdesk.PassLink, proof: true}},
	{name: "proof-new", group: elsewheres, title: "Was this you? For the first time", path: pass, scene: scene{pass: helpdesk.PassLink, proof: true, first: true}},
	{name: "proof-elsewhere", group: elsewheres, title: "Was this you? In another browser", path: pass, scene: scene{pass: helpdesk.PassLink}},
	{name: "account-last-way", group: elsewheres, title: "The only way in stays", status: 422, path: "/account/issuers/google/end", post: url.Values{}, scene: scene{customer: true, err: helpdesk.Errorf(helpdesk.Invalid, "this is your only way to sign in; set a password first")}},
	{name: "sign-in-issuers", group: elsewheres, title: "Signing in at issuers alone", path: "/sign-in", center: issuersOnly},
	{name: "pass-issuers", group: elsewheres, title: "Invited, where there are no passwords", path: pass, center: issuersOnly, scene: scene{pass: helpdesk.PassInvitation}},
}

func init() { pictures = append(pictures, awayPictures...) }

func issuersOnly(h *helpdesk.HelpCenter) { h.SignUp.Password, h.SignUp.EmailCode = false, false }

// Leave implements [portal.Elsewhere].
func (d *desk) Leave(context.Context, helpdesk.HelpCenter, string, actions.Leaving) (*actions.Left, error) {
	return &actions.Left{Address: "https://id.acme.example/authorize", Label: "Acme ID", Cookie: "made-up", Expires: now}, d.scene.err
}

// Back implements [portal.Elsewhere].
func (d *desk) Back(helpdesk.HelpCenter, string, string, string) (*actions.Way, error) {
	return &actions.Way{Label: "Acme ID", Locale: d.locale}, d.scene.err
}

// Arrive implements [portal.Elsewhere].
func (d *desk) Arrive(context.Context, helpdesk.HelpCenter, string, actions.Arriving) (*actions.Arrived, error) {
	return &actions.Arrived{What: d.scene.arrival, Label: "Acme ID", Address: alice}, d.scene.err
}

// DropIdentity implements [portal.Elsewhere].
func (d *desk) DropIdentity(context.Context, helpdesk.HelpCenter, *actions.Customer, string) error {
	return d.scene.err
}

// proofPass is what a mail brings that asks whether an identity is theirs.
func proofPass(first bool) *helpdesk.Pass {
	sum := sha256.Sum256([]byte("made-up")) // what the browser's cookie holds
	p := &helpdesk.Pass{
		Kind: helpdesk.PassLink, Address: alice, Browser: hex.EncodeToString(sum[:]),
		Subject: &helpdesk.Subject{Issuer: "https://id.acme.example", Subject: "made-up", Name: "acme-id"},
	}
	if first {
		p.Kind = helpdesk.PassSignUp
	}
	return p
}
