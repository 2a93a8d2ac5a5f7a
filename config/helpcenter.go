package config

import "slices"

// HelpCenterSpec declares a help center: a host name with a brand and a portal.
// +kubebuilder:object:generate=true
type HelpCenterSpec struct {
	// displayName is the name of the help center on its pages and in its mail.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	DisplayName string `json:"displayName"`

	// host is the host name the help center answers at, in lower case; a port
	// may follow (localhost:8080). Links in mail are built from it alone. One
	// help center holds a host, whatever the port; later ones are refused.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=259
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:[1-9][0-9]{0,4})?$') && self.split(':')[0].size() <= 253 && (!self.contains(':') || int(self.split(':')[1]) <= 65535)",message="must be a host name in lower case, such as help.acme.example; a port may follow, https:// and a path may not"
	Host string `json:"host"`

	// mailboxRef names the mailbox from which tickets born in this portal are
	// answered. Tickets that come in by that mailbox belong to this help center.
	// +required
	MailboxRef LocalReference `json:"mailboxRef"`

	// portal switches the customer portal and says who may do what in it.
	// +required
	Portal Portal `json:"portal"`

	// signUp says how customers get a portal account. It holds for the whole
	// account (namespace): the first help center that declares it holds it, and a
	// different one elsewhere is not applied. Unset: another help center's, and
	// where none declares it nobody can sign up or sign in.
	// +optional
	SignUp *SignUp `json:"signUp,omitempty"`

	// agents says how agents sign in to the console of this help center, beside a
	// password.
	// +optional
	Agents Agents `json:"agents,omitzero"`

	// locales are the languages of the portal.
	// +optional
	Locales Locales `json:"locales,omitzero"`

	// appearance is colour and words.
	// +optional
	Appearance Appearance `json:"appearance,omitzero"`

	// customerView says what customers see of their tickets. Internal notes are
	// never shown, whatever stands here.
	// +optional
	CustomerView CustomerView `json:"customerView,omitzero"`

	// mail is what mails to customers say.
	// +optional
	Mail Mail `json:"mail,omitzero"`
}

// Portal is the place where customers submit and follow requests.
// +kubebuilder:object:generate=true
type Portal struct {
	// ticketSubmission switches submitting and viewing on. Submitting stays
	// hidden until a published form is connected. Mail works either way.
	// +required
	TicketSubmission TicketSubmission `json:"ticketSubmission"`

	// submit says who may submit: Anyone (the page asks for name and address) or
	// SignedIn. Default Anyone.
	// +optional
	// +kubebuilder:default=Anyone
	Submit SubmitAccess `json:"submit,omitempty"`

	// view says who may read a ticket: AnyoneWithLink (the personal link in a
	// mail opens it, read-only) or SignedIn. Default AnyoneWithLink.
	// +optional
	// +kubebuilder:default=AnyoneWithLink
	View ViewAccess `json:"view,omitempty"`

	// linkLifetimeDays is how long a link in a mail opens its ticket. Default 30.
	// +optional
	// +kubebuilder:default=30
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=365
	LinkLifetimeDays int32 `json:"linkLifetimeDays,omitempty"`

	// collaborators says whether customers may add others to their ticket.
	// Default Allowed.
	// +optional
	// +kubebuilder:default=Allowed
	Collaborators Collaborators `json:"collaborators,omitempty"`
}

// SignUp says how customers get a portal account.
// +kubebuilder:validation:XValidation:rule="(has(self.methods) && self.methods.size() > 0) || self.mode == 'InviteOnly'",message="may be empty only if mode is InviteOnly; with mode Open name at least one of Password, OIDC, EmailCode",fieldPath=".methods"
// +kubebuilder:validation:XValidation:rule="(has(self.methods) && 'OIDC' in self.methods) == (has(self.oidc) && self.oidc.size() > 0)",message="must be set if and only if methods has OIDC",fieldPath=".oidc"
// +kubebuilder:object:generate=true
type SignUp struct {
	// mode Open lets everybody sign up; InviteOnly only whom an agent has sent an
	// activation link.
	// +required
	Mode SignUpMode `json:"mode"`

	// methods are the ways to sign up and sign in. InviteOnly without a method
	// closes the portal to sign-in.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=3
	Methods []SignUpMethod `json:"methods,omitempty"`

	// oidc are the OpenID Connect issuers, in the order of their buttons.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=8
	OIDC []OIDC `json:"oidc,omitempty"`
}

