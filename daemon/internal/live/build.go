package live

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// snapshot is one configuration, never changed once it is served.
type snapshot struct {
	accounts []string
	centers  []helpdesk.HelpCenter
	hosts    []string // of centers, without ports
	boxes    []helpdesk.Mailbox
	settled  config.Established
	statuses []Status // of all, also of those that are not served
	loaded   time.Time

	set     config.Set                  // what all of that was made of
	secrets map[config.Key]*wire.Secret // that came with it, sealed
	refused []Refused                   // what is not served as it is declared
}

// builder turns what was declared into the daemon's own words.
type builder struct {
	options Options
	// compiled are forms that were compiled before, by their specs' identity in the
	// set; others are compiled here.
	compiled map[config.Key]*config.Form
}

// fault is why something could not be built, and what it is that could not.
type fault struct {
	kind string // config.KindHelpCenter and so on
	key  config.Key
	err  error
}

func (f *fault) Error() string {
	return fmt.Sprintf("load %s %s: %v", f.kind, f.key, f.err)
}

func (f *fault) Unwrap() error { return f.err }

func (l *Live) build(r *config.Resolved) (*snapshot, error) {
	b := &builder{options: l.options, compiled: map[config.Key]*config.Form{}}
	s, f := b.build(r)
	if f != nil {
		return nil, f // as an error, which is not nil either way
	}
	return s, nil
}

// build leaves help centers and mailboxes out that lost their claim.
func (b *builder) build(r *config.Resolved) (*snapshot, *fault) {
	s := &snapshot{settled: r.Established, loaded: time.Now()}
	signUps := map[string]helpdesk.SignUp{}
	for _, a := range r.Accounts {
		s.accounts = append(s.accounts, a.Namespace)
		signUps[a.Namespace] = signUp(&a.SignUp)
	}
	for i := range r.HelpCenters {
		h := &r.HelpCenters[i]
		s.statuses = append(s.statuses, statusOf(h))
		if !h.Host.OK {
			continue
		}
		center, f := b.inAllLanguages(h, len(s.centers) == 0, signUps[h.HelpCenter.Metadata.Namespace])
		if f != nil {
			return nil, f
		}
		base, err := url.Parse(center.BaseURL)
		if err != nil {
			return nil, &fault{config.KindHelpCenter, h.HelpCenter.Metadata.Key(), fmt.Errorf("read base of links: %w", err)}
		}
		s.statuses[i].URL = center.BaseURL
		s.centers, s.hosts = append(s.centers, center), append(s.hosts, config.HostKey(base.Host))
	}
	for i := range r.Mailboxes {
		m := &r.Mailboxes[i]
		if !m.Address.OK {
			continue
		}
		box, f := b.mailbox(m, s.centers)
		if f != nil {
			return nil, f
		}
		s.boxes = append(s.boxes, box)
	}
	return s, nil
}

// inAllLanguages builds a help center once for each language, so that a visit
// costs no translation.
func (b *builder) inAllLanguages(r *config.ResolvedHelpCenter, first bool, ways helpdesk.SignUp) (helpdesk.HelpCenter, *fault) {
	locales := locales(r.HelpCenter.Spec.Locales)
	spoken := make(map[string]helpdesk.HelpCenter, len(locales))
	in := func(locale string) helpdesk.HelpCenter {
		if h, ok := spoken[locale]; ok {
			return h
		}
		return spoken[locales[0]]
	}
	for _, locale := range locales {
		h, f := b.helpCenter(r, first, locale)
		if f != nil {
			return h, f
		}
		h.SignUp, h.Locales, h.In = ways, locales, in
		h.Agents = agentIssuers(&r.HelpCenter.Spec.Agents)
		spoken[locale] = h
	}
	return in(locales[0]), nil
}

// locales that are offered, the default first.
func locales(l config.Locales) []string {
	all := []string{l.Default}
	for _, locale := range l.Supported {
		if locale != l.Default {
			all = append(all, locale)
		}
	}
	return all
}

func signUp(declared *config.SignUp) helpdesk.SignUp {
	s := helpdesk.SignUp{
		Open:      declared.Mode == config.SignUpOpen,
		Password:  slices.Contains(declared.Methods, config.MethodPassword),
		EmailCode: slices.Contains(declared.Methods, config.MethodEmailCode),
	}
	if !slices.Contains(declared.Methods, config.MethodOIDC) {
		return s
	}
	for i := range declared.OIDC {
		o := &declared.OIDC[i]
		s.OIDC = append(s.OIDC, helpdesk.OIDC{
			Name: o.Name, Google: o.Preset == config.OIDCGoogle, Issuer: o.Issuer, Label: o.DisplayName,
			ClientID: o.ClientID, Secret: secretRef(&o.ClientSecretRef),
		})
	}
	return s
}

