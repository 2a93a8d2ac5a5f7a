package config

import (
	"reflect"
	"regexp"
	"strings"
	"time"
)

var (
	extensionText = regexp.MustCompile(`^[a-z0-9]+$`)
	domainText    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	scopeText     = regexp.MustCompile(`^[!#-\[\]-~]+$`) // RFC 6749 section 3.3
)

func (c *checker) mailbox(s MailboxSpec) {
	c.strings("spec", reflect.ValueOf(s))
	c.address("spec.address", s.Address)
	c.aliases("spec.aliases", s.Aliases, s.Address)
	c.length("spec.displayName", s.DisplayName, maxLabel)
	c.number("spec.maxMessageMiB", s.MaxMessageMiB, 1, maxMessageMiB)
	c.number("spec.attachments.maxMiB", s.Attachments.MaxMiB, 1, maxFileMiB)
	c.count("spec.attachments.blockedExtensions", len(s.Attachments.BlockedExtensions), maxExtensions)
	c.each("spec.attachments.blockedExtensions", s.Attachments.BlockedExtensions, maxExtension, extensionText,
		"a file name extension in lower case and without a dot, such as exe")
	c.dkim("spec.dkim", s.DKIM, s.Address)
	c.trust("spec.trust", s.Trust)
	switch imap := s.Inbound.IMAP; {
	case s.Inbound.Type == "":
		c.addf("spec.inbound.type", "is required: SMTP or IMAP")
	case s.Inbound.Type == InboundIMAP && imap == nil:
		c.addf("spec.inbound.imap", "is required with type IMAP")
	case s.Inbound.Type == InboundIMAP:
		c.imap("spec.inbound.imap", *imap)
	case imap != nil:
		c.addf("spec.inbound.imap", "has a meaning only with type IMAP")
	}
	if id := s.Inbound.AuthenticationResults; id != "" {
		if err := checkHost(id); err != nil {
			c.addf("spec.inbound.authenticationResults", "%s is not the name of a server: %v", clip(id), err)
		}
	}
	if s.Relay != nil {
		c.relay("spec.relay", *s.Relay)
	}
}

// address checks a support address. Other systems must be able to write to it,
// so it is ASCII, and its domain has one spelling.
func (c *checker) address(path, address string) {
	if address == "" {
		c.addf(path, "is required")
		return
	}
	domain := address[strings.LastIndexByte(address, '@')+1:]
	switch err := checkAddress(address); {
	case err != nil:
		c.addf(path, "%s is not a mail address: %v", clip(address), err)
	case strings.ContainsFunc(address, func(r rune) bool { return r > '~' }):
		c.addf(path, "%s has letters that not every mail server takes", clip(address))
	case domain != strings.ToLower(domain):
		c.addf(path, "the domain of %s is written in lower case", clip(address))
	}
}

func (c *checker) aliases(path string, aliases []string, own string) {
	c.count(path, len(aliases), maxAliases)
	keys := make([]string, len(aliases))
	for i, alias := range aliases {
		c.address(element(path, i), alias)
		if keys[i] = AddressKey(alias); keys[i] == AddressKey(own) {
			c.addf(element(path, i), "%s is the address of the mailbox itself", clip(alias))
		}
	}
	c.unique(path, "", keys)
}

func (c *checker) imap(path string, s IMAP) {
	c.server(path, s.Host, s.Port)
	c.length(path+".username", s.Username, maxAddress)
	c.length(path+".folder", s.Folder, maxFolder)
	c.length(path+".processedFolder", s.ProcessedFolder, maxFolder)
	c.number(path+".pollSeconds", s.PollSeconds, minPollSeconds, maxPollSeconds)
	switch {
	case s.CredentialsSecretRef == nil && s.OAuth == nil && !c.origin.incomplete(path):
		c.addf(path, "credentialsSecretRef or oauth is required")
	case s.CredentialsSecretRef != nil && s.OAuth != nil:
		c.addf(path+".oauth", "cannot stand beside credentialsSecretRef")
	}
	c.afterwards(path, s)
	c.since(path, s)
	c.secret(path+".credentialsSecretRef", s.CredentialsSecretRef)
	c.oauth(path+".oauth", s.OAuth)
}

func (c *checker) afterwards(path string, s IMAP) {
	moves := s.Afterwards == AfterwardsMove || s.Afterwards == ""
	switch path += ".processedFolder"; {
	case s.ProcessedFolder == "" && s.Afterwards == AfterwardsMove:
		c.addf(path, "is required with afterwards Move")
	case s.ProcessedFolder != "" && !moves:
		c.addf(path, "has a meaning only with afterwards Move")
	case s.ProcessedFolder != "" && sameFolder(s.ProcessedFolder, s.Folder):
		c.addf(path, "must not be the folder that is read")
	}
}

