package config

// Visitor is who looks at a help center.
type Visitor string

// The kinds of visitor.
const (
	Anonymous Visitor = "Anonymous" // not signed in
	Customer  Visitor = "Customer"  // signed in to the portal
	Agent     Visitor = "Agent"     // recognised as an agent
)

// Access is what becomes of a visitor who wants to submit.
type Access string

// What becomes of a visitor who wants to submit.
const (
	AccessGranted     Access = "Granted"
	AccessNeedsSignIn Access = "NeedsSignIn" // shown, and leads to sign-in and back
	AccessNone        Access = "None"        // as if there were no such thing
)

// Access tells what becomes of a visitor who wants to submit this form in a
// portal that is open to submit. It looks at the form alone: whether the portal
// is on and the form connected is settled by [Resolve].
func (s TicketFormSpec) Access(submit SubmitAccess, visitor Visitor) Access {
	switch {
	case s.Publication != Published:
		return AccessNone
	case s.Audience == AudienceAgents && visitor != Agent:
		return AccessNone
	case visitor == Customer, visitor == Agent:
		return AccessGranted
	case visitor != Anonymous:
		return AccessNone // no visitor that is known here
	case submit == SubmitAnyone && s.Audience == AudienceEveryone:
		return AccessGranted
	default:
		return AccessNeedsSignIn
	}
}
