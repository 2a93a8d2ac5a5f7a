package config

import (
	"cmp"
	"fmt"
	"slices"
)

// Reason is the word for why something is as it is. Reasons are public API: they
// stand in the status of objects.
type Reason string

// The reasons of rulings and submissions.
const (
	ReasonAccepted           Reason = "Accepted"
	ReasonHostConflicted     Reason = "HostConflicted"
	ReasonAddressConflicted  Reason = "AddressConflicted"
	ReasonVisible            Reason = "Visible"
	ReasonSubmissionDisabled Reason = "SubmissionDisabled"
	ReasonNoPublishedForm    Reason = "NoPublishedForm"
	ReasonNoFormForVisitor   Reason = "NoFormForVisitor"
	ReasonApplied            Reason = "Applied"
	ReasonInherited          Reason = "Inherited"
	ReasonConflicted         Reason = "Conflicted"
)

// Resolved is what follows from a whole set: what each object comes to once all
// others are known. Its lists have the order of the set.
type Resolved struct {
	HelpCenters []ResolvedHelpCenter
	Mailboxes   []ResolvedMailbox
	Accounts    []ResolvedAccount // by namespace

	// Established is what this set has settled, to be given to the next one.
	Established Established
}

// Ruling says whether an object got what it claims.
type Ruling struct {
	OK      bool
	Reason  Reason
	Message string // for people; empty if there is nothing to say
}

// Submission says whether a help center shows the way to submit a request. If
// not, there is no button, no page, and a POST is refused.
type Submission struct {
	Visible bool
	Reason  Reason
	Message string // for people
}

// ResolvedHelpCenter is what a help center comes to.
type ResolvedHelpCenter struct {
	HelpCenter HelpCenter

	// Host says whether it holds its host. If not, nothing of it is served.
	Host Ruling
	// PortalOn says whether customers can follow their tickets here, and so whether
	// mail carries links to them.
	PortalOn bool
	// Connected counts the forms that name this help center, drafts too.
	Connected int
	// Forms are the published forms that name it, in the order of the page.
	Forms []TicketForm
	// Submission is for visitors in general; SubmissionFor is for one.
	Submission Submission
	// SignUp says whether what it declares about sign-up holds for the account.
	SignUp Ruling
}

// ResolvedMailbox is what a mailbox comes to.
type ResolvedMailbox struct {
	Mailbox Mailbox

	// Address says whether it holds its address. If not, it takes and sends no mail.
	Address Ruling
	// HelpCenter names the help center that tickets from this mailbox belong to: the
	// oldest one that names the mailbox. Empty if none does.
	HelpCenter string
}

// ResolvedAccount is what holds for a namespace.
type ResolvedAccount struct {
	Namespace string

	// SignUp is what holds for all help centers of the account, at its narrowest
	// (invitation only, no way to sign in) if none declares it.
	SignUp SignUp
	// SignUpHolder names the help center that declares it, "" if none does.
	SignUpHolder string
}

// Resolve computes what follows from a set with defaults. It is pure, and total:
// of a set that Validate does not accept, what claims the same is ruled on, and
// references that lead nowhere connect nothing.
//
// The forms in the set are taken for loaded. A reader that could not load one
// leaves it out, so that submission is never open without a form.
func Resolve(s *Set) *Resolved {
	hosts, addresses := s.hostHolders(), s.addressHolders()
	r := &Resolved{Established: Established{
		Hosts: hosts, Addresses: addresses, SignUps: map[string]EstablishedSignUp{},
	}}
	for _, h := range s.HelpCenters {
		r.HelpCenters = append(r.HelpCenters, resolveHelpCenter(s, h, hosts))
	}
	for _, m := range s.Mailboxes {
		r.Mailboxes = append(r.Mailboxes, resolveMailbox(r, m, addresses))
	}
	for _, namespace := range s.namespaces() {
		r.Accounts = append(r.Accounts, resolveAccount(s, r, namespace))
	}
	return r
}

