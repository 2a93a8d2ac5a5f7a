package mailauth

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Remember is how long a signature has to be remembered so that no copy is
// believed: as long as it may be believed itself when it is dated ahead, and a
// day for clocks of ours that differ.
const Remember = maxAhead + MaxAge + 24*time.Hour

// Copied is what is proven about a mail that carries a signature which was seen
// before on another mail. What SPF proves stays: that is about the server that
// brought it, which a copy does not come from.
func (v Verdict) Copied() helpdesk.Trust {
	if slices.ContainsFunc(v.SPF, func(r Result) bool { return r.Result == Pass && r.Aligned }) {
		return v.Trust
	}
	return helpdesk.Trust{Proof: helpdesk.ProofNone, Reasons: slices.Concat(v.Trust.Reasons,
		[]string{"Its signature was seen before on another mail, so somebody may have copied it."})}
}

// maxVouched bounds the signatures that another server may have gone by. It may
// look at more of them than we do.
const maxVouched = 4 * MaxSignatures

// goBy notes with each claim that is not about the way the signatures it may rest
// on: what the server passed on need not be valid any more when it is here, and a
// copy of it passes there again.
func (r *results) goBy(fields []string) {
	all := map[string]bool{}
	for i := range r.claims {
		cl := &r.claims[i]
		if cl.method == spfMethod {
			continue
		}
		for _, f := range fields {
			if id, domain := identify(f); id != "" && related(domain, cl.Domain) && len(all) <= maxVouched {
				cl.vouched, all[id] = append(cl.vouched, id), true
			}
		}
	}
	if len(all) > maxVouched {
		r.refuse("It carries more signatures than can be told from copies.")
	}
}

// identify names a signature that was not verified here; "" if it is none.
func identify(field string) (id, domain string) {
	tags := parseTags(field)
	d, _ := first(tags, "d")
	s, _ := first(tags, "s")
	b, _ := first(tags, "b")
	if raw, err := base64.StdEncoding.DecodeString(withoutBlanks(b)); err != nil || len(raw) == 0 || len(field) > maxSignature {
		return "", ""
	}
	domain = lower(strings.TrimSuffix(withoutBlanks(d), "."))
	return digest(domain, lower(withoutBlanks(s)), b), domain
}

// related reports that one domain is the other or below it, as those that are
// aligned mostly are.
func related(a, b string) bool {
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a)
}
