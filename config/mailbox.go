package config

// MailboxSpec declares a mailbox: a support address, how mail comes in to it
// and how it goes out.
// +kubebuilder:validation:XValidation:rule="!has(self.aliases) || !self.aliases.exists(a, a.lowerAscii() == self.address.lowerAscii())",message="must not have the address of the mailbox itself",fieldPath=".aliases"
// +kubebuilder:validation:XValidation:rule="!has(self.dkim) || self.dkim.all(k, !has(k.domain) || k.domain.size() == 0 || self.address.endsWith('@' + k.domain) || (k.domain.contains('.') && self.address.endsWith('.' + k.domain)))",message="each domain must be that of the address, or one above it",fieldPath=".dkim"
// +kubebuilder:object:generate=true
type MailboxSpec struct {
	// address is the support address, with its domain in lower case. It cannot be
	// changed, as a mailbox is its address. One mailbox holds an address; later ones
	// are refused.
	// +required
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9!#$%&\\x27*+/=?^_\\x60{|}~-]+([.][A-Za-z0-9!#$%&\\x27*+/=?^_\\x60{|}~-]+)*@[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$') && self.indexOf('@') <= 64",message="must be a plain mail address such as support@acme.example, with its domain in lower case"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cannot change; declare a new Mailbox"
	Address string `json:"address"`

	// displayName stands beside the address in mail. Default: none.
	// +optional
	// +kubebuilder:validation:MaxLength=200
	DisplayName string `json:"displayName,omitempty"`

	// aliases are addresses that forward to this mailbox. They count as its own
	// where the recipients of a signed mail are looked at; mail to them is not
	// taken. Default: none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=254
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^[A-Za-z0-9!#$%&\\x27*+/=?^_\\x60{|}~-]+([.][A-Za-z0-9!#$%&\\x27*+/=?^_\\x60{|}~-]+)*@[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$') && self.indexOf('@') <= 64",message="must be a plain mail address such as support@acme.example, with its domain in lower case"
	Aliases []string `json:"aliases,omitempty"`

	// inbound says how mail comes in.
	// +required
	Inbound Inbound `json:"inbound"`

	// relay is the mail server that takes outgoing mail. Unset: the daemon's own
	// setting.
	// +optional
	Relay *Relay `json:"relay,omitempty"`

	// dkim signs outgoing mail (RFC 6376), once with each key. One of the keys should
	// be RSA: large receivers know no other kind. Without it mail leaves unsigned,
	// and the relay may sign it. Default: none.
	// +optional
	// +listType=map
	// +listMapKey=selector
	// +kubebuilder:validation:MaxItems=4
	DKIM []DKIM `json:"dkim,omitempty"`

	// maxMessageMiB is the greatest size of one mail, as it is on the wire. Default
	// 35, which holds 25 MiB of attachments in base64.
	// +optional
	// +kubebuilder:default=35
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=150
	MaxMessageMiB int32 `json:"maxMessageMiB,omitempty"`

	// attachments limits files sent from portal and console. What comes in by mail
	// is kept whole up to maxMessageMiB.
	// +optional
	Attachments Attachments `json:"attachments,omitzero"`

	// trust says how far the mailbox goes by what is proven about a writer.
	// +optional
	Trust Trust `json:"trust,omitzero"`
}

// Attachments limits files sent from portal and console.
// +kubebuilder:object:generate=true
type Attachments struct {
	// maxMiB is the greatest size of one file. Default 25.
	// +optional
	// +kubebuilder:default=25
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxMiB int32 `json:"maxMiB,omitempty"`

	// blockedExtensions are file name extensions that are refused, in lower case
	// and without a dot, such as exe. Default: none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=16
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]+$`
	BlockedExtensions []string `json:"blockedExtensions,omitempty"`
}

// Inbound says how mail comes in.
// +kubebuilder:validation:XValidation:rule="(self.type == 'IMAP') == has(self.imap)",message="must be set if and only if type is IMAP",fieldPath=".imap"
// +kubebuilder:object:generate=true
type Inbound struct {
	// type SMTP: the daemon is handed the mail, by SMTP or LMTP. IMAP: it polls.
	// +required
	Type InboundType `json:"type"`

	// imap is the mailbox to poll; only with type IMAP.
	// +optional
	IMAP *IMAP `json:"imap,omitempty"`

	// authenticationResults names the server whose Authentication-Results are
	// believed, as it stands at the beginning of that field: on mail that is polled,
	// or that a relay of the daemon brings. It must add the field on top of every
	// mail and remove those that claim to be its own (RFC 8601 section 5). Default:
	// none.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.size() == 0 || self.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$')",message="must be a host name in lower case, such as mx.acme.example"
	AuthenticationResults string `json:"authenticationResults,omitempty"`
}

// IMAP is a mailbox that is polled.
// +kubebuilder:validation:ExactlyOneOf=credentialsSecretRef;oauth
// +kubebuilder:validation:XValidation:rule="(has(self.start) && self.start == 'Since') == has(self.since)",message="must be set if and only if start is Since",fieldPath=".since"
// +kubebuilder:validation:XValidation:rule="!has(self.afterwards) || (self.afterwards == 'Move') == has(self.processedFolder)",message="must be set if and only if afterwards is Move",fieldPath=".processedFolder"
// +kubebuilder:validation:XValidation:rule="!has(self.processedFolder) || !has(self.folder) || (self.processedFolder != self.folder && (self.processedFolder.lowerAscii() != 'inbox' || self.folder.lowerAscii() != 'inbox'))",message="must not be the folder that is read",fieldPath=".processedFolder"
// +kubebuilder:object:generate=true
type IMAP struct {
	// host is the IMAP server, in lower case.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$')",message="must be a host name in lower case, such as mx.acme.example"
	Host string `json:"host"`

	// port of the server. Default 993 with tls Implicit, else 143.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`

	// tls says how the connection is encrypted. None sends the password readable to
	// everybody on the way. Default: StartTLS on the ports 25, 143, 587 and 2525,
	// else Implicit.
	// +optional
	TLS TLSMode `json:"tls,omitempty"`

	// username to sign in with. Default: the address of the mailbox.
	// +optional
	// +kubebuilder:validation:MaxLength=254
	Username string `json:"username,omitempty"`

	// credentialsSecretRef is the password; key defaults to password. Either this
	// or oauth is set.
	// +optional
	CredentialsSecretRef *SecretReference `json:"credentialsSecretRef,omitempty"`

	// oauth signs in with an access token instead of a password.
	// +optional
	OAuth *OAuth `json:"oauth,omitempty"`

	// folder to read. Default INBOX.
	// +optional
	// +kubebuilder:default=INBOX
	// +kubebuilder:validation:MaxLength=200
	Folder string `json:"folder,omitempty"`

	// start says what of the mail that lies in the folder already is taken in when
	// the mailbox is polled for the first time. New: none, only what comes from then
	// on. All: everything. Since: what came since the day of since. Later changes have
	// no effect. Default New.
	// +optional
	// +kubebuilder:default=New
	Start IMAPStart `json:"start,omitempty"`

	// since is a day such as 2026-11-01; only with start Since.
	// +optional
	// +kubebuilder:validation:MaxLength=10
	// +kubebuilder:validation:Format=date
	Since string `json:"since,omitempty"`

	// afterwards is what becomes of a mail at the server once it is taken in.
	// MarkSeen: it is marked as seen. Move: it goes to processedFolder. Leave:
	// nothing. Delete: it is deleted there for good. Default: Move if processedFolder
	// is set, else MarkSeen.
	// +optional
	Afterwards IMAPAfterwards `json:"afterwards,omitempty"`

	// processedFolder is where mail goes with afterwards Move. It is made if it is
	// not there. Default: none.
	// +optional
	// +kubebuilder:validation:MaxLength=200
	ProcessedFolder string `json:"processedFolder,omitempty"`

	// pollSeconds is the time between two looks. A server that tells of new mail by
	// itself (IDLE) is looked at once in four minutes besides. Default 30.
	// +optional
	// +kubebuilder:default=30
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=3600
	PollSeconds int32 `json:"pollSeconds,omitempty"`
}

