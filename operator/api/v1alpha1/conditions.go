package v1alpha1

// The types of conditions. Those of a first group are there from the first look
// at an object on, whatever they say; Reconciling and Stalled only while they are
// true, as kstatus wants it.
const (
	// ConditionAccepted: the object is valid, and got the host name or address that
	// it claims.
	ConditionAccepted = "Accepted"
	// ConditionResolvedRefs: all that the object refers to is there and can be read.
	ConditionResolvedRefs = "ResolvedRefs"
	// ConditionProgrammed: every serving replica of the daemon serves exactly this.
	ConditionProgrammed = "Programmed"
	// ConditionReady: all three of the above.
	ConditionReady = "Ready"

	// ConditionSubmissionVisible of a help center: visitors are shown the way to
	// submit a request. That they are not is healthy.
	ConditionSubmissionVisible = "SubmissionVisible"
	// ConditionSignUpApplied of a help center: what it declares about sign-up holds
	// for the account.
	ConditionSignUpApplied = "SignUpApplied"
	// ConditionVisible of a form at a help center: visitors find it there.
	ConditionVisible = "Visible"
	// ConditionConnected of a mailbox that is polled: the last look went well.
	ConditionConnected = "Connected"

	// ConditionReconciling: something is under way and will end by itself.
	ConditionReconciling = "Reconciling"
	// ConditionStalled: nothing will change until somebody changes something.
	ConditionStalled = "Stalled"
)

// The reasons of conditions. The same word has the same cause in every kind.
const (
	// Of Accepted.
	ReasonAccepted          = "Accepted"          // it is valid, and holds what it claims
	ReasonHostConflicted    = "HostConflicted"    // another help center holds the host
	ReasonAddressConflicted = "AddressConflicted" // another mailbox holds the address
	ReasonInvalid           = "Invalid"           // by a rule that the API server does not know
	ReasonTooLarge          = "TooLarge"          // to be kept, or too many objects in the account

	// Of ResolvedRefs.
	ReasonResolvedRefs       = "ResolvedRefs"       // all is there and can be read
	ReasonHelpCenterNotFound = "HelpCenterNotFound" // there is no help center of a name that it refers to
	ReasonMailboxNotFound    = "MailboxNotFound"    // there is no mailbox of a name that it refers to
	ReasonSecretNotFound     = "SecretNotFound"     // there is no Secret of a name that it refers to
	ReasonSecretKeyNotFound  = "SecretKeyNotFound"  // the Secret has no such key
	ReasonSecretUnreadable   = "SecretUnreadable"   // the operator may not read it, or it is too large

	// Of Programmed.
	ReasonProgrammed       = "Programmed"       // every serving replica serves exactly this
	ReasonWithdrawn        = "Withdrawn"        // nothing is to be served, and no replica serves it
	ReasonPending          = "Pending"          // under way; of Accepted: the name is about to be given back
	ReasonRejected         = "Rejected"         // a replica cannot serve it
	ReasonNoReplicas       = "NoReplicas"       // no replica serves
	ReasonReplicaSilent    = "ReplicaSilent"    // a replica is ready and says nothing
	ReasonNotAccepted      = "NotAccepted"      // also of what is not looked at before it is accepted
	ReasonStoreUnavailable = "StoreUnavailable" // etcd does not answer the operator
	ReasonDeletionsHeld    = "DeletionsHeld"    // so much would vanish at once that somebody has to say so

	// Of Ready, besides those of what fails.
	ReasonReady    = "Ready"    // all is well
	ReasonDraft    = "Draft"    // also of Visible
	ReasonDisabled = "Disabled" // a help center whose portal is off

	// Of SubmissionVisible and Visible.
	ReasonFormsPublished     = "FormsPublished"     // at least one published form for visitors is connected and served
	ReasonVisible            = "Visible"            // visitors find the form
	ReasonNoPublishedForm    = "NoPublishedForm"    // no published form is connected
	ReasonNoFormForVisitor   = "NoFormForVisitor"   // all published forms are for agents alone
	ReasonSubmissionDisabled = "SubmissionDisabled" // ticketSubmission is Disabled
	ReasonNotProgrammed      = "NotProgrammed"      // not every serving replica serves it yet

	// Of SignUpApplied.
	ReasonApplied    = "Applied"    // what is declared here holds for the account
	ReasonInherited  = "Inherited"  // nothing is declared here; another help center's holds, or none
	ReasonConflicted = "Conflicted" // another help center declared it first, and differently

	// Of Connected.
	ReasonConnected            = "Connected"            // the last look went well
	ReasonAuthenticationFailed = "AuthenticationFailed" // the server does not take the sign-in
	ReasonUnreachable          = "Unreachable"          // the server does not answer, or breaks off
)

// Reasons are the reasons that each type of condition may have. Reconciling and
// Stalled have that of Ready.
var Reasons = map[string][]string{
	ConditionAccepted: {
		ReasonAccepted, ReasonHostConflicted, ReasonAddressConflicted, ReasonInvalid, ReasonTooLarge, ReasonPending,
		// Of a form at one help center.
		ReasonHelpCenterNotFound, ReasonNotAccepted,
	},
	ConditionResolvedRefs: {
		ReasonResolvedRefs, ReasonHelpCenterNotFound, ReasonMailboxNotFound, ReasonSecretNotFound,
		ReasonSecretKeyNotFound, ReasonSecretUnreadable, ReasonNotAccepted,
	},
	ConditionProgrammed: {
		ReasonProgrammed, ReasonWithdrawn, ReasonPending, ReasonRejected, ReasonNoReplicas, ReasonReplicaSilent,
		ReasonNotAccepted, ReasonStoreUnavailable, ReasonDeletionsHeld,
	},
	ConditionReady:       readyReasons,
	ConditionReconciling: readyReasons,
	ConditionStalled:     readyReasons,
	ConditionSubmissionVisible: {
		ReasonFormsPublished, ReasonNoPublishedForm, ReasonNoFormForVisitor, ReasonSubmissionDisabled, ReasonNotProgrammed,
	},
	ConditionSignUpApplied: {ReasonApplied, ReasonInherited, ReasonConflicted, ReasonNotProgrammed},
	ConditionVisible:       {ReasonVisible, ReasonDraft, ReasonSubmissionDisabled, ReasonNotProgrammed},
	ConditionConnected: {
		ReasonConnected, ReasonAuthenticationFailed, ReasonUnreachable, ReasonPending, ReasonNotAccepted,
	},
}

var readyReasons = []string{
	ReasonReady, ReasonDraft, ReasonDisabled,
	ReasonHostConflicted, ReasonAddressConflicted, ReasonInvalid, ReasonTooLarge,
	ReasonHelpCenterNotFound, ReasonMailboxNotFound, ReasonSecretNotFound, ReasonSecretKeyNotFound, ReasonSecretUnreadable,
	ReasonPending, ReasonRejected, ReasonNoReplicas, ReasonReplicaSilent, ReasonNotAccepted, ReasonStoreUnavailable, ReasonDeletionsHeld,
}
