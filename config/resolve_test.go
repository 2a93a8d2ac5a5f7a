package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// submissionTable is the whole truth about who finds what: the switch, the state
// of the one form, the portal's submit setting, and what each visitor comes to.
// "granted" and "sign-in" show the way to submit; every other word is the reason
// for which there is none.
const submissionTable = `
switch   form           submit   | Anonymous          Customer           Agent
Enabled  none           Anyone   | NoPublishedForm    NoPublishedForm    NoPublishedForm
Enabled  none           SignedIn | NoPublishedForm    NoPublishedForm    NoPublishedForm
Enabled  draft          Anyone   | NoPublishedForm    NoPublishedForm    NoPublishedForm
Enabled  draft          SignedIn | NoPublishedForm    NoPublishedForm    NoPublishedForm
Enabled  unconnected    Anyone   | NoPublishedForm    NoPublishedForm    NoPublishedForm
Enabled  unconnected    SignedIn | NoPublishedForm    NoPublishedForm    NoPublishedForm
Enabled  elsewhere      Anyone   | NoPublishedForm    NoPublishedForm    NoPublishedForm
Enabled  elsewhere      SignedIn | NoPublishedForm    NoPublishedForm    NoPublishedForm
Enabled  for-everyone   Anyone   | granted            granted            granted
Enabled  for-everyone   SignedIn | sign-in            granted            granted
Enabled  for-signed-in  Anyone   | sign-in            granted            granted
Enabled  for-signed-in  SignedIn | sign-in            granted            granted
Enabled  for-agents     Anyone   | NoFormForVisitor   NoFormForVisitor   granted
Enabled  for-agents     SignedIn | NoFormForVisitor   NoFormForVisitor   granted
Disabled none           Anyone   | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled none           SignedIn | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled draft          Anyone   | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled draft          SignedIn | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled unconnected    Anyone   | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled unconnected    SignedIn | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled elsewhere      Anyone   | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled elsewhere      SignedIn | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled for-everyone   Anyone   | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled for-everyone   SignedIn | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled for-signed-in  Anyone   | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled for-signed-in  SignedIn | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled for-agents     Anyone   | SubmissionDisabled SubmissionDisabled SubmissionDisabled
Disabled for-agents     SignedIn | SubmissionDisabled SubmissionDisabled SubmissionDisabled
`

// covers: S15, S17, S18, S41, S19, S20, S33, S43
func TestSubmissionTruthTable(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(submissionTable), "\n")[1:]
	if want := 2 * 7 * 2; len(rows) != want {
		t.Fatalf("the table has %d rows, want %d", len(rows), want)
	}
	for _, row := range rows {
		left, right, _ := strings.Cut(row, "|")
		in, want := strings.Fields(left), strings.Fields(right)
		t.Run(strings.Join(in, " "), func(t *testing.T) {
			set := portalWith(TicketSubmission(in[0]), in[1], SubmitAccess(in[2]))
			if problems := set.Validate(); len(problems) > 0 {
				t.Fatal(problems)
			}
			acme := resolved(t, Resolve(set), "acme")
			for i, visitor := range []Visitor{Anonymous, Customer, Agent} {
				if got := outcome(acme, visitor); got != want[i] {
					t.Errorf("%s: got %s, want %s", visitor, got, want[i])
				}
			}
			if acme.PortalOn != (in[0] == "Enabled") {
				t.Errorf("the portal is on: %t; the forms must not decide that", acme.PortalOn)
			}
			if acme.Submission.Message == "" {
				t.Error("no message")
			}
		})
	}
}

// outcome tells what a visitor comes to, and holds the two ways to ask together.
func outcome(h *ResolvedHelpCenter, visitor Visitor) string {
	submission, offered := h.SubmissionFor(visitor), h.Offered(visitor)
	switch {
	case submission.Visible != (len(offered) > 0), submission.Visible != (submission.Reason == ReasonVisible):
		return fmt.Sprintf("contradiction: %+v and %d forms", submission, len(offered))
	case !submission.Visible:
		return string(submission.Reason)
	case offered[0].Access == AccessGranted:
		return "granted"
	case offered[0].Access == AccessNeedsSignIn:
		return "sign-in"
	default:
		return string(offered[0].Access)
	}
}

