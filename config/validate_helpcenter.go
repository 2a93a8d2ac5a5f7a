package config

import (
	"reflect"
	"slices"
)

func (c *checker) helpCenter(s HelpCenterSpec) {
	c.strings("spec", reflect.ValueOf(s))
	c.required("spec.displayName", s.DisplayName, maxLabel)
	if s.Host == "" {
		c.addf("spec.host", "is required")
	} else if err := checkHostPort(s.Host); err != nil {
		c.addf("spec.host", "%s: %v", clip(s.Host), err)
	}
	c.name("spec.mailboxRef.name", s.MailboxRef.Name)
	if s.Portal.TicketSubmission == "" {
		c.addf("spec.portal.ticketSubmission", "is required: Enabled or Disabled")
	}
	c.number("spec.portal.linkLifetimeDays", s.Portal.LinkLifetimeDays, 1, maxLinkDays)
	if s.SignUp != nil {
		c.signUp("spec.signUp", *s.SignUp)
	}
	c.agents("spec.agents", s.Agents)
	c.locales("spec.locales", s.Locales)
	if !colorText.MatchString(s.Appearance.Color) {
		c.addf("spec.appearance.color", "%s is not a colour such as #0a7a5c", clip(s.Appearance.Color))
	}
	words := s.Appearance.TicketSubmission
	c.localized("spec.appearance.ticketSubmission.buttonLabel", words.ButtonLabel, maxLabel)
	c.localized("spec.appearance.ticketSubmission.pageTitle", words.PageTitle, maxLabel)
	c.localized("spec.appearance.ticketSubmission.formSelectorLabel", words.FormSelectorLabel, maxLabel)
	c.customerView("spec.customerView", s.CustomerView)
	c.mail("spec.mail", s.Mail)
}

func (c *checker) signUp(path string, s SignUp) {
	methods := texts(s.Methods, func(m SignUpMethod) string { return string(m) })
	c.count(path+".methods", len(methods), maxMethods)
	c.unique(path+".methods", "", methods)
	c.count(path+".oidc", len(s.OIDC), maxProviders)
	c.unique(path+".oidc", ".name", texts(s.OIDC, func(o OIDC) string { return o.Name }))
	switch usesOIDC := slices.Contains(s.Methods, MethodOIDC); {
	case s.Mode == "":
		c.addf(path+".mode", "is required: Open or InviteOnly")
	case s.Mode == SignUpOpen && len(s.Methods) == 0:
		c.addf(path+".methods", "may be empty only if mode is InviteOnly; with mode Open name at least one of Password, OIDC, EmailCode")
	case usesOIDC && len(s.OIDC) == 0:
		c.addf(path+".oidc", "is required, as methods has OIDC")
	case !usesOIDC && len(s.OIDC) > 0:
		c.addf(path+".methods", "must have OIDC, as oidc is set")
	}
	for i, provider := range s.OIDC {
		c.provider(element(path+".oidc", i), provider)
	}
}

func (c *checker) provider(path string, o OIDC) {
	c.name(path+".name", o.Name)
	if o.Issuer == "" {
		c.addf(path+".issuer", "is required without a preset")
	} else {
		c.webAddress(path+".issuer", o.Issuer)
	}
	c.length(path+".displayName", o.DisplayName, maxLabel)
	c.required(path+".clientID", o.ClientID, maxClientID)
	c.secret(path+".clientSecretRef", &o.ClientSecretRef)
}

func (c *checker) locales(path string, l Locales) {
	c.locale(path+".default", l.Default)
	c.count(path+".supported", len(l.Supported), maxLocales)
	c.each(path+".supported", l.Supported, maxLocale, localeTag, "a language tag such as de, pt-BR or zh-Hant")
	if !slices.Contains(l.Supported, l.Default) {
		c.addf(path+".supported", "must have the default, %s", clip(l.Default))
	}
}

func (c *checker) customerView(path string, v CustomerView) {
	c.count(path+".statusLabels", len(v.StatusLabels), maxStatusLabels)
	for i, l := range v.StatusLabels {
		at := element(path+".statusLabels", i)
		if l.Status == "" {
			c.addf(at+".status", "is required")
		}
		c.localized(at+".label", &l.Label, maxLabel)
	}
	c.unique(path+".statusLabels", ".status", texts(v.StatusLabels, func(l StatusLabel) string { return string(l.Status) }))
	c.count(path+".listedFields", len(v.ListedFields), maxFields)
	c.each(path+".listedFields", v.ListedFields, maxName, fieldName, "a field name such as orderNumber")
	switch listed := v.CustomFields == CustomFieldsListed; {
	case listed && len(v.ListedFields) == 0:
		c.addf(path+".listedFields", "is required with customFields Listed")
	case !listed && len(v.ListedFields) > 0:
		c.addf(path+".listedFields", "has a meaning only with customFields Listed")
	}
}
