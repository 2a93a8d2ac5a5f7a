package actions

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// Issuers ask issuers of OpenID Connect who is in front of a browser.
type Issuers interface {
	// Begin is the address to which the browser is led.
	Begin(ctx context.Context, issuer helpdesk.OIDC, b helpdesk.Begun) (string, error)
	// Finish answers Invalid if what the browser brought, or what the issuer says,
	// does not hold, and Unavailable if the issuer cannot be asked. It must check
	// everything that OpenID Connect Core section 3.1.3.7 asks for.
	Finish(ctx context.Context, account string, issuer helpdesk.OIDC, b helpdesk.Begun, r helpdesk.Returned) (helpdesk.Identity, error)
}

const (
	// AwayLifetime is how long somebody may take at the issuer.
	AwayLifetime = 10 * time.Minute
	// maxAway bounds the cookie that goes with them: browsers keep 4 KiB.
	maxAway = 3 << 10
)

// Leaving is who goes to an issuer to sign in, and what for.
type Leaving struct {
	Next string    // the page to go on to
	Pass string    // token of an invitation, or of a sign-up, that it is to be used for; "" for none
	Add  *Customer // who wants to sign in with it as well from now on; nil for signing in
}

// Left is what the browser is told.
type Left struct {
	Address string // of the issuer, where it is led
	Label   string // what the issuer is called
	Cookie  string // the browser alone has it; nothing but it can bring the sign-in to its end
	Expires time.Time
}

// away is what the cookie holds. It is no secret from whoever sits at the browser;
// the state that goes through the issuer seals all of it, so nobody else can make
// one, change one, or use one for another sign-in than that which was begun.
type away struct {
	Issuer string      `json:"i"` // name
	At     string      `json:"a"` // address of the issuer
	Client string      `json:"c"`
	Secret string      `json:"s"` // of which nonce and verifier are made
	Begun  int64       `json:"t"`
	Locale string      `json:"l"`
	Next   string      `json:"n,omitempty"`
	Pass   string      `json:"p,omitempty"`
	Add    helpdesk.ID `json:"d,omitempty"` // contact
	// Agents says that it is for the console. One that is begun there ends nowhere
	// else, nor the other way round.
	Agents bool        `json:"g,omitempty"`
	Agent  helpdesk.ID `json:"e,omitempty"` // who wants to sign in with it from now on
}

// Leave begins a sign-in at an issuer (row S25). NotFound if it is not declared
// here, or if the pass does not hold; Unavailable if it does not answer.
func (d *Desk) Leave(ctx context.Context, h helpdesk.HelpCenter, name string, in Leaving) (*Left, error) {
	issuer, err := issuerOf(h, name)
	if err != nil {
		return nil, err
	}
	now := d.now()
	a := away{Issuer: name, At: issuer.Issuer, Client: issuer.ClientID, Secret: rand.Text() + rand.Text(), Begun: now.Unix(), Locale: h.Locale}
	if len(in.Next) <= maxNext {
		a.Next = in.Next
	}
	if in.Pass != "" {
		if _, err := d.OpenPass(ctx, h, in.Pass); err != nil {
			return nil, err
		}
		a.Pass = in.Pass
	}
	if in.Add != nil {
		a.Add = in.Add.Contact.ID
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	cookie := base64.RawURLEncoding.EncodeToString(raw)
	address, err := d.issuers.Begin(ctx, *issuer, a.begun(h, d.signer.State(links.Audience(h.Audience), cookie)))
	if err != nil {
		return nil, silent(issuer, err)
	}
	return &Left{Address: address, Label: issuer.Label, Cookie: cookie, Expires: now.Add(AwayLifetime)}, nil
}

// issuerOf finds an issuer that customers may sign in with.
func issuerOf(h helpdesk.HelpCenter, name string) (*helpdesk.OIDC, error) {
	issuer := h.SignUp.Issuer(name)
	if !h.PortalOn || issuer == nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return issuer, nil
}

// silent is an issuer that cannot be asked.
func silent(issuer *helpdesk.OIDC, err error) error {
	if helpdesk.KindOf(err) != helpdesk.Unavailable {
		return err
	}
	told, _ := errors.AsType[*helpdesk.Error](helpdesk.Errorf(helpdesk.Unavailable, "%s does not answer as it should at the moment", issuer.Label))
	told.Err = err
	return told
}

// begun makes of the secret what the issuer sees of it.
func (a *away) begun(h helpdesk.HelpCenter, state string) helpdesk.Begun {
	return helpdesk.Begun{State: state, Nonce: a.derive("nonce"), Verifier: a.derive("verifier"), Redirect: h.BaseURL + a.way() + a.Issuer}
}

// way is the page to which the issuer leads back.
func (a *away) way() string {
	if a.Agents {
		return "/agent/sign-in/back/"
	}
	return "/sign-in/back/"
}

// derive has 43 characters, as a verifier of PKCE at least has (RFC 7636 section
// 4.1). One does not tell the other.
func (a *away) derive(what string) string {
	sum := sha256.Sum256([]byte(what + "\x00" + a.Secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Way is a sign-in that comes back from an issuer.
type Way struct {
	Label  string // what the issuer is called
	Locale string // the language in which it was begun
	Next   string // the page to go on to
}

// Back looks at what a browser brings back. It changes nothing. Invalid says that
// the sign-in was not begun in this browser, or too long ago.
func (d *Desk) Back(h helpdesk.HelpCenter, name, cookie, state string) (*Way, error) {
	issuer, a, err := d.back(h, name, cookie, state)
	if err != nil {
		return nil, err
	}
	return &Way{Label: issuer.Label, Locale: a.Locale, Next: a.Next}, nil
}

func (d *Desk) back(h helpdesk.HelpCenter, name, cookie, state string) (*helpdesk.OIDC, *away, error) {
	issuer, err := issuerOf(h, name)
	if err != nil {
		return nil, nil, err
	}
	lost := helpdesk.Errorf(helpdesk.Invalid, "this sign-in was begun in another browser, or too long ago")
	raw, err := base64.RawURLEncoding.DecodeString(cookie)
	if len(cookie) > maxAway || err != nil || !d.signer.IsState(links.Audience(h.Audience), cookie, state) {
		return nil, nil, lost
	}
	var a away
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, nil, lost
	}
	took := d.now().Sub(time.Unix(a.Begun, 0))
	// Another issuer than the one that was asked must not answer in its place, also
	// if the declaration has changed meanwhile.
	if a.Agents || a.Issuer != name || a.At != issuer.Issuer || a.Client != issuer.ClientID || took < -time.Minute || took > AwayLifetime {
		return nil, nil, lost
	}
	return issuer, &a, nil
}