// portalWith is a help center acme with one form, or none.
func portalWith(submission TicketSubmission, form string, submit SubmitAccess) *Set {
	set := &Set{
		HelpCenters: []HelpCenter{helpCenter("acme", "help.acme.example"), helpCenter("beta", "help.beta.example")},
		Mailboxes:   []Mailbox{mailbox("support", "support@acme.example")},
	}
	set.HelpCenters[0].Spec.Portal.TicketSubmission = submission
	set.HelpCenters[0].Spec.Portal.Submit = submit
	f := ticketForm("contact", "acme")
	switch form {
	case "none":
		set.SetDefaults()
		return set
	case "draft":
		f.Spec.Publication = Draft
	case "unconnected":
		f.Spec.HelpCenterRefs = nil
	case "elsewhere":
		f.Spec.HelpCenterRefs = []LocalReference{{"beta"}}
	case "for-signed-in":
		f.Spec.Audience = AudienceSignedIn
	case "for-agents":
		f.Spec.Audience = AudienceAgents
	}
	set.Forms = []TicketForm{f}
	set.SetDefaults()
	return set
}

// covers: S18, S41
func TestAccessOfADraftAndOfAStranger(t *testing.T) {
	form := ticketForm("contact", "acme").Spec
	form.SetDefaults()
	if got := form.Access(SubmitAnyone, Visitor("Robot")); got != AccessNone {
		t.Errorf("an unknown kind of visitor: %s", got)
	}
	form.Publication = Draft
	for _, visitor := range []Visitor{Anonymous, Customer, Agent} {
		if got := form.Access(SubmitAnyone, visitor); got != AccessNone {
			t.Errorf("%s finds a draft: %s", visitor, got)
		}
	}
}

// covers: S32, S43
func TestFormsOfEachHelpCenterInOrder(t *testing.T) {
	set := mustRead(t, `
	apiVersion: postern.dev/v1alpha1
	kind: HelpCenter
	metadata: {name: acme}
	spec: {displayName: A, host: a.example, mailboxRef: {name: support}, portal: {ticketSubmission: Enabled}}
	---
	apiVersion: postern.dev/v1alpha1
	kind: HelpCenter
	metadata: {name: beta}
	spec: {displayName: B, host: b.example, mailboxRef: {name: support}, portal: {ticketSubmission: Enabled, submit: SignedIn}}
	---
	apiVersion: postern.dev/v1alpha1
	kind: TicketForm
	metadata: {name: z-first}
	spec: {title: {default: Z}, publication: Published, order: -1, helpCenterRefs: [{name: acme}]}
	---
	apiVersion: postern.dev/v1alpha1
	kind: TicketForm
	metadata: {name: b}
	spec: {title: {default: B}, publication: Published, helpCenterRefs: [{name: acme}, {name: beta}]}
	---
	apiVersion: postern.dev/v1alpha1
	kind: TicketForm
	metadata: {name: a}
	spec: {title: {default: A}, publication: Published, helpCenterRefs: [{name: acme}]}
	---
	apiVersion: postern.dev/v1alpha1
	kind: TicketForm
	metadata: {name: draft}
	spec: {title: {default: D}, helpCenterRefs: [{name: beta}]}
	---
	apiVersion: postern.dev/v1alpha1
	kind: Mailbox
	metadata: {name: support}
	spec: {address: support@a.example, inbound: {type: SMTP}}
	`)
	r := Resolve(set)
	for _, tt := range []struct {
		name      string
		connected int
		message   string
		want      []string
	}{
		{"acme", 3, "published forms: 3", []string{"z-first", "a", "b"}},
		{"beta", 2, "published forms: 1", []string{"b"}},
	} {
		h := resolved(t, r, tt.name)
		if diff := cmp.Diff(tt.want, texts(h.Forms, func(f TicketForm) string { return f.Metadata.Name })); diff != "" {
			t.Errorf("%s: forms (-want +got):\n%s", tt.name, diff)
		}
		if h.Connected != tt.connected || h.Submission.Message != tt.message {
			t.Errorf("%s: %d connected, %q", tt.name, h.Connected, h.Submission.Message)
		}
	}
}

