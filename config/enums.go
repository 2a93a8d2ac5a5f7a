package config

// enumeration is implemented by every named string type with fixed values. The
// decoder and Validate name the allowed values from it, the first one being the
// default where there is one.
type enumeration interface{ values() []string }

// TicketSubmission switches the portal of a help center on or off.
// +kubebuilder:validation:Enum=Enabled;Disabled
type TicketSubmission string

// Values of TicketSubmission.
const (
	SubmissionEnabled  TicketSubmission = "Enabled"
	SubmissionDisabled TicketSubmission = "Disabled"
)

func (TicketSubmission) values() []string { return list(SubmissionEnabled, SubmissionDisabled) }

// SubmitAccess says who may submit requests.
// +kubebuilder:validation:Enum=Anyone;SignedIn
type SubmitAccess string

// Values of SubmitAccess.
const (
	SubmitAnyone   SubmitAccess = "Anyone"
	SubmitSignedIn SubmitAccess = "SignedIn"
)

func (SubmitAccess) values() []string { return list(SubmitAnyone, SubmitSignedIn) }

// ViewAccess says who may read a ticket in the portal.
// +kubebuilder:validation:Enum=AnyoneWithLink;SignedIn
type ViewAccess string

// Values of ViewAccess.
const (
	ViewAnyoneWithLink ViewAccess = "AnyoneWithLink"
	ViewSignedIn       ViewAccess = "SignedIn"
)

func (ViewAccess) values() []string { return list(ViewAnyoneWithLink, ViewSignedIn) }

// Collaborators says whether customers may add others to their ticket.
// +kubebuilder:validation:Enum=Allowed;NotAllowed
type Collaborators string

// Values of Collaborators.
const (
	CollaboratorsAllowed    Collaborators = "Allowed"
	CollaboratorsNotAllowed Collaborators = "NotAllowed"
)

func (Collaborators) values() []string { return list(CollaboratorsAllowed, CollaboratorsNotAllowed) }

// MailPurpose says on which occasion a mail is sent.
// +kubebuilder:validation:Enum=Acknowledgement;Confirmation;Reply;Update;Joined;Added;StatusChanged;Opened;PeopleChanged;NewLink;SignUp;Invitation;PasswordReset;SignInCode;SignInLink;AccountKnown;PasswordChanged;SignInAdded;SignInRemoved
type MailPurpose string

// Values of MailPurpose.
const (
	MailAcknowledgement MailPurpose = "Acknowledgement"
	MailConfirmation    MailPurpose = "Confirmation"
	MailReply           MailPurpose = "Reply"
	MailUpdate          MailPurpose = "Update"
	MailJoined          MailPurpose = "Joined"
	MailAdded           MailPurpose = "Added"
	MailStatusChanged   MailPurpose = "StatusChanged"
	MailOpened          MailPurpose = "Opened"
	MailPeopleChanged   MailPurpose = "PeopleChanged"
	MailNewLink         MailPurpose = "NewLink"
	MailSignUp          MailPurpose = "SignUp"
	MailInvitation      MailPurpose = "Invitation"
	MailPasswordReset   MailPurpose = "PasswordReset"
	MailSignInCode      MailPurpose = "SignInCode"
	MailSignInLink      MailPurpose = "SignInLink"
	MailAccountKnown    MailPurpose = "AccountKnown"
	MailPasswordChanged MailPurpose = "PasswordChanged"
	MailSignInAdded     MailPurpose = "SignInAdded"
	MailSignInRemoved   MailPurpose = "SignInRemoved"
)

func (MailPurpose) values() []string {
	return list(MailAcknowledgement, MailConfirmation, MailReply, MailUpdate, MailJoined, MailAdded, MailStatusChanged, MailOpened,
		MailPeopleChanged, MailNewLink, MailSignUp, MailInvitation, MailPasswordReset, MailSignInCode, MailSignInLink, MailAccountKnown,
		MailPasswordChanged, MailSignInAdded, MailSignInRemoved)
}

// SignUpMode says who may make a portal account.
// +kubebuilder:validation:Enum=Open;InviteOnly
type SignUpMode string

// Values of SignUpMode.
const (
	SignUpOpen       SignUpMode = "Open"
	SignUpInviteOnly SignUpMode = "InviteOnly"
)

func (SignUpMode) values() []string { return list(SignUpOpen, SignUpInviteOnly) }

// SignUpMethod is one way to sign up and to sign in.
// +kubebuilder:validation:Enum=Password;OIDC;EmailCode
type SignUpMethod string

// Values of SignUpMethod.
const (
	MethodPassword  SignUpMethod = "Password"
	MethodOIDC      SignUpMethod = "OIDC"
	MethodEmailCode SignUpMethod = "EmailCode"
)

