package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func openPassword() *SignUp {
	return &SignUp{Mode: SignUpOpen, Methods: []SignUpMethod{MethodPassword}}
}

func invitedByCode() *SignUp {
	return &SignUp{Mode: SignUpInviteOnly, Methods: []SignUpMethod{MethodEmailCode, MethodPassword}}
}

// account is a set of help centers a, b, c of one account, a the oldest, that
// declare these sign-ups.
func account(established Established, declared ...*SignUp) *Set {
	set := &Set{Established: established}
	for i, s := range declared {
		name := string(rune('a' + i))
		h := helpCenter(name, name+".example")
		h.Metadata.CreationTimestamp = time.Unix(int64(i+1), 0)
		h.Spec.SignUp = s
		set.HelpCenters = append(set.HelpCenters, h)
	}
	set.SetDefaults()
	return set
}

// covers: S26, S42
func TestSignUpHoldsForTheAccount(t *testing.T) {
	for _, tt := range []struct {
		name     string
		declared []*SignUp
		holder   string
		applied  SignUp
		want     []Reason
	}{
		{"none declared is closed", []*SignUp{nil, nil}, "", SignUp{Mode: SignUpInviteOnly}, []Reason{ReasonInherited, ReasonInherited}},
		{"one declared", []*SignUp{nil, openPassword()}, "b", *openPassword(), []Reason{ReasonInherited, ReasonApplied}},
		{"the same twice", []*SignUp{openPassword(), openPassword()}, "a", *openPassword(), []Reason{ReasonApplied, ReasonApplied}},
		{"the oldest holds", []*SignUp{invitedByCode(), openPassword(), nil}, "a", *invitedByCode(),
			[]Reason{ReasonApplied, ReasonConflicted, ReasonInherited}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Resolve(account(Established{}, tt.declared...))
			got := r.Accounts[0]
			if diff := cmp.Diff(ResolvedAccount{"support", tt.applied, tt.holder}, got); diff != "" {
				t.Errorf("account (-want +got):\n%s", diff)
			}
			for i, h := range r.HelpCenters {
				if h.SignUp.Reason != tt.want[i] || h.SignUp.OK == (tt.want[i] == ReasonConflicted) {
					t.Errorf("%s: %+v, want %s", h.HelpCenter.Metadata.Name, h.SignUp, tt.want[i])
				}
			}
		})
	}
}

// covers: S42
func TestOlderSignUpDoesNotTakeOver(t *testing.T) {
	first := Resolve(account(Established{}, nil, openPassword()))
	second := Resolve(account(first.Established, invitedByCode(), openPassword()))
	if got := second.Accounts[0].SignUpHolder; got != "b" {
		t.Errorf("%s holds the sign-up, though b was first", got)
	}
	if got := resolved(t, second, "a").SignUp; got.OK || got.Message != "signUp is account-wide, and HelpCenter b holds it with other settings" {
		t.Errorf("the later one is told %+v", got)
	}
}

// covers: S26, S42
func TestDeletionDoesNotOpenSignUp(t *testing.T) {
	first := Resolve(account(Established{}, invitedByCode(), openPassword()))

	// The holder loses its declaration; the next one would open the portal.
	after := account(first.Established, nil, openPassword())
	second := Resolve(after)
	narrowed := SignUp{Mode: SignUpInviteOnly, Methods: []SignUpMethod{MethodPassword}}
	if diff := cmp.Diff(ResolvedAccount{"support", narrowed, "b"}, second.Accounts[0]); diff != "" {
		t.Errorf("after the deletion (-want +got):\n%s", diff)
	}
	if got := resolved(t, second, "b").SignUp; got.OK || got.Reason != ReasonConflicted {
		t.Errorf("the heir is told %+v", got)
	}

	// It stays so, also over a restart of whoever keeps what is established.
	kept, err := json.Marshal(second.Established)
	if err != nil {
		t.Fatal(err)
	}
	var restored Established
	if err := json.Unmarshal(kept, &restored); err != nil {
		t.Fatal(err)
	}
	third := Resolve(account(restored, nil, openPassword()))
	if diff := cmp.Diff(second.Accounts, third.Accounts); diff != "" {
		t.Errorf("it did not stay (-second +third):\n%s", diff)
	}

	// A change of the declaration is a decision.
	changed := openPassword()
	changed.Methods = append(changed.Methods, MethodEmailCode)
	fourth := Resolve(account(third.Established, nil, changed))
	if diff := cmp.Diff(*changed, fourth.Accounts[0].SignUp); diff != "" {
		t.Errorf("after the change (-want +got):\n%s", diff)
	}
	if got := resolved(t, fourth, "b").SignUp; !got.OK {
		t.Errorf("the holder is told %+v", got)
	}
}

