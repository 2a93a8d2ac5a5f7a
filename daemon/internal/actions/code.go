package actions

import (
	"context"
	"crypto/subtle"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// TypedCode is a code from a mail, as typed in the browser that asked for it.
type TypedCode struct {
	Pass    helpdesk.ID // what [Desk.AskByMail] answered
	Secret  string      // of that browser, as it was asked with
	Code    string
	Browser string // in words
}

// SignInByCode signs in whoever typed the right code in the browser that asked for
// it; where sign-up is open, and for who was invited, that makes the sign-in. Codes
// that are wrong, old, used, of another browser or never sent have one answer.
func (d *Desk) SignInByCode(ctx context.Context, h helpdesk.HelpCenter, in TypedCode) (*Entered, error) {
	if _, err := offered(h, helpdesk.PassCode); err != nil {
		return nil, err
	}
	var p *helpdesk.Pass
	var contact helpdesk.ID
	err := helpdesk.Retry(ctx, func(int) (err error) {
		if p, err = d.codePass(ctx, h, in); err != nil {
			return err
		}
		if right := d.isCode(h, p, in.Code); !right || p.Unsent {
			p.Tries++ // under the pass's revision: guesses that come at once count one by one
			if err := d.store.Commit(ctx, &helpdesk.Change{Account: h.Account, Passes: []helpdesk.Pass{*p}}); err != nil {
				return err
			}
			return errCode()
		}
		contact, err = d.useCode(ctx, h, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	e, err := d.enter(ctx, h, contact, ByCode, in.Browser)
	if err == nil {
		e.Next = p.Next
	}
	return e, err
}

func errCode() error {
	return helpdesk.Errorf(helpdesk.Invalid, "this code is not right, or no longer; ask for a new one if it does not help to type it again")
}

// codePass reads what the browser asked for, if it may still guess.
func (d *Desk) codePass(ctx context.Context, h helpdesk.HelpCenter, in TypedCode) (*helpdesk.Pass, error) {
	if !isID(string(in.Pass)) {
		return nil, errCode()
	}
	p, err := d.store.Pass(ctx, h.Account, in.Pass, d.now())
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, errCode()
	}
	if err != nil {
		return nil, err
	}
	mine := subtle.ConstantTimeCompare([]byte(p.Browser), []byte(sessionHash(in.Secret))) == 1
	if !mine || p.Kind != helpdesk.PassCode || p.HelpCenter != h.Name || p.Tries >= helpdesk.MostCodeTries {
		return nil, errCode()
	}
	return p, nil
}

// isCode compares with what the mail said, in the same time for all codes. Spaces
// are how people keep eight digits apart.
func (d *Desk) isCode(h helpdesk.HelpCenter, p *helpdesk.Pass, typed string) bool {
	typed = strings.Join(strings.Fields(typed), "")
	right := 0
	for _, code := range d.signer.Codes(links.Audience(h.Audience), string(p.ID)) {
		right |= subtle.ConstantTimeCompare([]byte(code), []byte(typed))
	}
	return right == 1
}

// useCode commits what the right code allows.
func (d *Desk) useCode(ctx context.Context, h helpdesk.HelpCenter, p *helpdesk.Pass) (helpdesk.ID, error) {
	found, err := d.store.Lookup(ctx, h.Account, store.Query{Address: p.Address})
	if err != nil {
		return "", err
	}
	c := found.Contact
	agent := found.Agent != nil && !found.Agent.Disabled
	mayUp := !agent && maySignUp(c, p.Address)
	invited := mayUp && d.isInvited(ctx, h.Account, c, p.Address)
	if !maySignIn(c, p.Address) && !(mayUp && h.SignUp.Open) && !invited {
		return "", errCode()
	}
	change := &helpdesk.Change{Account: h.Account}
	if invited {
		c.Invited = "" // its link opens nothing from now on
	}
	c = prove(change, c, p, "", d.now())
	return c.ID, d.store.Commit(ctx, change)
}