func (SignUpMethod) values() []string { return list(MethodPassword, MethodOIDC, MethodEmailCode) }

// OIDCPreset is an OpenID Connect issuer that Postern knows by name.
// +kubebuilder:validation:Enum=Google
type OIDCPreset string

// Values of OIDCPreset.
const OIDCGoogle OIDCPreset = "Google"

func (OIDCPreset) values() []string { return list(OIDCGoogle) }

// TicketStatus is the state of a ticket.
// +kubebuilder:validation:Enum=Open;Pending;Resolved;Closed
type TicketStatus string

// Values of TicketStatus.
const (
	StatusOpen     TicketStatus = "Open"
	StatusPending  TicketStatus = "Pending"
	StatusResolved TicketStatus = "Resolved"
	StatusClosed   TicketStatus = "Closed"
)

func (TicketStatus) values() []string {
	return list(StatusOpen, StatusPending, StatusResolved, StatusClosed)
}

// AgentNames says how agents are named to customers.
// +kubebuilder:validation:Enum=FirstName;FullName;Hidden
type AgentNames string

// Values of AgentNames.
const (
	AgentFirstName AgentNames = "FirstName"
	AgentFullName  AgentNames = "FullName"
	AgentHidden    AgentNames = "Hidden"
)

func (AgentNames) values() []string { return list(AgentFirstName, AgentFullName, AgentHidden) }

// CustomFields says which answers of a form customers see on their ticket.
// +kubebuilder:validation:Enum=All;Listed;None
type CustomFields string

// Values of CustomFields.
const (
	CustomFieldsAll    CustomFields = "All"
	CustomFieldsListed CustomFields = "Listed"
	CustomFieldsNone   CustomFields = "None"
)

func (CustomFields) values() []string {
	return list(CustomFieldsAll, CustomFieldsListed, CustomFieldsNone)
}

// Publication says whether a form is offered to visitors.
// +kubebuilder:validation:Enum=Draft;Published
type Publication string

// Values of Publication.
const (
	Draft     Publication = "Draft"
	Published Publication = "Published"
)

func (Publication) values() []string { return list(Draft, Published) }

// Audience says to whom a form is offered.
// +kubebuilder:validation:Enum=Everyone;SignedIn;Agents
type Audience string

// Values of Audience.
const (
	AudienceEveryone Audience = "Everyone"
	AudienceSignedIn Audience = "SignedIn"
	AudienceAgents   Audience = "Agents"
)

func (Audience) values() []string { return list(AudienceEveryone, AudienceSignedIn, AudienceAgents) }

// SubjectMode says where the subject of a ticket comes from.
// +kubebuilder:validation:Enum=Ask;Fixed
type SubjectMode string

// Values of SubjectMode.
const (
	SubjectAsk   SubjectMode = "Ask"
	SubjectFixed SubjectMode = "Fixed"
)

func (SubjectMode) values() []string { return list(SubjectAsk, SubjectFixed) }

// FieldType says what a field asks for.
// +kubebuilder:validation:Enum=ShortText;LongText;Integer;Decimal;Date;Checkbox;Select;MultiSelect;Tree;Email;URL;Phone;File;Consent;Info;Hidden
type FieldType string

// Values of FieldType. The comment tells the Go type of a checked value, which
// is also its type in expressions (as string, int, double, bool or list).
const (
	ShortText   FieldType = "ShortText"   // one line of text; string
	LongText    FieldType = "LongText"    // several lines of text; string
	Integer     FieldType = "Integer"     // whole number; int64
	Decimal     FieldType = "Decimal"     // number with decimals; float64
	Date        FieldType = "Date"        // day of the calendar; string, 2006-01-02
	Checkbox    FieldType = "Checkbox"    // yes or no; bool
	Select      FieldType = "Select"      // one of the options; string
	MultiSelect FieldType = "MultiSelect" // some of the options; []string
	Tree        FieldType = "Tree"        // one leaf of nested options; string
	Email       FieldType = "Email"       // mail address; string
	URL         FieldType = "URL"         // http or https address; string
	Phone       FieldType = "Phone"       // telephone number; string
	File        FieldType = "File"        // uploads; []string, one reference each
	Consent     FieldType = "Consent"     // agreement to a text; bool
	Info        FieldType = "Info"        // a text to read; no value
	Hidden      FieldType = "Hidden"      // never shown, see Field.Prefill; string
)

func (FieldType) values() []string {
	return list(ShortText, LongText, Integer, Decimal, Date, Checkbox, Select, MultiSelect,
		Tree, Email, URL, Phone, File, Consent, Info, Hidden)
}

