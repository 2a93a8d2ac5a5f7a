package mailauth

import (
	"net/url"
	"strings"
)

// maxRecord bounds a DMARC record. Real ones have less than 500 bytes; the
// longest carry a handful of report addresses.
const maxRecord = 4 << 10

// record is a DMARC policy record (RFC 9989 section 4.7), as far as it is used
// here: nobody is sent reports.
type record struct {
	policy       string // p: none, quarantine, reject
	subdomains   string // sp; "" when absent
	missing      string // np; "" when absent
	strictDKIM   bool   // adkim=s
	strictSPF    bool   // aspf=s
	psd          byte   // y, n or u
	test         bool   // t=y
	unprocessed  bool   // broken in a way that switches DMARC off, section 4.10.1
	replacedByNo string // which broken tag made the policy "none"; "" when none did
}

// parseRecord reads one TXT record, and returns false when it is no DMARC record
// of this version, which is to be ignored as a whole.
func parseRecord(txt string) (record, bool) {
	if len(txt) > maxRecord {
		return record{}, false
	}
	version, rest, _ := strings.Cut(txt, ";")
	name, value, ok := strings.Cut(version, "=")
	// Section 4.7: v must be first, and its value match precisely.
	if !ok || !strings.EqualFold(strings.TrimRight(name, " \t"), "v") || strings.Trim(value, " \t") != "DMARC1" {
		return record{}, false
	}
	tags := parseTags(rest)
	for i := range tags {
		tags[i].name = lower(tags[i].name)
		tags[i].value = lower(tags[i].value)
	}
	r := record{psd: 'u'} // Section 4.7: what is broken counts as its default
	if s, _ := first(tags, "adkim"); s == "s" {
		r.strictDKIM = true
	}
	if s, _ := first(tags, "aspf"); s == "s" {
		r.strictSPF = true
	}
	if s, _ := first(tags, "t"); s == "y" {
		r.test = true
	}
	if s, _ := first(tags, "psd"); s == "y" || s == "n" {
		r.psd = s[0]
	}
	r.readPolicies(tags)
	return r, true
}

// readPolicies obeys section 4.10.1: without a valid p, or with an invalid sp or
// np, the record counts as p=none if somebody wants reports, and else DMARC is
// not applied at all.
func (r *record) readPolicies(tags []tag) {
	broken := ""
	for _, t := range []struct {
		name string
		to   *string
		must bool
	}{{"p", &r.policy, true}, {"sp", &r.subdomains, false}, {"np", &r.missing, false}} {
		value, there := first(tags, t.name)
		switch {
		case value == "none" || value == "quarantine" || value == "reject":
			*t.to = value
		case (there || t.must) && broken == "":
			broken = t.name
		}
	}
	if broken == "" {
		return
	}
	reports, _ := first(tags, "rua")
	r.policy, r.subdomains, r.missing, r.replacedByNo = "none", "", "", broken
	r.unprocessed = !namesReceiver(reports)
}

// namesReceiver reports whether a rua holds at least one valid URI.
func namesReceiver(rua string) bool {
	for s := range strings.SplitSeq(rua, ",") {
		u, err := url.Parse(strings.Trim(s, " \t"))
		if err != nil || u.Scheme == "" {
			continue
		}
		if u.Scheme != "mailto" || strings.Contains(u.Opaque, "@") {
			return true
		}
	}
	return false
}