// covers: S18, S41
func TestNoPublishedFormSaysWhy(t *testing.T) {
	for _, tt := range []struct{ form, want string }{
		{"none", "no TicketForm is connected"},
		{"elsewhere", "no TicketForm is connected"},
		{"draft", "no published TicketForm is connected (connected as drafts: 1)"},
	} {
		got := resolved(t, Resolve(portalWith(SubmissionEnabled, tt.form, SubmitAnyone)), "acme").Submission
		if got.Message != tt.want {
			t.Errorf("%s: %q, want %q", tt.form, got.Message, tt.want)
		}
	}
}

// covers: S43
func TestLoserOfAHostIsNotServed(t *testing.T) {
	set := &Set{
		HelpCenters: []HelpCenter{helpCenter("acme", "help.acme.example"), helpCenter("beta", "help.acme.example")},
		Forms:       []TicketForm{ticketForm("contact", "beta")},
		Mailboxes:   []Mailbox{mailbox("support", "support@acme.example"), mailbox("zupport", "SUPPORT@acme.example")},
	}
	foreign := helpCenter("own", "help.acme.example")
	foreign.Metadata.Namespace = "two"
	set.HelpCenters = append(set.HelpCenters, foreign)
	set.HelpCenters[1].Spec.SignUp = &SignUp{Mode: SignUpOpen, Methods: []SignUpMethod{MethodPassword}}
	set.SetDefaults()

	r := Resolve(set)
	beta := resolved(t, r, "beta")
	want := Ruling{false, ReasonHostConflicted, "host help.acme.example is held by HelpCenter support/acme"}
	if beta.Host != want || beta.PortalOn || beta.Submission.Visible || beta.SignUp.OK {
		t.Errorf("the loser is served: %+v", beta)
	}
	if own := resolved(t, r, "own"); strings.Contains(own.Host.Message, "support") {
		t.Errorf("another account is told of: %s", own.Host.Message)
	}
	if r.Accounts[0].SignUp.Mode != SignUpInviteOnly {
		t.Errorf("the sign-up of a help center that is not served holds: %+v", r.Accounts)
	}
	if first, second := r.Mailboxes[0], r.Mailboxes[1]; !first.Address.OK || second.Address.Reason != ReasonAddressConflicted {
		t.Errorf("addresses that differ by case: %+v %+v", first.Address, second.Address)
	}
}

// A port makes no other host: whoever asks for the one is served by the other.
//
// covers: K03
func TestHostIsHeldWithoutItsPort(t *testing.T) {
	for _, tt := range []struct{ name, holds, wants string }{
		{"a port", "help.acme.example", "help.acme.example:8443"},
		{"no port", "help.acme.example:8443", "help.acme.example"},
		{"another port", "help.acme.example:8443", "help.acme.example:9443"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			holder, rival := helpCenter("holder", tt.holds), helpCenter("aardvark", tt.wants)
			rival.Metadata.Namespace = "attacker" // before the holder by its name
			set := &Set{HelpCenters: []HelpCenter{holder}, Mailboxes: []Mailbox{mailbox("support", "support@acme.example")}}
			set.SetDefaults()
			established := Resolve(set).Established
			set.HelpCenters = append(set.HelpCenters, rival)
			set.Established = established
			set.SetDefaults()
			r := Resolve(set)
			if !resolved(t, r, "holder").Host.OK || resolved(t, r, "aardvark").Host.OK {
				t.Error("a port took the host over")
			}
			if err := set.Validate().Err(); err == nil || !strings.Contains(err.Error(), `"`+tt.wants+`" is held by an object of another account`) {
				t.Errorf("error = %v, want one about the host", err)
			}
		})
	}
}