func resolveHelpCenter(s *Set, h HelpCenter, hosts map[string]Key) ResolvedHelpCenter {
	key := h.Metadata.Key()
	resolved := ResolvedHelpCenter{HelpCenter: h, Host: Ruling{OK: true, Reason: ReasonAccepted}}
	if holder := hosts[HostKey(h.Spec.Host)]; holder != key {
		resolved.Host = Ruling{false, ReasonHostConflicted, fmt.Sprintf(
			"host %s is held by %s", h.Spec.Host, claimedBy(KindHelpCenter, holder, key))}
	}
	for _, f := range s.Forms {
		if f.Metadata.Namespace == key.Namespace && slices.Contains(f.Spec.HelpCenterRefs, LocalReference{key.Name}) {
			resolved.Connected++
			if f.Spec.Publication == Published {
				resolved.Forms = append(resolved.Forms, f)
			}
		}
	}
	slices.SortFunc(resolved.Forms, func(a, b TicketForm) int {
		return cmp.Or(cmp.Compare(a.Spec.Order, b.Spec.Order), cmp.Compare(a.Metadata.Name, b.Metadata.Name))
	})
	resolved.PortalOn = resolved.Host.OK && h.Spec.Portal.TicketSubmission == SubmissionEnabled
	resolved.Submission = resolved.submission()
	return resolved
}

// submission is the rule that everything around submitting hangs on: the switch
// is on, and there is at least one published form that is connected.
func (h *ResolvedHelpCenter) submission() Submission {
	switch {
	case !h.Host.OK:
		return Submission{false, ReasonHostConflicted, h.Host.Message}
	case !h.PortalOn:
		return Submission{false, ReasonSubmissionDisabled, "portal.ticketSubmission is Disabled"}
	case len(h.Forms) == 0 && h.Connected == 0:
		return Submission{false, ReasonNoPublishedForm, "no TicketForm is connected"}
	case len(h.Forms) == 0:
		return Submission{false, ReasonNoPublishedForm,
			fmt.Sprintf("no published TicketForm is connected (connected as drafts: %d)", h.Connected)}
	default:
		return Submission{true, ReasonVisible, fmt.Sprintf("published forms: %d", len(h.Forms))}
	}
}

// OfferedForm is a form as one visitor finds it.
type OfferedForm struct {
	Form   TicketForm
	Access Access // AccessGranted or AccessNeedsSignIn
}

// Offered returns the forms a visitor finds here, in the order of the page; none
// if submission is not visible.
func (h *ResolvedHelpCenter) Offered(visitor Visitor) []OfferedForm {
	if !h.Submission.Visible {
		return nil
	}
	var offered []OfferedForm
	for _, f := range h.Forms {
		if access := f.Spec.Access(h.HelpCenter.Spec.Portal.Submit, visitor); access != AccessNone {
			offered = append(offered, OfferedForm{f, access})
		}
	}
	return offered
}

// SubmissionFor says whether a visitor is shown the way to submit a request.
func (h *ResolvedHelpCenter) SubmissionFor(visitor Visitor) Submission {
	offered := len(h.Offered(visitor))
	switch {
	case !h.Submission.Visible || offered == len(h.Forms):
		return h.Submission
	case offered == 0 && visitor != Agent:
		return Submission{false, ReasonNoFormForVisitor, fmt.Sprintf("published forms: %d, all for agents alone", len(h.Forms))}
	default:
		return Submission{true, ReasonVisible, fmt.Sprintf("published forms: %d, and for agents alone: %d", offered, len(h.Forms)-offered)}
	}
}