// OIDC is an OpenID Connect issuer customers may sign in with.
// +kubebuilder:validation:XValidation:rule="(has(self.issuer) && self.issuer.size() > 0) || has(self.preset)",message="issuer or preset is required"
// +kubebuilder:object:generate=true
type OIDC struct {
	// name is part of the redirect address that is registered with the issuer.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	Name string `json:"name"`

	// preset fills in issuer and button for a well-known issuer.
	// +optional
	Preset OIDCPreset `json:"preset,omitempty"`

	// issuer is the issuer's https address, exactly as the issuer writes it itself.
	// Only one on the same machine (localhost, 127.0.0.1, [::1]) may be at http:
	// what is said to it reaches no network. The daemon asks it only if it is public,
	// or in a network that --issuer-network names. Default: that of the preset.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.size() == 0 || self.matches('^(https://[^/?#@ ]+|http://(localhost|127[.]0[.]0[.]1|[[]::1[]])(:[0-9]+)?)([/?][^# ]*)?$')",message="must be an address such as https://id.acme.example, without a user name and without #; http is for localhost, 127.0.0.1 and [::1] alone"
	Issuer string `json:"issuer,omitempty"`

	// displayName is the name on the button. Default: the preset's, else name.
	// +optional
	// +kubebuilder:validation:MaxLength=200
	DisplayName string `json:"displayName,omitempty"`

	// clientID is the client the issuer knows Postern as.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	ClientID string `json:"clientID"`

	// clientSecretRef is the secret of that client; key defaults to client-secret.
	// +required
	ClientSecretRef SecretReference `json:"clientSecretRef"`
}

// Locales are the languages of a portal.
// +kubebuilder:validation:XValidation:rule="!has(self.default) || !has(self.supported) || self.supported.size() == 0 || self.default in self.supported",message="must have the default; without one that is en",fieldPath=".supported"
// +kubebuilder:object:generate=true
type Locales struct {
	// default is the language for visitors whose own is not supported. Default en.
	// +optional
	// +kubebuilder:default=en
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:Pattern=`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`
	Default string `json:"default,omitempty"`

	// supported are the languages offered, the default among them. Default: the
	// default alone.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=16
	// +kubebuilder:validation:items:Pattern=`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`
	Supported []string `json:"supported,omitempty"`
}

// Appearance is colour and words of a help center.
// +kubebuilder:object:generate=true
type Appearance struct {
	// color is the accent colour as #rrggbb. Pages correct it where text on it
	// would be hard to read. Default #0a7a5c.
	// +optional
	// +kubebuilder:default="#0a7a5c"
	// +kubebuilder:validation:MaxLength=7
	// +kubebuilder:validation:Pattern=`^#[0-9a-fA-F]{6}$`
	Color string `json:"color,omitempty"`

	// ticketSubmission are the words around submitting a request.
	// +optional
	TicketSubmission SubmissionWords `json:"ticketSubmission,omitzero"`
}