func TestHostKey(t *testing.T) {
	for host, want := range map[string]string{
		"help.acme.example": "help.acme.example", "HELP.acme.example:8443": "help.acme.example", "one.example.:80": "one.example",
		"[::1]:8080": "[::1]", "[::1]": "[::1]", "\u212aelp.example": "\u212aelp.example", "": "",
	} {
		if got := HostKey(host); got != want {
			t.Errorf("%q is %q, want %q", host, got, want)
		}
	}
}

func TestEstablishedClaimStands(t *testing.T) {
	set := &Set{
		HelpCenters: []HelpCenter{helpCenter("older", "help.acme.example"), helpCenter("holder", "help.acme.example")},
		Mailboxes:   []Mailbox{mailbox("support", "support@acme.example")},
	}
	set.HelpCenters[0].Metadata.CreationTimestamp = time.Unix(1, 0)
	set.HelpCenters[1].Metadata.CreationTimestamp = time.Unix(2, 0)
	set.Established.Hosts = map[string]Key{"help.acme.example": {"support", "holder"}}
	set.SetDefaults()
	r := Resolve(set)
	if !resolved(t, r, "holder").Host.OK || resolved(t, r, "older").Host.OK {
		t.Error("the established claim did not stand")
	}

	// What is established is of no use to a name that is gone.
	set.HelpCenters = set.HelpCenters[:1]
	set.Established = r.Established
	if r = Resolve(set); !resolved(t, r, "older").Host.OK {
		t.Error("the remaining claim was not taken")
	}
	if r.Established.Hosts["help.acme.example"].Name != "older" {
		t.Errorf("established: %v", r.Established.Hosts)
	}
}

func TestOldestClaimFirst(t *testing.T) {
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0) }
	for _, tt := range []struct {
		name string
		a, b claim
		want string
	}{
		{"older", claim{"x", Key{"z", "z"}, at(1)}, claim{"x", Key{"a", "a"}, at(2)}, "z/z"},
		{"same age", claim{"x", Key{"a", "b"}, at(1)}, claim{"x", Key{"a", "a"}, at(1)}, "a/a"},
		{"namespace before name", claim{"x", Key{"b", "a"}, at(1)}, claim{"x", Key{"a", "b"}, at(1)}, "a/b"},
		{"one without a time", claim{"x", Key{"a", "a"}, time.Time{}}, claim{"x", Key{"b", "b"}, at(1)}, "b/b"},
		{"none has a time", claim{"x", Key{"b", "b"}, time.Time{}}, claim{"x", Key{"a", "a"}, time.Time{}}, "a/a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, claims := range [][]claim{{tt.a, tt.b}, {tt.b, tt.a}} {
				if got := settle(claims, nil)["x"].String(); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
			}
		})
	}
}

func TestMailboxBelongsToItsOldestHelpCenter(t *testing.T) {
	set := &Set{
		HelpCenters: []HelpCenter{helpCenter("acme", "a.example"), helpCenter("beta", "b.example")},
		Mailboxes:   []Mailbox{mailbox("orphan", "orphan@acme.example"), mailbox("support", "support@acme.example")},
	}
	set.HelpCenters[0].Metadata.CreationTimestamp = time.Unix(2, 0)
	set.HelpCenters[1].Metadata.CreationTimestamp = time.Unix(1, 0)
	set.SetDefaults()
	r := Resolve(set)
	if got := r.Mailboxes[0].HelpCenter; got != "" {
		t.Errorf("a mailbox nobody names belongs to %q", got)
	}
	if got := r.Mailboxes[1].HelpCenter; got != "beta" {
		t.Errorf("the mailbox belongs to %q, want the older help center", got)
	}
}