// sameFolder knows that INBOX is spelled in any case (RFC 9051 section 5.1).
func sameFolder(a, b string) bool {
	return a == b || strings.EqualFold(a, defaultFolder) && strings.EqualFold(b, defaultFolder)
}

func (c *checker) since(path string, s IMAP) {
	switch path += ".since"; {
	case s.Start != StartSince && s.Since != "":
		c.addf(path, "has a meaning only with start Since")
	case s.Start != StartSince:
	case s.Since == "":
		c.addf(path, "is required with start Since")
	default:
		if _, err := time.Parse(time.DateOnly, s.Since); err != nil {
			c.addf(path, "%s is not a day such as 2026-11-01", clip(s.Since))
		}
	}
}

func (c *checker) relay(path string, s Relay) {
	c.server(path, s.Host, s.Port)
	c.length(path+".username", s.Username, maxAddress)
	switch signsIn := s.CredentialsSecretRef != nil || s.OAuth != nil; {
	case s.CredentialsSecretRef != nil && s.OAuth != nil:
		c.addf(path+".oauth", "cannot stand beside credentialsSecretRef")
	case s.Username != "" && !signsIn:
		c.addf(path+".username", "has a meaning only with credentialsSecretRef or oauth")
	}
	c.secret(path+".credentialsSecretRef", s.CredentialsSecretRef)
	c.oauth(path+".oauth", s.OAuth)
}

// dkim checks who signs. A signature of a domain beside the address's proves
// nothing about the writer (RFC 9989 section 5.1).
func (c *checker) dkim(path string, keys []DKIM, address string) {
	c.count(path, len(keys), maxDKIM)
	own := address[strings.LastIndexByte(address, '@')+1:]
	selectors := make([]string, len(keys))
	for i, k := range keys {
		at := element(path, i)
		selectors[i] = k.Selector
		c.required(at+".selector", k.Selector, maxSelector)
		if k.Selector != "" && !domainText.MatchString(k.Selector) {
			c.addf(at+".selector", "%s is not a name for DNS in lower case, such as postern-2026", clip(k.Selector))
		}
		c.length(at+".domain", k.Domain, maxHost)
		switch {
		case k.Domain == "" || k.Domain == own:
		case !domainText.MatchString(k.Domain) || !strings.Contains(k.Domain, "."):
			c.addf(at+".domain", "%s is not a domain in lower case, such as acme.example", clip(k.Domain))
		case !strings.HasSuffix(own, "."+k.Domain):
			c.addf(at+".domain", "%s is neither the domain of the address nor above it", clip(k.Domain))
		}
		c.secret(at+".keySecretRef", &keys[i].KeySecretRef)
	}
	c.unique(path, ".selector", selectors)
}

func (c *checker) server(path, host string, port int32) {
	if host == "" {
		c.addf(path+".host", "is required")
	} else if err := checkHost(host); err != nil {
		c.addf(path+".host", "%s: %v", clip(host), err)
	}
	c.number(path+".port", port, 1, maxPort)
}

func (c *checker) oauth(path string, o *OAuth) {
	if o == nil {
		return
	}
	if o.TokenURL == "" {
		c.addf(path+".tokenURL", "is required")
	} else {
		c.webAddress(path+".tokenURL", o.TokenURL)
	}
	c.required(path+".clientID", o.ClientID, maxClientID)
	c.count(path+".scopes", len(o.Scopes), maxScopes)
	c.each(path+".scopes", o.Scopes, maxScope, scopeText, "an OAuth scope")
	c.secret(path+".clientSecretRef", o.ClientSecretRef)
	c.secret(path+".refreshTokenSecretRef", o.RefreshTokenSecretRef)
	if o.ClientSecretRef == nil && o.RefreshTokenSecretRef == nil && !c.origin.incomplete(path) {
		c.addf(path, "clientSecretRef or refreshTokenSecretRef is required")
	}
}

func (c *checker) trust(path string, s Trust) {
	for _, domains := range []struct {
		path string
		list []string
	}{{path + ".newTicketDomains", s.NewTicketDomains}, {path + ".colleagueDomains", s.ColleagueDomains}} {
		c.count(domains.path, len(domains.list), maxTrustDomains)
		c.each(domains.path, domains.list, maxHost, domainText, "a domain in lower case, such as customer.example")
	}
	c.number(path+".mailsPerHour", s.MailsPerHour, 1, maxMailsPerHour)
}
