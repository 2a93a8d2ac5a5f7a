package actions

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Sealer seals secrets that stand in records; *[store.Sealer] is one. about names the
// place.
type Sealer interface {
	Seal(secret []byte, about string) (string, error)
	Open(sealed, about string) ([]byte, error)
}

const (
	// codePeriod and codeDigits are those that every app knows (RFC 6238 section 5.2).
	codePeriod = 30
	codeDigits = otp.DigitsSix
	// codeSkew is how many periods a clock may be off, either way.
	codeSkew = 1
	// secretSize in bytes is that of SHA-1's output (RFC 4226 section 4, R6).
	secretSize = 20

	// recoveryCodes of 16 characters from 32: 80 bits, so a fast hash keeps them.
	recoveryCodes = 10
	recoverySize  = 10
)

// Guesses at a code, of one agent whose password was right: six at once and one more
// each five minutes. Of three codes in a million each, that is one chance in a thousand
// in a day, on each replica.
const (
	codeBurst = 6
	codeEvery = 5 * time.Minute
)

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

func secretPlace(account string, agent helpdesk.ID) string {
	return "second/" + account + "/" + string(agent)
}

// newSecret makes the secret of a second factor that is to be set up, sealed.
func (d *Desk) newSecret(account string, agent helpdesk.ID) (string, error) {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails since Go 1.24
	sealed, err := d.sealer.Seal(secret, secretPlace(account, agent))
	if err != nil {
		return "", fmt.Errorf("seal second factor: %w", err)
	}
	return sealed, nil
}

// open gives a sealed secret as apps take it.
func (d *Desk) openSecret(account string, agent helpdesk.ID, sealed string) (string, error) {
	secret, err := d.sealer.Open(sealed, secretPlace(account, agent))
	if err != nil {
		return "", fmt.Errorf("open second factor: %w", err)
	}
	return base32Plain.EncodeToString(secret), nil
}

// codeStep finds the time step of a code, among those that are later than after; 0 if
// it is none of them. All are looked at, so that the time it takes tells nothing.
func codeStep(secret, code string, now time.Time, after uint64) uint64 {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	step := uint64(now.Unix()) / codePeriod
	var found uint64
	for s := step - codeSkew; s <= step+codeSkew; s++ {
		want, err := hotp.GenerateCodeCustom(secret, s, hotp.ValidateOpts{Digits: codeDigits, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && s > after {
			found = s
		}
	}
	return found
}

// newRecovery makes codes for who has lost the rest, and their hashes.
func newRecovery() (codes, hashes []string) {
	for range recoveryCodes {
		raw := make([]byte, recoverySize)
		_, _ = rand.Read(raw) // never fails since Go 1.24
		text := strings.ToLower(base32Plain.EncodeToString(raw))
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
		hashes = append(hashes, sessionHash(text))
	}
	return codes, hashes
}

// recoveryText undoes what people do to codes when they copy them.
func recoveryText(typed string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, typed))
}

func wrongCode() error {
	return helpdesk.Errorf(helpdesk.Invalid, "this code is not right, or was used before: wait for the next one")
}

// spendCode takes a code of the agent's second factor, or one of recovery, and changes
// the agent so that it works no more; how says which it was.
func (d *Desk) spendCode(account string, agent *helpdesk.Agent, code string) (how string, err error) {
	second := *agent.Second
	if hash := sessionHash(recoveryText(code)); slices.Contains(second.Recovery, hash) {
		second.Recovery = slices.DeleteFunc(slices.Clone(second.Recovery), func(h string) bool { return h == hash })
		agent.Second = &second
		return "recovery", nil
	}
	secret, err := d.openSecret(account, agent.ID, second.Secret)
	if err != nil {
		return "", err
	}
	if second.Step = codeStep(secret, code, d.now(), second.Step); second.Step == 0 {
		return "", wrongCode()
	}
	agent.Second = &second
	return "code", nil
}