// Whatever order objects come in, the same set resolves to the same thing, and
// every name has exactly one holder.
func TestResolveIsIndependentOfOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := drawSet(t)
		first := Resolve(set)
		set.HelpCenters = rapid.Permutation(set.HelpCenters).Draw(t, "help centers")
		set.Forms = rapid.Permutation(set.Forms).Draw(t, "forms")
		second := Resolve(set)
		slices.SortFunc(second.HelpCenters, func(a, b ResolvedHelpCenter) int {
			return a.HelpCenter.Metadata.Key().Compare(b.HelpCenter.Metadata.Key())
		})
		if diff := cmp.Diff(first, second, ignoreOrigin); diff != "" {
			t.Fatalf("(-first +second):\n%s", diff)
		}
		holders := map[string]int{}
		for _, h := range first.HelpCenters {
			if h.Host.OK {
				holders[HostKey(h.HelpCenter.Spec.Host)]++
			}
		}
		for _, h := range first.HelpCenters {
			if host := HostKey(h.HelpCenter.Spec.Host); holders[host] != 1 {
				t.Fatalf("%s has %d holders", host, holders[host])
			}
		}
	})
}

// drawSet draws a sorted set with conflicts of all kinds.
func drawSet(t *rapid.T) *Set {
	set := &Set{Mailboxes: []Mailbox{mailbox("support", "support@acme.example")}}
	keys := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Key {
		return Key{rapid.SampledFrom([]string{"one", "two"}).Draw(t, "namespace"), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name")}
	}), 0, 6, rapid.ID).Draw(t, "keys")
	slices.SortFunc(keys, Key.Compare)
	for _, key := range keys {
		h := helpCenter(key.Name, rapid.SampledFrom([]string{"a.example", "a.example:8443", "b.example"}).Draw(t, "host"))
		h.Metadata.Namespace = key.Namespace
		h.Metadata.CreationTimestamp = time.Unix(rapid.Int64Range(0, 3).Draw(t, "created"), 0)
		h.Spec.Portal.TicketSubmission = rapid.SampledFrom([]TicketSubmission{SubmissionEnabled, SubmissionDisabled}).Draw(t, "switch")
		if rapid.Bool().Draw(t, "declares") {
			h.Spec.SignUp = drawSignUp(t)
		}
		set.HelpCenters = append(set.HelpCenters, h)
		f := ticketForm(key.Name, rapid.SampledFrom([]string{"a", "b"}).Draw(t, "connected"))
		f.Metadata.Namespace = key.Namespace
		f.Spec.Publication = rapid.SampledFrom([]Publication{Draft, Published}).Draw(t, "publication")
		set.Forms = append(set.Forms, f)
	}
	set.SetDefaults()
	return set
}

func drawSignUp(t *rapid.T) *SignUp {
	s := &SignUp{Mode: rapid.SampledFrom([]SignUpMode{SignUpOpen, SignUpInviteOnly}).Draw(t, "mode")}
	s.Methods = rapid.SliceOfNDistinct(rapid.SampledFrom([]SignUpMethod{MethodPassword, MethodEmailCode, MethodOIDC}), 1, 3, rapid.ID).Draw(t, "methods")
	if slices.Contains(s.Methods, MethodOIDC) {
		client := rapid.SampledFrom([]string{"one", "two"}).Draw(t, "client")
		s.OIDC = []OIDC{{Name: "id", Issuer: "https://id.example", ClientID: client, ClientSecretRef: SecretReference{Name: "id"}}}
	}
	return s
}

var ignoreOrigin = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".origin" }, cmp.Ignore())

func helpCenter(name, host string) HelpCenter {
	return HelpCenter{Metadata: Metadata{Name: name, Namespace: "support"}, Spec: aHelpCenter(host)}
}

func ticketForm(name, connected string) TicketForm {
	return TicketForm{Metadata: Metadata{Name: name, Namespace: "support"}, Spec: TicketFormSpec{
		Title: LocalizedText{Default: name}, Publication: Published, HelpCenterRefs: []LocalReference{{connected}},
	}}
}

func mailbox(name, address string) Mailbox {
	return Mailbox{Metadata: Metadata{Name: name, Namespace: "support"}, Spec: aMailbox(address)}
}

func resolved(t *testing.T, r *Resolved, name string) *ResolvedHelpCenter {
	t.Helper()
	for i := range r.HelpCenters {
		if r.HelpCenters[i].HelpCenter.Metadata.Name == name {
			return &r.HelpCenters[i]
		}
	}
	t.Fatalf("no help center %s", name)
	return nil
}
