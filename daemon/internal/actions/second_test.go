package actions

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// app makes the code that an app would show.
func (b *bench) app(secret string) string {
	b.t.Helper()
	code, err := totp.GenerateCode(secret, b.time())
	if err != nil {
		b.t.Fatal(err)
	}
	return code
}

func (b *bench) signIn(address string) *AgentEntered {
	b.t.Helper()
	got, err := b.SignIn(b.t.Context(), "support", AgentTry{Address: address, Password: password, Browser: "Firefox, Linux"})
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// isIn reports whether a cookie signs somebody in.
func (b *bench) isIn(cookie string) bool {
	b.t.Helper()
	_, err := b.SignedIn(b.t.Context(), "support", cookie)
	if err != nil && helpdesk.KindOf(err) != helpdesk.SignIn {
		b.t.Fatal(err)
	}
	return err == nil
}

// withCodes signs an agent in and turns codes on.
func (b *bench) withCodes(address string) (secret string, recovery []string, e *AgentEntered) {
	b.t.Helper()
	ctx := b.t.Context()
	first := b.signIn(address)
	by, err := b.SignedIn(ctx, "support", first.Cookie)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.BeginSecond(ctx, by, first.Cookie, password); err != nil {
		b.t.Fatal(err)
	}
	setUp, err := b.SetUpOf(ctx, center(), first.Cookie)
	if err != nil {
		b.t.Fatal(err)
	}
	e, recovery, err = b.FinishSecond(ctx, "support", first.Cookie, b.app(setUp.Secret))
	if err != nil {
		b.t.Fatal(err)
	}
	if b.isIn(first.Cookie) {
		b.t.Error("the session from before goes on")
	}
	return setUp.Secret, recovery, e
}

// Codes are those of RFC 6238: its test vectors for SHA-1, in six digits.
func TestCodesAreThoseOfTheStandard(t *testing.T) {
	secret := base32Plain.EncodeToString([]byte("12345678901234567890"))
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got, want := codeStep(secret, code, time.Unix(at, 0), 0), uint64(at)/30; got != want {
			t.Errorf("code %s at %d is of step %d, want %d", code, at, got, want)
		}
	}
}

// Who has codes needs one, and none works twice, nor with an old session around it.
func TestSignInWithCode(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	b.agent("ada@acme.example")
	secret, recovery, own := b.withCodes("ada@acme.example")
	if !b.isIn(own.Cookie) {
		t.Fatal("who turned codes on is signed out")
	}
	if len(recovery) != 10 {
		t.Errorf("recovery codes: %q", recovery)
	}
	step := b.signIn("ada@acme.example")
	if step.Step != helpdesk.StepCode || b.isIn(step.Cookie) {
		t.Fatalf("a password alone: %+v, signed in %t", step, b.isIn(step.Cookie))
	}
	setUp := b.app(secret) // it turned codes on
	for _, tt := range []struct{ name, cookie, code, want string }{
		{"the code that turned codes on", step.Cookie, setUp, "invalid"},
		{"a wrong code", step.Cookie, "000000", "invalid"},
		{"no code", step.Cookie, "", "invalid"},
		{"no cookie", "", setUp, "sign-in needed"},
		{"a session that is done", own.Cookie, setUp, "sign-in needed"},
	} {
		if got, err := b.SignInCode(ctx, "support", tt.cookie, tt.code); kindOf(err) != tt.want || got != nil {
			t.Errorf("%s: %+v, %v, want %s", tt.name, got, err, tt.want)
		}
	}
	b.wait(codeEvery)
	code, other := b.app(secret), b.signIn("ada@acme.example")
	var done atomic.Int32
	cookies := []string{step.Cookie, other.Cookie}
	b.wait(0)
	atOnce(2, func(i int) {
		if got, err := b.SignInCode(ctx, "support", cookies[i], code); err == nil && b.isIn(got.Cookie) && got.Cookie != cookies[i] {
			done.Add(1)
		}
	})
	if done.Load() != 1 {
		t.Errorf("one code lets in %d of two at once", done.Load())
	}
	third := b.signIn("ada@acme.example")
	b.wait(codeEvery)
	if _, err := b.SignInCode(ctx, "support", third.Cookie, code); kindOf(err) != "invalid" {
		t.Errorf("an old code: %v", err)
	}
	if got, err := b.SignInCode(ctx, "support", third.Cookie, strings.ToUpper(" "+strings.ReplaceAll(recovery[3], "-", " "))); err != nil || !b.isIn(got.Cookie) {
		t.Errorf("a recovery code: %v", err)
	}
	if _, err := b.SignInCode(ctx, "support", third.Cookie, b.app(secret)); kindOf(err) != "sign-in needed" {
		t.Errorf("the step goes on after it: %v", err)
	}
	fourth := b.signIn("ada@acme.example")
	b.wait(codeEvery)
	if _, err := b.SignInCode(ctx, "support", fourth.Cookie, recovery[3]); kindOf(err) != "invalid" {
		t.Errorf("a recovery code for the second time: %v", err)
	}
	b.wait(StepLifetime)
	if _, err := b.SignInCode(ctx, "support", fourth.Cookie, b.app(secret)); kindOf(err) != "sign-in needed" {
		t.Errorf("after %v: %v", StepLifetime, err)
	}
}