func resolveMailbox(r *Resolved, m Mailbox, addresses map[string]Key) ResolvedMailbox {
	key := m.Metadata.Key()
	resolved := ResolvedMailbox{Mailbox: m, Address: Ruling{OK: true, Reason: ReasonAccepted}}
	if holder := addresses[AddressKey(m.Spec.Address)]; holder != key {
		resolved.Address = Ruling{false, ReasonAddressConflicted, fmt.Sprintf(
			"address %s is held by %s", m.Spec.Address, claimedBy(KindMailbox, holder, key))}
	}
	for _, h := range oldestFirst(r.served(key.Namespace)) {
		if h.Spec.MailboxRef.Name == key.Name {
			resolved.HelpCenter = h.Metadata.Name
			break
		}
	}
	return resolved
}

// resolveAccount settles the sign-up of an account and tells each of its help
// centers what became of its own.
func resolveAccount(s *Set, r *Resolved, namespace string) ResolvedAccount {
	declaring := slices.DeleteFunc(oldestFirst(r.served(namespace)), func(h HelpCenter) bool {
		return h.Spec.SignUp == nil
	})
	last, known := s.Established.SignUps[namespace]
	now, keep := settleSignUp(declaring, s.helpCentersOf(namespace), last, known)
	account := ResolvedAccount{Namespace: namespace, SignUp: closed()}
	if keep {
		account.SignUp, account.SignUpHolder = now.Applied, now.Holder
		r.Established.SignUps[namespace] = now
	}
	for i := range r.HelpCenters {
		if h := &r.HelpCenters[i]; h.HelpCenter.Metadata.Namespace == namespace {
			h.SignUp = h.signUpRuling(account)
		}
	}
	return account
}

func (h *ResolvedHelpCenter) signUpRuling(account ResolvedAccount) Ruling {
	own := h.HelpCenter.Spec.SignUp
	switch {
	case !h.Host.OK:
		return Ruling{false, ReasonHostConflicted, h.Host.Message}
	case own == nil && account.SignUpHolder == "":
		return Ruling{true, ReasonInherited, "no HelpCenter of the account declares signUp, so nobody can sign up or sign in"}
	case own == nil:
		return Ruling{true, ReasonInherited, fmt.Sprintf("HelpCenter %s declares signUp for the account", account.SignUpHolder)}
	case Hash(*own) == Hash(account.SignUp):
		return Ruling{true, ReasonApplied, ""}
	case account.SignUpHolder == h.HelpCenter.Metadata.Name:
		return Ruling{false, ReasonConflicted,
			"signUp is wider than that of the deleted HelpCenter it follows; change it once to make it hold"}
	default:
		return Ruling{false, ReasonConflicted, fmt.Sprintf(
			"signUp is account-wide, and HelpCenter %s holds it with other settings", account.SignUpHolder)}
	}
}

// served returns the help centers of an account that hold their host.
func (r *Resolved) served(namespace string) []HelpCenter {
	var served []HelpCenter
	for _, h := range r.HelpCenters {
		if h.Host.OK && h.HelpCenter.Metadata.Namespace == namespace {
			served = append(served, h.HelpCenter)
		}
	}
	return served
}

// helpCentersOf returns those of an account, also those that are withheld.
func (s *Set) helpCentersOf(namespace string) []HelpCenter {
	return slices.DeleteFunc(slices.Concat(s.HelpCenters, s.Withheld), func(h HelpCenter) bool { return h.Metadata.Namespace != namespace })
}

func oldestFirst(helpCenters []HelpCenter) []HelpCenter {
	age := func(h HelpCenter) claim {
		return claim{key: h.Metadata.Key(), created: h.Metadata.CreationTimestamp}
	}
	slices.SortFunc(helpCenters, func(a, b HelpCenter) int { return age(a).before(age(b)) })
	return helpCenters
}

// namespaces returns the accounts that have any object, sorted.
func (s *Set) namespaces() []string {
	var names []string
	for _, h := range slices.Concat(s.HelpCenters, s.Withheld) {
		names = append(names, h.Metadata.Namespace)
	}
	for _, f := range s.Forms {
		names = append(names, f.Metadata.Namespace)
	}
	for _, m := range s.Mailboxes {
		names = append(names, m.Metadata.Namespace)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