// proveCode checks a code and commits that it was used. Of two who bring the same one at
// once, one is refused.
func (d *Desk) proveCode(ctx context.Context, account string, id helpdesk.ID, code string) (agent *helpdesk.Agent, err error) {
	if !d.codes.allowKey(account+"\x00"+string(id), d.now()) {
		return nil, helpdesk.Errorf(helpdesk.Unavailable, "there were many tries; wait a few minutes")
	}
	var how string
	err = helpdesk.Retry(ctx, func(int) error {
		if agent, err = d.store.Agent(ctx, account, id); err != nil {
			return err
		}
		if agent.Second == nil || agent.Disabled {
			return helpdesk.Errorf(helpdesk.SignIn, "sign in first")
		}
		if how, err = d.spendCode(account, agent, code); err != nil {
			return err
		}
		change := &helpdesk.Change{Account: account, Agent: agent}
		if how == "recovery" {
			change.Audit = append(change.Audit, d.audit(Actor{Account: account, Agent: agent}, "agent.recovery", agentSubject(agent)))
		}
		return d.store.Commit(ctx, change)
	})
	if helpdesk.KindOf(err) == helpdesk.Invalid {
		d.refusedSignIn(ctx, account, agent, "code")
	}
	if err != nil {
		return nil, err
	}
	return d.store.Agent(ctx, account, id) // as it is now, with its revision
}

// SignInCode ends a sign-in that waits for a code. The cookie of the step is worth
// nothing after it.
func (d *Desk) SignInCode(ctx context.Context, account, cookie, code string) (*AgentEntered, error) {
	s, err := d.session(ctx, account, cookie)
	if err != nil {
		return nil, err
	}
	if s.Session.Step != helpdesk.StepCode {
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	agent, err := d.proveCode(ctx, account, s.Agent.ID, code)
	if err != nil {
		return nil, err
	}
	if agent.Sessions != s.Session.Count {
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	if err := d.store.EndSession(ctx, account, sessionHash(cookie)); err != nil {
		return nil, err
	}
	return d.begin(ctx, account, agent, helpdesk.Session{How: s.Session.How, Browser: s.Session.Browser, Second: true})
}

// SecondSetUp is what somebody needs to have an app make codes.
type SecondSetUp struct {
	Step helpdesk.SignInStep
	// Secret is what is typed where no picture can be read, and Link what the picture
	// holds; both are "" while nothing is being set up.
	Secret, Link string
}

// SetUpOf reads what a session sets up. It changes nothing.
func (d *Desk) SetUpOf(ctx context.Context, h helpdesk.HelpCenter, cookie string) (*SecondSetUp, error) {
	s, err := d.session(ctx, h.Account, cookie)
	if err != nil {
		return nil, err
	}
	out := &SecondSetUp{Step: s.Session.Step}
	if s.Session.Secret == "" {
		return out, nil
	}
	if out.Secret, err = d.openSecret(h.Account, s.Agent.ID, s.Session.Secret); err != nil {
		return nil, err
	}
	raw, err := base32Plain.DecodeString(out.Secret)
	if err != nil {
		return nil, err
	}
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: strings.ReplaceAll(h.DisplayName, ":", " "), AccountName: s.Agent.Address.String(), Secret: raw, Period: codePeriod, Digits: codeDigits,
	})
	if err != nil {
		return nil, fmt.Errorf("write key for apps: %w", err)
	}
	out.Link = key.URL()
	return out, nil
}

// BeginSecond begins to set up a second factor for who is signed in, if they type their
// password: who only found the browser open gets none.
func (d *Desk) BeginSecond(ctx context.Context, by Actor, cookie, password string) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	if by.Agent == nil || by.Agent.Password == "" {
		return helpdesk.Errorf(helpdesk.Invalid, "you sign in without a password, so codes beside it would protect nothing")
	}
	if by.Agent.Second != nil {
		return helpdesk.Errorf(helpdesk.Invalid, "codes are on already; turn them off first")
	}
	if err := d.ownPassword(ctx, by, password); err != nil {
		return err
	}
	s, err := d.SignedInSession(ctx, by.Account, cookie)
	if err != nil {
		return err
	}
	if s.Session.Secret, err = d.newSecret(by.Account, by.Agent.ID); err != nil {
		return err
	}
	return d.store.ChangeSession(ctx, by.Account, sessionHash(cookie), s.Session)
}

// ownPassword is Invalid if it is not the agent's.
func (d *Desk) ownPassword(ctx context.Context, by Actor, password string) error {
	if !d.tries.allow("agent\x00"+by.Account, by.Agent.Address, d.now()) {
		return ErrManyTries
	}
	right, err := d.isPassword(ctx, by.Agent.Password, password)
	if err != nil {
		return err
	}
	if !right {
		return &helpdesk.Error{Kind: helpdesk.Invalid, Public: "this is not your password", Err: ErrOldPassword}
	}
	return nil
}