func agentIssuers(declared *config.Agents) []helpdesk.AgentIssuer {
	var all []helpdesk.AgentIssuer
	for i := range declared.OIDC {
		o := &declared.OIDC[i]
		a := helpdesk.AgentIssuer{OIDC: helpdesk.OIDC{
			Name: o.Name, Google: o.Preset == config.OIDCGoogle, Issuer: o.Issuer, Label: o.DisplayName,
			ClientID: o.ClientID, Secret: secretRef(&o.ClientSecretRef), Scopes: o.Scopes, Groups: o.GroupsClaim,
		}}
		for _, g := range o.Groups {
			a.Allowed = append(a.Allowed, helpdesk.GroupRole{Group: g.Group, Role: g.Role})
		}
		all = append(all, a)
	}
	return all
}

func (b *builder) helpCenter(r *config.ResolvedHelpCenter, first bool, locale string) (helpdesk.HelpCenter, *fault) {
	spec, key := &r.HelpCenter.Spec, r.HelpCenter.Metadata.Key()
	words := spec.Appearance.TicketSubmission
	h := helpdesk.HelpCenter{
		Locale: locale, Collaborators: spec.Portal.Collaborators == config.CollaboratorsAllowed,
		Account: key.Namespace, Name: key.Name, DisplayName: spec.DisplayName, BaseURL: b.baseURL(r.HelpCenter, first),
		Mailbox: spec.MailboxRef.Name, Color: spec.Appearance.Color, PortalOn: r.PortalOn,
		View:         helpdesk.ViewAccess(spec.Portal.View),
		LinkLifetime: time.Duration(spec.Portal.LinkLifetimeDays) * 24 * time.Hour,
		AgentNames:   helpdesk.AgentNames(spec.CustomerView.AgentNames),
		ShowsField:   spec.CustomerView.ShowsField,
		StatusLabels: map[helpdesk.Status]string{},
		ButtonLabel:  words.ButtonLabel.For(locale), PageTitle: words.PageTitle.For(locale), FormLabel: words.FormSelectorLabel.For(locale),
		Audience: links.AudienceOf(key.Namespace, config.KindHelpCenter, key.Name),
	}
	for _, s := range helpdesk.Statuses {
		if label, ok := spec.CustomerView.StatusLabel(config.TicketStatus(s), locale); ok {
			h.StatusLabels[s] = label
		}
	}
	var err error
	if h.Mail, err = mailTemplates(spec.Mail, locale); err != nil {
		return h, &fault{config.KindHelpCenter, key, err}
	}
	if !r.Submission.Visible {
		return h, nil
	}
	for i := range r.Forms {
		compiled, err := b.compile(&r.Forms[i])
		if err != nil {
			return h, &fault{config.KindTicketForm, r.Forms[i].Metadata.Key(), err}
		}
		h.Forms = append(h.Forms, buildForm(&r.Forms[i], compiled, spec.Portal.Submit, locale))
	}
	return h, nil
}

// compile compiles a form once, for all help centers and languages.
func (b *builder) compile(f *config.TicketForm) (*config.Form, error) {
	key := f.Metadata.Key()
	if known := b.compiled[key]; known != nil {
		return known, nil
	}
	compiled, err := config.Compile(f.Spec)
	if err == nil {
		b.compiled[key] = compiled
	}
	return compiled, err
}

func (b *builder) baseURL(h config.HelpCenter, first bool) string {
	if b.options.BaseURL != nil {
		return b.options.BaseURL(h, first)
	}
	return "https://" + h.Spec.Host
}