// unserved takes the host of a help center away, for a help center of another account.
func unserved(set *Set, name string) *Set {
	rival := helpCenter("rival", name+".example")
	rival.Metadata.Namespace = "zzz"
	set.HelpCenters = append(set.HelpCenters, rival)
	set.Established.Hosts = map[string]Key{rival.Spec.Host: rival.Metadata.Key()}
	return set
}

// Who is not served when the holder is deleted follows later, and opens nothing then.
//
// covers: S26, S42
func TestDeletionDoesNotOpenSignUpLater(t *testing.T) {
	narrowed := SignUp{Mode: SignUpInviteOnly}
	both := Resolve(account(Established{}, invitedByCode(), openPassword()))
	waiting := account(both.Established, invitedByCode(), openPassword())
	waiting.HelpCenters = waiting.HelpCenters[1:]
	withheld := account(both.Established)
	withheld.Withheld = waiting.HelpCenters
	for name, set := range map[string]*Set{"without its host": unserved(waiting, "b"), "refused by who resolves": withheld} {
		t.Run(name, func(t *testing.T) {
			r := Resolve(set)
			if got := r.Accounts[0]; got.SignUpHolder != "" || got.SignUp.Mode != SignUpInviteOnly {
				t.Fatalf("with nobody served that declares one: %+v", got)
			}
			for range 2 { // it stays so
				last := r.Established
				last.Hosts = nil
				if r = Resolve(account(last, nil, openPassword())); !cmp.Equal(r.Accounts[0], ResolvedAccount{"support", narrowed, "b"}) {
					t.Fatalf("who comes later gets %+v", r.Accounts[0])
				}
			}
			// Not to be served for a while is no way around that.
			gone := Resolve(unserved(account(r.Established, nil, openPassword()), "b")).Established
			gone.Hosts = nil
			if r := Resolve(account(gone, nil, openPassword())); !cmp.Equal(r.Accounts[0].SignUp, narrowed) {
				t.Errorf("back again it gets %+v", r.Accounts[0])
			}
			changed := openPassword()
			changed.Methods = append(changed.Methods, MethodEmailCode)
			if r := Resolve(account(gone, nil, changed)); !cmp.Equal(r.Accounts[0].SignUp, *changed) {
				t.Errorf("changed, it gets %+v", r.Accounts[0])
			}
		})
	}
}

// Who held it as it was declared, or was declared when nobody held it, was overruled
// by nobody.
//
// covers: S42
func TestSignUpThatWasNeverOverruledHolds(t *testing.T) {
	first := Resolve(account(Established{}, openPassword()))
	moved := Resolve(unserved(account(first.Established, openPassword()), "a"))
	moved.Established.Hosts = nil
	if r := Resolve(account(moved.Established, openPassword())); !cmp.Equal(r.Accounts[0].SignUp, *openPassword()) {
		t.Errorf("the holder is back, and gets %+v", r.Accounts[0])
	}
	none := Resolve(account(first.Established, nil))
	if _, kept := none.Established.SignUps["support"]; kept {
		t.Errorf("there is nothing to keep, and still %+v is", none.Established.SignUps)
	}
	if r := Resolve(account(none.Established, nil, openPassword())); !cmp.Equal(r.Accounts[0].SignUp, *openPassword()) {
		t.Errorf("one that is new gets %+v", r.Accounts[0])
	}
}