// Requirement says whether a field must be filled in.
// +kubebuilder:validation:Enum=Optional;Required
type Requirement string

// Values of Requirement.
const (
	Optional Requirement = "Optional"
	Required Requirement = "Required"
)

func (Requirement) values() []string { return list(Optional, Required) }

// Priority is how urgent a ticket is.
// +kubebuilder:validation:Enum=Low;Normal;High;Urgent
type Priority string

// Values of Priority.
const (
	PriorityLow    Priority = "Low"
	PriorityNormal Priority = "Normal"
	PriorityHigh   Priority = "High"
	PriorityUrgent Priority = "Urgent"
)

func (Priority) values() []string {
	return list(PriorityLow, PriorityNormal, PriorityHigh, PriorityUrgent)
}

// InboundType is how mail comes into a mailbox.
// +kubebuilder:validation:Enum=SMTP;IMAP
type InboundType string

// Values of InboundType. LMTP behind an MTA is SMTP here.
const (
	InboundSMTP InboundType = "SMTP"
	InboundIMAP InboundType = "IMAP"
)

func (InboundType) values() []string { return list(InboundSMTP, InboundIMAP) }

// IMAPStart says what is taken in when a mailbox is polled for the first time.
// +kubebuilder:validation:Enum=New;All;Since
type IMAPStart string

// Values of IMAPStart.
const (
	StartNew   IMAPStart = "New"
	StartAll   IMAPStart = "All"
	StartSince IMAPStart = "Since"
)

func (IMAPStart) values() []string { return list(StartNew, StartAll, StartSince) }

// IMAPAfterwards says what becomes of a mail at the server once it is taken in.
// +kubebuilder:validation:Enum=MarkSeen;Move;Leave;Delete
type IMAPAfterwards string

// Values of IMAPAfterwards.
const (
	AfterwardsMarkSeen IMAPAfterwards = "MarkSeen"
	AfterwardsMove     IMAPAfterwards = "Move"
	AfterwardsLeave    IMAPAfterwards = "Leave"
	AfterwardsDelete   IMAPAfterwards = "Delete"
)

func (IMAPAfterwards) values() []string {
	return list(AfterwardsMarkSeen, AfterwardsMove, AfterwardsLeave, AfterwardsDelete)
}

// TLSMode is how a connection to a mail server is encrypted: from the first
// byte, by STARTTLS (which must then succeed), or not at all.
// +kubebuilder:validation:Enum=Implicit;StartTLS;None
type TLSMode string

// Values of TLSMode.
const (
	TLSImplicit TLSMode = "Implicit"
	TLSStartTLS TLSMode = "StartTLS"
	TLSNone     TLSMode = "None"
)

func (TLSMode) values() []string { return list(TLSImplicit, TLSStartTLS, TLSNone) }

// NewTicketAccess says whose mail may open a ticket.
// +kubebuilder:validation:Enum=Anyone;Proven;Nobody
type NewTicketAccess string

// Values of NewTicketAccess.
const (
	NewTicketsAnyone NewTicketAccess = "Anyone"
	NewTicketsProven NewTicketAccess = "Proven"
	NewTicketsNobody NewTicketAccess = "Nobody"
)

func (NewTicketAccess) values() []string {
	return list(NewTicketsAnyone, NewTicketsProven, NewTicketsNobody)
}

// UnprovenReplies says when customers see an answer that nothing proves.
// +kubebuilder:validation:Enum=Hide;Show
type UnprovenReplies string

// Values of UnprovenReplies.
const (
	UnprovenHide UnprovenReplies = "Hide"
	UnprovenShow UnprovenReplies = "Show"
)

func (UnprovenReplies) values() []string { return list(UnprovenHide, UnprovenShow) }

// FailedProof says what becomes of mail that does not meet its domain's policy.
// +kubebuilder:validation:Enum=Hold;AsPublished
type FailedProof string

// Values of FailedProof.
const (
	FailedHold        FailedProof = "Hold"
	FailedAsPublished FailedProof = "AsPublished"
)

func (FailedProof) values() []string { return list(FailedHold, FailedAsPublished) }

// ChangedSubject says what becomes of an answer under another subject.
// +kubebuilder:validation:Enum=Append;Suggest;Fork
type ChangedSubject string

// Values of ChangedSubject.
const (
	ChangedAppend  ChangedSubject = "Append"
	ChangedSuggest ChangedSubject = "Suggest"
	ChangedFork    ChangedSubject = "Fork"
)

func (ChangedSubject) values() []string { return list(ChangedAppend, ChangedSuggest, ChangedFork) }

func list[E ~string](values ...E) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return texts
}
