package config

import "strings"

// Defaults that more than one place needs; the field comments tell all of them.
const (
	defaultLocale     = "en"
	defaultColor      = "#0a7a5c" // 5.3:1 on white
	defaultLinkDays   = 30
	defaultMaxFiles   = 5
	defaultFileMiB    = 10 // photographs of a phone
	defaultAttachment = 25 // what most mail services take
	defaultMessageMiB = 35 // defaultAttachment in base64, which adds 37 %
	defaultDecimals   = 2
	defaultFolder     = "INBOX"
	defaultPoll       = 30

	defaultMailsPerHour = 60 // more than a person writes, less than two robots do

	googleIssuer = "https://accounts.google.com"
)

// SetDefaults fills in what is left out, in every object of the set. It does not
// touch what is there, so doing it twice changes nothing.
func (s *Set) SetDefaults() {
	for i := range s.HelpCenters {
		s.HelpCenters[i].Spec.SetDefaults()
	}
	for i := range s.Forms {
		s.Forms[i].Spec.SetDefaults()
	}
	for i := range s.Mailboxes {
		s.Mailboxes[i].Spec.SetDefaults()
	}
}

// SetDefaults fills in what is left out.
func (s *HelpCenterSpec) SetDefaults() {
	or(&s.Portal.Submit, SubmitAnyone)
	or(&s.Portal.View, ViewAnyoneWithLink)
	or(&s.Portal.LinkLifetimeDays, defaultLinkDays)
	or(&s.Portal.Collaborators, CollaboratorsAllowed)
	or(&s.Locales.Default, defaultLocale)
	if len(s.Locales.Supported) == 0 {
		s.Locales.Supported = []string{s.Locales.Default}
	}
	or(&s.Appearance.Color, defaultColor)
	or(&s.CustomerView.AgentNames, AgentFirstName)
	or(&s.CustomerView.CustomFields, CustomFieldsAll)
	if s.SignUp != nil {
		for i := range s.SignUp.OIDC {
			s.SignUp.OIDC[i].setDefaults()
		}
	}
	for i := range s.Agents.OIDC {
		s.Agents.OIDC[i].setDefaults()
	}
}

func (o *OIDC) setDefaults() {
	if o.Preset == OIDCGoogle {
		or(&o.Issuer, googleIssuer)
		or(&o.DisplayName, "Google")
	}
	or(&o.DisplayName, o.Name)
	or(&o.ClientSecretRef.Key, "client-secret")
}

// SetDefaults fills in what is left out.
func (s *TicketFormSpec) SetDefaults() {
	or(&s.Publication, Draft)
	or(&s.Audience, AudienceEveryone)
	or(&s.Subject.Mode, SubjectAsk)
	for i := range s.Fields {
		s.Fields[i].setDefaults()
	}
}

func (f *Field) setDefaults() {
	or(&f.Requirement, Optional)
	switch f.Type {
	case ShortText, Hidden:
		or(&f.MaxLength, defaultShortText)
	case LongText:
		or(&f.MaxLength, defaultLongText)
	case Decimal:
		or(&f.Decimals, defaultDecimals)
	case MultiSelect:
		or(&f.MaxItems, int32(min(len(f.Options), maxOptions)))
	case File:
		or(&f.MaxItems, defaultMaxFiles)
		if f.File == nil {
			f.File = &FileLimits{}
		}
		or(&f.File.MaxMiB, defaultFileMiB)
	}
}

// SetDefaults fills in what is left out.
func (s *MailboxSpec) SetDefaults() {
	or(&s.MaxMessageMiB, defaultMessageMiB)
	or(&s.Attachments.MaxMiB, defaultAttachment)
	or(&s.Trust.NewTickets, NewTicketsAnyone)
	or(&s.Trust.UnprovenReplies, UnprovenHide)
	or(&s.Trust.FailedProof, FailedHold)
	or(&s.Trust.ChangedSubject, ChangedAppend)
	or(&s.Trust.MailsPerHour, defaultMailsPerHour)
	for i := range s.DKIM {
		or(&s.DKIM[i].Domain, s.Address[strings.LastIndexByte(s.Address, '@')+1:])
		or(&s.DKIM[i].KeySecretRef.Key, "private-key")
	}
	if imap := s.Inbound.IMAP; imap != nil {
		// The ports of RFC 9051 section 2.1 and RFC 8314 section 3.2.
		transport(&imap.Port, &imap.TLS, 993, 143)
		or(&imap.Username, s.Address)
		or(&imap.Folder, defaultFolder)
		or(&imap.PollSeconds, defaultPoll)
		or(&imap.Start, StartNew)
		if imap.ProcessedFolder != "" {
			or(&imap.Afterwards, AfterwardsMove)
		}
		or(&imap.Afterwards, AfterwardsMarkSeen)
		signIn(imap.CredentialsSecretRef, imap.OAuth)
	}
	if relay := s.Relay; relay != nil {
		// The ports of RFC 8314 section 3.3.
		transport(&relay.Port, &relay.TLS, 465, 587)
		signIn(relay.CredentialsSecretRef, relay.OAuth)
		if relay.CredentialsSecretRef != nil || relay.OAuth != nil {
			or(&relay.Username, s.Address)
		}
	}
}

// transport settles port and encryption, each of which may follow from the
// other. Nothing left out ever leads to an unencrypted connection.
func transport(port *int32, mode *TLSMode, implicit, startTLS int32) {
	switch *port {
	case 25, 143, 587, 2525: // where servers begin in the clear
		or(mode, TLSStartTLS)
	default:
		or(mode, TLSImplicit)
	}
	if *mode == TLSImplicit {
		or(port, implicit)
	} else {
		or(port, startTLS)
	}
}

func signIn(password *SecretReference, oauth *OAuth) {
	if password != nil {
		or(&password.Key, "password")
	}
	if oauth == nil {
		return
	}
	if oauth.ClientSecretRef != nil {
		or(&oauth.ClientSecretRef.Key, "client-secret")
	}
	if oauth.RefreshTokenSecretRef != nil {
		or(&oauth.RefreshTokenSecretRef.Key, "refresh-token")
	}
}

func or[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
