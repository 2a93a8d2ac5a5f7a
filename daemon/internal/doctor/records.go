package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// mx looks up where mail for a domain goes.
func (d *Doctor) mx(ctx context.Context, domain string) Finding {
	found, err := d.Resolver.LookupMX(ctx, domain+".")
	if unanswered(err) != nil {
		return silent("MX", domain, err)
	}
	set := []string{line(domain, "MX", "10 "+d.Hostname+".")}
	var is, hosts []string
	for _, mx := range found {
		is = append(is, line(domain, "MX", fmt.Sprintf("%d %s", mx.Pref, mx.Host)))
		hosts = append(hosts, strings.TrimSuffix(mx.Host, "."))
		if strings.EqualFold(strings.TrimSuffix(mx.Host, "."), d.Hostname) {
			return Finding{What: "MX", State: OK, Words: "mail for " + domain + " comes to " + d.Hostname}
		}
	}
	switch {
	case len(found) == 0:
		return Finding{What: "MX", State: Missing, Words: "nobody knows where mail for " + domain + " goes", Set: set}
	case len(hosts) == 1 && hosts[0] == "":
		return Finding{What: "MX", State: Wrong, Words: domain + " says that it takes no mail (RFC 7505)", Is: is, Set: set}
	}
	return Finding{
		What: "MX", State: Warning, Is: is, Set: set,
		Words: "mail for " + domain + " goes to " + strings.Join(hosts, ", ") + ", not to " + d.Hostname + ": right if it is handed on to this server",
	}
}

// dkim compares what is published with the keys that sign.
func (d *Doctor) dkim(ctx context.Context, b helpdesk.Mailbox) []Finding {
	if len(b.DKIM) == 0 {
		return []Finding{{What: "DKIM", State: Warning, Words: "no key is declared, so the relay has to sign in the name of " + b.Address.Domain() + ": a round trip tells whether it does (--send)"}}
	}
	keys, err := d.Keys(ctx, b)
	if err != nil {
		return []Finding{{What: "DKIM", State: Wrong, Words: err.Error() + ": no mail of this mailbox goes out"}}
	}
	var all []Finding
	for _, k := range keys {
		all = append(all, d.key(ctx, k))
	}
	return all
}

func (d *Doctor) key(ctx context.Context, k outbound.KeyRecord) Finding {
	selector, _, _ := strings.Cut(k.Name, "._domainkey.")
	f := Finding{What: "DKIM " + selector, State: OK, Words: k.Algorithm + ", as published"}
	found, err := d.texts(ctx, k.Name)
	if err != nil {
		return silent(f.What, k.Name, err)
	}
	same := false
	for _, text := range found {
		f.Is = append(f.Is, textLine(k.Name, text))
		same = same || sameKey(text, k.Text)
	}
	switch {
	case len(found) == 0:
		f.State, f.Words = Missing, "the key that signs is not published, so its signatures count for nothing"
	case len(found) > 1:
		f.State, f.Words = Wrong, "several records stand there, of which receivers may take any (RFC 6376 section 3.6.2.2)"
	case !same:
		f.State, f.Words = Wrong, "another key is published than the one that signs"
	case mailauth.Tags(found[0])["t"] == "y":
		f.State, f.Words = Warning, "it is published as one that is only tried out (t=y), so signatures may not count"
	case k.Weak:
		return Finding{What: f.What, State: Warning, Words: "the RSA key is short; take one of 2048 bits"}
	default:
		return Finding{What: f.What, State: OK, Words: f.Words}
	}
	f.Set = []string{textLine(k.Name, k.Text)}
	return f
}

// sameKey compares two records by what verifies: the kind of key and the key.
func sameKey(a, b string) bool {
	kind := func(tags map[string]string) string {
		if tags["k"] == "" {
			return "rsa" // RFC 6376 section 3.6.1
		}
		return tags["k"]
	}
	x, y := mailauth.Tags(a), mailauth.Tags(b)
	return kind(x) == kind(y) && blankless(x["p"]) == blankless(y["p"])
}

func blankless(s string) string { return strings.Join(strings.Fields(s), "") }

// dmarc tells what receivers are asked to do with mail that fails.
func (d *Doctor) dmarc(ctx context.Context, domain string) Finding {
	set := []string{textLine("_dmarc."+domain, "v=DMARC1; p=none")}
	p, err := d.auth.Policy(ctx, domain)
	switch {
	case err != nil:
		return silent("DMARC", domain, err)
	case p.Result != mailauth.Pass && p.Reason != "":
		return Finding{What: "DMARC", State: Wrong, Words: lowerFirst(p.Reason), Set: set}
	case p.Result != mailauth.Pass:
		return Finding{What: "DMARC", State: Missing, Words: "there is no record; large receivers want one. Begin with p=none, and ask for more once all mail passes", Set: set}
	}
	words := "p=" + p.Policy + ", said by " + p.Domain
	if p.Test {
		words += ", tried out (t=y)"
	}
	if p.Reason != "" {
		return Finding{What: "DMARC", State: Warning, Words: words + ": " + lowerFirst(p.Reason)}
	}
	return Finding{What: "DMARC", State: OK, Words: words}
}

// lowerFirst and without the full stop: a sentence as part of another one.
func lowerFirst(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToLower(s[:1]) + strings.TrimSuffix(s[1:], ".")
}
