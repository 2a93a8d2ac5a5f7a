package mailauth

import (
	"slices"
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