// FinishSecond turns on the second factor that a session sets up, when its app shows the
// right code. All sessions of the agent end; the browser gets a new one. The codes of
// recovery are told this once.
func (d *Desk) FinishSecond(ctx context.Context, account, cookie, code string) (*AgentEntered, []string, error) {
	s, err := d.session(ctx, account, cookie)
	if err != nil {
		return nil, nil, err
	}
	if s.Session.Secret == "" || s.Session.Step == helpdesk.StepCode {
		return nil, nil, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	if !d.codes.allowKey(account+"\x00"+string(s.Agent.ID), d.now()) {
		return nil, nil, helpdesk.Errorf(helpdesk.Unavailable, "there were many tries; wait a few minutes")
	}
	secret, err := d.openSecret(account, s.Agent.ID, s.Session.Secret)
	if err != nil {
		return nil, nil, err
	}
	step := codeStep(secret, code, d.now(), 0)
	if step == 0 {
		return nil, nil, wrongCode()
	}
	codes, hashes := newRecovery()
	agent, err := d.changeOwn(ctx, s.Actor, "agent.second.on", func(a *helpdesk.Agent) error {
		if a.Second != nil {
			return helpdesk.Errorf(helpdesk.SignIn, "sign in first")
		}
		a.Second = &helpdesk.SecondFactor{Secret: s.Session.Secret, Since: d.now(), Step: step, Recovery: hashes}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	entered, err := d.begin(ctx, account, agent, helpdesk.Session{How: s.Session.How, Browser: s.Session.Browser, Second: true})
	return entered, codes, err
}

// changeOwn changes an agent by themselves, ends all their sessions and records it.
func (d *Desk) changeOwn(ctx context.Context, by Actor, act string, how func(*helpdesk.Agent) error) (*helpdesk.Agent, error) {
	count := by.Agent.Sessions
	err := helpdesk.Retry(ctx, func(int) error {
		agent, err := d.store.Agent(ctx, by.Account, by.Agent.ID)
		if err != nil {
			return err
		}
		if agent.Disabled || agent.Sessions != count { // signed out meanwhile
			return helpdesk.Errorf(helpdesk.SignIn, "sign in first")
		}
		if err := how(agent); err != nil {
			return err
		}
		agent.Sessions++
		return d.store.Commit(ctx, &helpdesk.Change{
			Account: by.Account, Agent: agent, Audit: []helpdesk.AuditRecord{d.audit(by, act, agentSubject(agent))},
		})
	})
	if err != nil {
		return nil, err
	}
	d.log.InfoContext(ctx, "agent changed their sign-in", "account", by.Account, "agent", by.Agent.ID, "what", act)
	return d.store.Agent(ctx, by.Account, by.Agent.ID)
}

// EndSecond turns the second factor off, for who shows a code of it.
func (d *Desk) EndSecond(ctx context.Context, by Actor, code, browser string) (*AgentEntered, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	if by.Agent == nil || by.Agent.Second == nil {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "codes are off already")
	}
	if by.Role.SecondFactor {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "your role %s wants codes beside the password", by.Role.Name)
	}
	if _, err := d.proveCode(ctx, by.Account, by.Agent.ID, code); err != nil {
		return nil, err
	}
	agent, err := d.changeOwn(ctx, by, "agent.second.off", func(a *helpdesk.Agent) error {
		a.Second = nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d.begin(ctx, by.Account, agent, helpdesk.Session{How: "password", Browser: browser})
}

// ChangeAgentPassword sets another password for who types the old one. All their
// sessions end; the browser gets a new one that is worth as much as the old.
func (d *Desk) ChangeAgentPassword(ctx context.Context, by Actor, cookie string, in NewPassword) (*AgentEntered, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	if by.Agent == nil || by.Agent.Password == "" {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "you sign in without a password")
	}
	s, err := d.SignedInSession(ctx, by.Account, cookie)
	if err != nil {
		return nil, err
	}
	if err := d.ownPassword(ctx, by, in.Old); err != nil {
		return nil, err
	}
	if err := checkPassword(in.New, "", by.Agent.Address); err != nil {
		return nil, err
	}
	hash, err := d.passwords.hash(ctx, normal(in.New))
	if err != nil {
		return nil, err
	}
	agent, err := d.changeOwn(ctx, by, "agent.password", func(a *helpdesk.Agent) error {
		if a.Password != by.Agent.Password {
			return helpdesk.Errorf(helpdesk.SignIn, "sign in first") // somebody changed it meanwhile
		}
		a.Password, a.Joining = hash, "" // a link that nobody used would undo it
		return nil
	})
	if err != nil {
		return nil, err
	}
	return d.begin(ctx, by.Account, agent, helpdesk.Session{How: s.Session.How, Browser: in.Browser, Second: s.Session.Second})
}