// Beyond MaxOverruled declarations none is forgotten, and what is kept stays small.
//
// covers: S42
func TestManyOverruled(t *testing.T) {
	for _, n := range []int{MaxOverruled, MaxOverruled + 1} {
		set := account(Established{}, invitedByCode())
		for i := range n {
			h := helpCenter(fmt.Sprintf("b%d", i), fmt.Sprintf("b%d.example", i))
			h.Spec.SignUp, h.Metadata.CreationTimestamp = openPassword(), time.Unix(int64(i+2), 0)
			set.HelpCenters = append(set.HelpCenters, h)
		}
		settled := Resolve(set).Established.SignUps["support"]
		if many := n > MaxOverruled; settled.AllOverruled != many || (len(settled.Overruled) == 0) != many {
			t.Fatalf("of %d: all %t, %d by name", n, settled.AllOverruled, len(settled.Overruled))
		}
		last := set.HelpCenters[n]
		set.HelpCenters, set.Withheld = nil, []HelpCenter{last}
		set.Established = Established{SignUps: map[string]EstablishedSignUp{"support": settled}}
		set.Established = Resolve(set).Established
		set.HelpCenters, set.Withheld = set.Withheld, nil
		if got := Resolve(set).Accounts[0].SignUp; got.Mode != SignUpInviteOnly {
			t.Errorf("of %d the last one gets %+v", n, got)
		}
	}
}

func TestNarrowerKeepsOnlyTheSameClients(t *testing.T) {
	provider := func(client string) []OIDC {
		return []OIDC{{Name: "id", Issuer: "https://id.example", ClientID: client}}
	}
	a := SignUp{Mode: SignUpOpen, Methods: []SignUpMethod{MethodOIDC}, OIDC: provider("one")}
	other := SignUp{Mode: SignUpOpen, Methods: []SignUpMethod{MethodOIDC}, OIDC: provider("two")}
	if diff := cmp.Diff(a, narrower(a, a)); diff != "" {
		t.Errorf("a and a (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(closed(), narrower(a, other)); diff != "" {
		t.Errorf("two clients (-want +got):\n%s", diff)
	}
}

// However help centers go, and are served or not for a while, as long as none that
// stays is edited, no sign-up is ever wider than the one before.
//
// covers: S26, S42
func TestDeletionsNeverWiden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var declared []*SignUp
		for range rapid.IntRange(1, 4).Draw(t, "help centers") {
			declared = append(declared, drawSignUp(t))
		}
		set := account(Established{}, declared...)
		r := Resolve(set)
		for len(set.HelpCenters) > 0 {
			before := r.Accounts[0].SignUp
			gone := rapid.IntRange(0, len(set.HelpCenters)-1).Draw(t, "gone")
			set.HelpCenters = slices.Delete(set.HelpCenters, gone, gone+1)
			set.Established = r.Established
			if r = Resolve(someWithheld(t, set)); len(r.Accounts) == 0 {
				return
			}
			after := r.Accounts[0].SignUp
			if wider(after, before) {
				t.Fatalf("from %+v to %+v", before, after)
			}
		}
	})
}

// someWithheld has some of those not served that do not hold the sign-up.
func someWithheld(t *rapid.T, set *Set) *Set {
	some := &Set{Established: set.Established}
	for _, h := range set.HelpCenters {
		if h.Metadata.Name != set.Established.SignUps["support"].Holder && rapid.Bool().Draw(t, "withheld") {
			some.Withheld = append(some.Withheld, h)
		} else {
			some.HelpCenters = append(some.HelpCenters, h)
		}
	}
	return some
}

func wider(a, b SignUp) bool {
	newMethod := slices.ContainsFunc(a.Methods, func(m SignUpMethod) bool { return !slices.Contains(b.Methods, m) })
	newProvider := slices.ContainsFunc(a.OIDC, func(o OIDC) bool {
		return !slices.ContainsFunc(b.OIDC, func(p OIDC) bool { return o.ClientID == p.ClientID })
	})
	return a.Mode == SignUpOpen && b.Mode == SignUpInviteOnly || newMethod || newProvider
}
