package doctor

import (
	"context"
	"net/netip"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
)

// providers send from other addresses than those that take mail from us; each says
// what to include instead.
var providers = []struct{ relay, include string }{
	{"gmail.com", "_spf.google.com"},
	{"google.com", "_spf.google.com"},
	{"office365.com", "spf.protection.outlook.com"},
	{"outlook.com", "spf.protection.outlook.com"},
	{"amazonaws.com", "amazonses.com"},
	{"sendgrid.net", "sendgrid.net"},
	{"mailgun.org", "mailgun.org"},
	{"postmarkapp.com", "spf.mtasv.net"},
	{"fastmail.com", "spf.messagingengine.com"},
	{"zoho.com", "zoho.com"},
	{"brevo.com", "spf.brevo.com"},
	{"mandrillapp.com", "spf.mandrillapp.com"},
}

// providerOf finds what to include for a relay; "" for one of nobody known.
func providerOf(relay string) string {
	for _, p := range providers {
		if relay == p.relay || strings.HasSuffix(relay, "."+p.relay) {
			return p.include
		}
	}
	return ""
}

// spf tells whether the mailbox's relay may send in its name. The reverse-path of
// all its mail is at the mailbox's own domain.
func (d *Doctor) spf(ctx context.Context, b helpdesk.Mailbox) Finding {
	domain := b.Address.Domain()
	include, host := providerOf(b.Relay.Host), d.sender(b)
	mechanism := lets(host)
	if include != "" {
		mechanism = "include:" + include
	}
	found, err := d.texts(ctx, domain)
	if err != nil {
		return silent("SPF", domain, err)
	}
	var records, is []string
	for _, text := range found {
		if version, _, _ := strings.Cut(text, " "); strings.EqualFold(version, "v=spf1") {
			records, is = append(records, text), append(is, textLine(domain, text))
		}
	}
	switch {
	case len(records) == 0:
		return Finding{What: "SPF", State: Missing, Words: "nothing says who may send for " + domain, Set: []string{textLine(domain, "v=spf1 "+mechanism+" ~all")}}
	case len(records) > 1:
		return Finding{What: "SPF", State: Wrong, Words: "there are several records, so receivers heed none (RFC 7208 section 4.5): make them one", Is: is}
	}
	f := Finding{What: "SPF", Is: is, Set: []string{textLine(domain, withMechanism(records[0], mechanism))}}
	if include != "" {
		return d.included(f, records[0], mechanism, b.Relay.Host)
	}
	return d.maySend(ctx, f, b, host)
}

// sender is the host that mail goes out from, as far as can be told: a relay on
// this machine sends as this server.
func (d *Doctor) sender(b helpdesk.Mailbox) string {
	if ip, err := netip.ParseAddr(b.Relay.Host); b.Relay.Host == "" || b.Relay.Host == "localhost" || err == nil && ip.IsLoopback() {
		return d.Hostname
	}
	return b.Relay.Host
}

// lets is the mechanism that lets a host send.
func lets(host string) string {
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil && ip.Unmap().Is4():
		return "ip4:" + ip.Unmap().String()
	case err == nil:
		return "ip6:" + ip.String()
	case !strings.Contains(host, "."):
		return "mx" // it has no name that others could look up
	}
	return "a:" + host
}

func (d *Doctor) included(f Finding, record, mechanism, relay string) Finding {
	for word := range strings.FieldsSeq(record) {
		if strings.EqualFold(strings.TrimPrefix(word, "+"), mechanism) {
			return Finding{What: f.What, State: OK, Words: "it includes the servers of " + relay}
		}
	}
	f.State, f.Words = Missing, "the servers of "+relay+" are not included, so mail through them fails"
	return f
}

// maySend evaluates the record for each address of the relay.
func (d *Doctor) maySend(ctx context.Context, f Finding, b helpdesk.Mailbox, host string) Finding {
	servers, err := d.addresses(ctx, host)
	if ip, parse := netip.ParseAddr(host); parse == nil {
		servers, err = []netip.Addr{ip.Unmap()}, nil
	}
	if err != nil {
		return silent("SPF", host, err)
	}
	if len(servers) == 0 {
		f.State, f.Words = Warning, host+" has no address, so it can't be told whether it may send"
		return f
	}
	for _, server := range servers {
		r := d.auth.SPF(ctx, server, host, b.Address)
		switch r.Result {
		case mailauth.Pass:
			continue
		case mailauth.TempError, mailauth.PermError, mailauth.Policy:
			f.State, f.Words = Wrong, lowerFirst(r.Reason)
			if r.Result != mailauth.Policy {
				f.Words = "receivers can't make out the record (" + r.Result + "): " + f.Words
			}
			f.Set = nil
			return f
		}
		f.State = Warning
		f.Words = host + " (" + server.String() + ") may not send for " + b.Address.Domain() + " (" + r.Result + "): right only if the relay sends from other addresses"
		return f
	}
	return Finding{What: f.What, State: OK, Words: host + " (" + join(servers) + ") may send"}
}

// withMechanism lets one more send, before the record's last word.
func withMechanism(record, mechanism string) string {
	words := strings.Fields(record)
	for i, word := range words {
		if strings.HasSuffix(strings.ToLower(word), "all") && strings.TrimLeft(strings.ToLower(word), "+-~?") == "all" || strings.HasPrefix(strings.ToLower(word), "redirect=") {
			return strings.Join(append(append(append([]string{}, words[:i]...), mechanism), words[i:]...), " ")
		}
	}
	return strings.Join(append(words, mechanism), " ")
}