// Codes can't be guessed: few tries, however many sign-ins are begun.
func TestCodesAreNotGuessed(t *testing.T) {
	b := newBench(t)
	b.agent("ada@acme.example")
	secret, _, _ := b.withCodes("ada@acme.example")
	refused := 0
	for range 10 {
		_, err := b.SignInCode(t.Context(), "support", b.signIn("ada@acme.example").Cookie, "123456")
		if kindOf(err) == "unavailable" {
			refused++
		}
	}
	if refused < 4 {
		t.Errorf("%d of 10 guesses were not looked at", refused)
	}
	if _, err := b.SignInCode(t.Context(), "support", b.signIn("ada@acme.example").Cookie, b.app(secret)); kindOf(err) != "unavailable" {
		t.Errorf("the right code after many: %v", err)
	}
}

// A role that wants codes wants them of everybody who has it, at once.
func TestRoleWantsCodes(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ada := b.agent("ada@acme.example")
	before := b.signIn("ada@acme.example")
	roles, err := b.Roles(ctx, operator)
	if err != nil {
		t.Fatal(err)
	}
	roles[1].SecondFactor = true
	if _, err := b.SaveRole(ctx, operator, roles[1]); err != nil {
		t.Fatal(err)
	}
	if b.isIn(before.Cookie) {
		t.Error("who signed in with a password alone is still in")
	}
	step := b.signIn("ada@acme.example")
	if step.Step != helpdesk.StepSetUp || b.isIn(step.Cookie) {
		t.Fatalf("a password alone: %+v", step)
	}
	if _, err := b.SignInCode(ctx, "support", step.Cookie, "000000"); kindOf(err) != "sign-in needed" {
		t.Errorf("a code in place of setting up: %v", err)
	}
	setUp, err := b.SetUpOf(ctx, center(), step.Cookie)
	if err != nil || setUp.Secret == "" || !strings.Contains(setUp.Link, "secret="+setUp.Secret) {
		t.Fatalf("%+v, %v", setUp, err)
	}
	if _, _, err := b.FinishSecond(ctx, "support", step.Cookie, "000000"); kindOf(err) != "invalid" {
		t.Errorf("a wrong code: %v", err)
	}
	in, codes, err := b.FinishSecond(ctx, "support", step.Cookie, b.app(setUp.Secret))
	if err != nil || len(codes) != recoveryCodes || !b.isIn(in.Cookie) {
		t.Fatalf("%+v, %v", in, err)
	}
	if _, _, err := b.FinishSecond(ctx, "support", step.Cookie, b.app(setUp.Secret)); kindOf(err) != "sign-in needed" {
		t.Errorf("the step goes on after it: %v", err)
	}
	now := b.again(ada.Agent)
	if _, err := b.EndSecond(ctx, now, codes[0], ""); kindOf(err) != "invalid" {
		t.Errorf("turned off although the role wants it: %v", err)
	}
	raw, err := b.etcd.Get(ctx, "\x00", rangeAll()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range raw.Kvs {
		if strings.Contains(string(kv.Value), setUp.Secret) || strings.Contains(string(kv.Value), recoveryText(codes[1])) || strings.Contains(string(kv.Value), in.Cookie) {
			t.Errorf("%s holds a secret", kv.Key)
		}
	}
}

// Changing one's sign-in takes what the sign-in takes, and ends all other sessions.
func TestOwnSignIn(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ada := b.agent("ada@acme.example")
	here, there := b.signIn("ada@acme.example"), b.signIn("ada@acme.example")
	if err := b.BeginSecond(ctx, ada, here.Cookie, "wrong"); kindOf(err) != "invalid" {
		t.Errorf("codes begun with a wrong password: %v", err)
	}
	for name, in := range map[string]NewPassword{"a wrong password": {Old: "wrong", New: "a wholly new password"}, "a short one": {Old: password, New: "short"}} {
		if _, err := b.ChangeAgentPassword(ctx, ada, here.Cookie, in); kindOf(err) != "invalid" {
			t.Errorf("%s: %v", name, err)
		}
	}
	all, err := b.OwnSessions(ctx, ada)
	if err != nil || len(all) != 2 {
		t.Fatalf("sessions %+v, %v", all, err)
	}
	got, err := b.ChangeAgentPassword(ctx, ada, here.Cookie, NewPassword{Old: password, New: "a wholly new password"})
	if err != nil || !b.isIn(got.Cookie) || b.isIn(here.Cookie) || b.isIn(there.Cookie) {
		t.Fatalf("changed: %v; in %t %t", err, b.isIn(here.Cookie), b.isIn(there.Cookie))
	}
	if _, err := b.SignIn(ctx, "support", AgentTry{Address: "ada@acme.example", Password: password}); kindOf(err) != "invalid" {
		t.Errorf("with the old password: %v", err)
	}
	other, err := b.SignIn(ctx, "support", AgentTry{Address: "ada@acme.example", Password: "a wholly new password"})
	if err != nil {
		t.Fatal(err)
	}
	ada = b.again(ada.Agent)
	bob := b.agent("bob@acme.example")
	mine, err := b.OwnSessions(ctx, ada)
	if err != nil || len(mine) != 2 {
		t.Fatalf("%+v, %v", mine, err)
	}
	if err := b.EndOwnSessions(ctx, bob, string(mine[0].ID), ""); kindOf(err) != "not found" || !b.isIn(other.Cookie) {
		t.Errorf("somebody else's session: %v", err)
	}
	if err := b.EndOwnSessions(ctx, ada, "", got.Cookie); err != nil || b.isIn(other.Cookie) || !b.isIn(got.Cookie) {
		t.Errorf("all others: %v", err)
	}
	yes, no := true, false
	for _, in := range []AgentChange{{Disabled: &yes}, {Disabled: &no}} {
		if _, err := b.SetAgent(ctx, operator, "ada@acme.example", in); err != nil {
			t.Fatal(err)
		}
		if b.isIn(got.Cookie) {
			t.Errorf("signed in, disabled: %t", *in.Disabled)
		}
	}
}

// Codes are turned off by who shows one, or by who may change the agent.
func TestCodesTurnedOff(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ada := b.agent("ada@acme.example")
	secret, _, e := b.withCodes("ada@acme.example")
	b.wait(codeEvery)
	ada = b.again(ada.Agent)
	if _, err := b.EndSecond(ctx, ada, "000000", ""); kindOf(err) != "invalid" {
		t.Errorf("with a wrong code: %v", err)
	}
	off, err := b.EndSecond(ctx, ada, b.app(secret), "")
	if err != nil || b.isIn(e.Cookie) || !b.isIn(off.Cookie) || b.again(ada.Agent).Agent.Second != nil {
		t.Fatalf("%v", err)
	}
	b.withCodes("ada@acme.example")
	if err := b.ResetSecond(ctx, b.again(ada.Agent), ada.Agent.ID); kindOf(err) != "forbidden" {
		t.Errorf("by who may not: %v", err)
	}
	if err := b.ResetSecond(ctx, operator, ada.Agent.ID); err != nil || b.signIn("ada@acme.example").Step != helpdesk.StepNone {
		t.Errorf("by the operator: %v", err)
	}
}