func (b *builder) mailbox(r *config.ResolvedMailbox, centers []helpdesk.HelpCenter) (helpdesk.Mailbox, *fault) {
	spec, key := &r.Mailbox.Spec, r.Mailbox.Metadata.Key()
	address, err := helpdesk.ParseAddress(spec.Address)
	if err != nil {
		return helpdesk.Mailbox{}, &fault{config.KindMailbox, key, err}
	}
	aliases, err := parseAddresses(spec.Aliases)
	if err != nil {
		return helpdesk.Mailbox{}, &fault{config.KindMailbox, key, err}
	}
	box := helpdesk.Mailbox{
		Account: key.Namespace, Name: key.Name, Address: address, Since: r.Mailbox.Metadata.CreationTimestamp, DisplayName: spec.DisplayName,
		HelpCenter: r.HelpCenter, MaxBytes: int64(spec.MaxMessageMiB) << 20, Relay: b.options.Relay, Policy: policy(spec.Trust),
		// The address is what a reply address hangs on, so it binds the token too.
		Audience: links.AudienceOf(key.Namespace, config.KindMailbox, address.Key()),
		Aliases:  aliases, Results: spec.Inbound.AuthenticationResults,
		Files: helpdesk.FileLimits{
			Bytes: int64(spec.Attachments.MaxMiB) << 20, Mail: int64(spec.MaxMessageMiB) << 20, Blocked: spec.Attachments.BlockedExtensions,
		},
	}
	if box.HelpCenter == "" {
		box.HelpCenter = onlyCenter(key.Namespace, centers)
	}
	if declared := spec.Relay; declared != nil && !b.options.RelayAll {
		box.Relay = helpdesk.Relay{
			Host: declared.Host, Port: int(declared.Port), TLS: helpdesk.TLSMode(declared.TLS),
			Login: login(key.Namespace, declared.Username, declared.CredentialsSecretRef, declared.OAuth),
		}
	}
	for _, k := range spec.DKIM {
		if b.options.RelayAll {
			break // mail that is caught proves nothing to anybody, and needs no key
		}
		box.DKIM = append(box.DKIM, helpdesk.DKIM{Domain: k.Domain, Selector: k.Selector, Key: secretRef(&k.KeySecretRef)})
	}
	if declared := spec.Inbound.IMAP; declared != nil {
		if box.IMAP, err = imap(key.Namespace, declared); err != nil {
			return helpdesk.Mailbox{}, &fault{config.KindMailbox, key, err}
		}
	}
	return box, nil
}

func imap(account string, declared *config.IMAP) (*helpdesk.IMAP, error) {
	made := &helpdesk.IMAP{
		Host: declared.Host, Port: int(declared.Port), TLS: helpdesk.TLSMode(declared.TLS),
		Login:  login(account, declared.Username, declared.CredentialsSecretRef, declared.OAuth),
		Folder: declared.Folder, Poll: time.Duration(declared.PollSeconds) * time.Second,
		Start: helpdesk.FetchFrom(declared.Start), Afterwards: helpdesk.Afterwards(declared.Afterwards), Processed: declared.ProcessedFolder,
	}
	if declared.Since == "" {
		return made, nil
	}
	var err error
	made.Since, err = time.Parse(time.DateOnly, declared.Since)
	return made, err
}

// login names the secrets, which are read when they are used: a changed one
// counts at once.
func login(account, username string, password *config.SecretReference, oauth *config.OAuth) helpdesk.Login {
	if password == nil && oauth == nil {
		return helpdesk.Login{}
	}
	l := helpdesk.Login{Account: account, Username: username, Password: secretRef(password)}
	if oauth != nil {
		l.OAuth = helpdesk.OAuth{
			TokenURL: oauth.TokenURL, Scopes: strings.Join(oauth.Scopes, " "), ClientID: oauth.ClientID,
			ClientSecret: secretRef(oauth.ClientSecretRef), RefreshToken: secretRef(oauth.RefreshTokenSecretRef),
		}
	}
	return l
}

func secretRef(r *config.SecretReference) helpdesk.SecretRef {
	if r == nil {
		return helpdesk.SecretRef{}
	}
	return helpdesk.SecretRef{Name: r.Name, Key: r.Key}
}

func parseAddresses(written []string) ([]helpdesk.Address, error) {
	var all []helpdesk.Address
	for _, w := range written {
		a, err := helpdesk.ParseAddress(w)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// onlyCenter is the account's help center if there is just one: then a mailbox
// that none names can only mean it.
func onlyCenter(account string, centers []helpdesk.HelpCenter) string {
	mine := slices.DeleteFunc(slices.Clone(centers), func(h helpdesk.HelpCenter) bool { return h.Account != account })
	if len(mine) != 1 {
		return ""
	}
	return mine[0].Name
}

func policy(t config.Trust) helpdesk.Policy {
	return helpdesk.Policy{
		NewTickets: helpdesk.NewTickets(t.NewTickets), NewTicketDomains: t.NewTicketDomains, ColleagueDomains: t.ColleagueDomains,
		ShowUnproven: t.UnprovenReplies == config.UnprovenShow, AsPublished: t.FailedProof == config.FailedAsPublished,
		ChangedSubject: helpdesk.ChangedSubject(t.ChangedSubject), MostPerHour: int(t.MailsPerHour),
	}
}