// SubmissionWords are the words around submitting a request. What is unset is
// said in Postern's own words, in the visitor's language.
// +kubebuilder:object:generate=true
type SubmissionWords struct {
	// buttonLabel is the button in the top navigation, up to 200 characters.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.default.size() <= 200 && (!has(self.translations) || self.translations.all(t, t.text.size() <= 200))",message="must have at most 200 characters in each language"
	ButtonLabel *LocalizedText `json:"buttonLabel,omitempty"`

	// pageTitle is the title of the submission page, up to 200 characters.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.default.size() <= 200 && (!has(self.translations) || self.translations.all(t, t.text.size() <= 200))",message="must have at most 200 characters in each language"
	PageTitle *LocalizedText `json:"pageTitle,omitempty"`

	// formSelectorLabel stands over the choice of form, up to 200 characters; with
	// one form there is no choice.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.default.size() <= 200 && (!has(self.translations) || self.translations.all(t, t.text.size() <= 200))",message="must have at most 200 characters in each language"
	FormSelectorLabel *LocalizedText `json:"formSelectorLabel,omitempty"`
}

// CustomerView says what customers see of their tickets.
// +kubebuilder:validation:XValidation:rule="(has(self.customFields) && self.customFields == 'Listed') == (has(self.listedFields) && self.listedFields.size() > 0)",message="must be set if and only if customFields is Listed",fieldPath=".listedFields"
// +kubebuilder:object:generate=true
type CustomerView struct {
	// statusLabels are the customers' words for a status. A status without a
	// label is named in Postern's own words, in the visitor's language.
	// +optional
	// +listType=map
	// +listMapKey=status
	// +kubebuilder:validation:MaxItems=4
	StatusLabels []StatusLabel `json:"statusLabels,omitempty"`

	// agentNames says how agents are named: FirstName, FullName, or Hidden (the
	// help center's name stands instead). Default FirstName.
	// +optional
	// +kubebuilder:default=FirstName
	AgentNames AgentNames `json:"agentNames,omitempty"`

	// customFields says which answers of a form customers see on their ticket:
	// All, those Listed in listedFields, or None. Default All.
	// +optional
	// +kubebuilder:default=All
	CustomFields CustomFields `json:"customFields,omitempty"`

	// listedFields are field names; only with customFields Listed.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z][a-zA-Z0-9_]{0,62}$`
	ListedFields []string `json:"listedFields,omitempty"`
}

// StatusLabel is the customers' word for a status.
// +kubebuilder:object:generate=true
type StatusLabel struct {
	// status that is named.
	// +required
	Status TicketStatus `json:"status"`

	// label is what customers read, up to 200 characters.
	// +required
	// +kubebuilder:validation:XValidation:rule="self.default.size() <= 200 && (!has(self.translations) || self.translations.all(t, t.text.size() <= 200))",message="must have at most 200 characters in each language"
	Label LocalizedText `json:"label"`
}

// Mail is what the help center's mails to customers say.
// +kubebuilder:object:generate=true
type Mail struct {
	// templates are the help center's own words, one for each purpose. A purpose
	// without a template is said in Postern's own words, in the reader's language.
	// +optional
	// +listType=map
	// +listMapKey=purpose
	// +kubebuilder:validation:MaxItems=19
	Templates []MailTemplate `json:"templates,omitempty"`
}

// MailTemplate is what the mails of one purpose say.
// +kubebuilder:object:generate=true
type MailTemplate struct {
	// purpose of the mails.
	// +required
	Purpose MailPurpose `json:"purpose"`

	// body is a text with places for what differs from mail to mail, such as
	// {{.Number}}. Subject, footer and the way to get no more mail are Postern's.
	// +required
	Body LocalizedText `json:"body"`
}

// StatusLabel returns what a customer reads for status; ok is false if the help
// center has no words of its own for it.
func (v CustomerView) StatusLabel(status TicketStatus, locale string) (label string, ok bool) {
	for _, l := range v.StatusLabels {
		if l.Status == status {
			return l.Label.For(locale), true
		}
	}
	return "", false
}

// ShowsField reports whether customers see the answer to the field of that name.
func (v CustomerView) ShowsField(name string) bool {
	switch v.CustomFields {
	case CustomFieldsAll:
		return true
	case CustomFieldsListed:
		return slices.Contains(v.ListedFields, name)
	default:
		return false
	}
}
