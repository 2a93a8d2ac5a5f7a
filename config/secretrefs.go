package config

// SecretRefs returns what a help center with defaults refers to, in the order of
// its fields.
func (s HelpCenterSpec) SecretRefs() []SecretReference {
	var refs []SecretReference
	if s.SignUp != nil {
		for _, o := range s.SignUp.OIDC {
			refs = append(refs, o.ClientSecretRef)
		}
	}
	for _, o := range s.Agents.OIDC {
		refs = append(refs, o.ClientSecretRef)
	}
	return refs
}

// SecretRefs returns what a mailbox with defaults refers to, in the order of its
// fields.
func (s MailboxSpec) SecretRefs() []SecretReference {
	var refs []SecretReference
	if s.Inbound.IMAP != nil {
		refs = append(refs, signInRefs(s.Inbound.IMAP.CredentialsSecretRef, s.Inbound.IMAP.OAuth)...)
	}
	if s.Relay != nil {
		refs = append(refs, signInRefs(s.Relay.CredentialsSecretRef, s.Relay.OAuth)...)
	}
	for _, k := range s.DKIM {
		refs = append(refs, k.KeySecretRef)
	}
	return refs
}

func signInRefs(password *SecretReference, oauth *OAuth) []SecretReference {
	named := []*SecretReference{password}
	if oauth != nil {
		named = append(named, oauth.ClientSecretRef, oauth.RefreshTokenSecretRef)
	}
	var refs []SecretReference
	for _, r := range named {
		if r != nil {
			refs = append(refs, *r)
		}
	}
	return refs
}