// Relay is a mail server that takes outgoing mail.
// +kubebuilder:validation:AtMostOneOf=credentialsSecretRef;oauth
// +kubebuilder:validation:XValidation:rule="!has(self.username) || self.username.size() == 0 || has(self.credentialsSecretRef) || has(self.oauth)",message="has a meaning only with credentialsSecretRef or oauth",fieldPath=".username"
// +kubebuilder:object:generate=true
type Relay struct {
	// host is the server, in lower case.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$')",message="must be a host name in lower case, such as mx.acme.example"
	Host string `json:"host"`

	// port of the server. Default 465 with tls Implicit or unset, else 587.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`

	// tls says how the connection is encrypted. None sends mail and password
	// readable to everybody on the way. Default: StartTLS on the ports 25, 143, 587
	// and 2525, else Implicit.
	// +optional
	TLS TLSMode `json:"tls,omitempty"`

	// username to sign in with. Default: the address of the mailbox.
	// +optional
	// +kubebuilder:validation:MaxLength=254
	Username string `json:"username,omitempty"`

	// credentialsSecretRef is the password; key defaults to password. Without this
	// and oauth there is no sign-in.
	// +optional
	CredentialsSecretRef *SecretReference `json:"credentialsSecretRef,omitempty"`

	// oauth signs in with an access token instead of a password.
	// +optional
	OAuth *OAuth `json:"oauth,omitempty"`
}

// DKIM is a key that signs outgoing mail.
// +kubebuilder:object:generate=true
type DKIM struct {
	// selector names the key: its DNS record is selector._domainkey.domain.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`
	Selector string `json:"selector"`

	// domain that signs: the one of the address, or one above it. Default: the one
	// of the address.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`
	Domain string `json:"domain,omitempty"`

	// keySecretRef is the private key in PEM, RSA or Ed25519; key defaults to
	// private-key.
	// +required
	KeySecretRef SecretReference `json:"keySecretRef"`
}

// OAuth is how access tokens for a mail server are fetched (RFC 6749): with a
// refresh token, or without one for the client itself.
// +kubebuilder:validation:AtLeastOneOf=clientSecretRef;refreshTokenSecretRef
// +kubebuilder:object:generate=true
type OAuth struct {
	// tokenURL is the https address tokens are fetched from, such as
	// https://oauth2.googleapis.com/token.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.matches('^(https://[^/?#@ ]+|http://(localhost|127[.]0[.]0[.]1|[[]::1[]])(:[0-9]+)?)([/?][^# ]*)?$')",message="must be an address such as https://id.acme.example, without a user name and without #; http is for localhost, 127.0.0.1 and [::1] alone"
	TokenURL string `json:"tokenURL"`

	// scopes to ask for. Default: none, which is what the issuer takes for granted.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=255
	Scopes []string `json:"scopes,omitempty"`

	// clientID is the client the issuer knows Postern as.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	ClientID string `json:"clientID"`

	// clientSecretRef is the secret of that client; key defaults to client-secret.
	// +optional
	ClientSecretRef *SecretReference `json:"clientSecretRef,omitempty"`

	// refreshTokenSecretRef is the refresh token; key defaults to refresh-token.
	// Unset: the client signs in as itself, which takes clientSecretRef.
	// +optional
	RefreshTokenSecretRef *SecretReference `json:"refreshTokenSecretRef,omitempty"`
}
