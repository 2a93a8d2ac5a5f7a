package portal

import (
	"io"
	"net/netip"
	"time"

	"github.com/posterndesk/postern/daemon/internal/web"
)

// Limits of what visitors send, on each replica. The budgets of mail hold besides.
const (
	// submissionsAtOnce: an office behind one address, all of them at once, and then
	// two a minute. Who wants to flood the desk needs many networks.
	submissionsAtOnce = 20
	submissionEvery   = 30 * time.Second

	// A page asks what its answers lead to after each of them.
	statesAtOnce = 100
	stateEvery   = 200 * time.Millisecond

	// uploadsAtOnce are the MiB that one network may send at once, and uploadEvery is
	// how long until one more. All networks together may have allUploadsAtOnce, and
	// one more each allUploadEvery: within a day, which is how long a file waits, no
	// more than 24 GiB of forms and customers' answers can lie there that nobody sent.
	uploadsAtOnce    = 256
	uploadEvery      = 10 * time.Second
	allUploadsAtOnce = 2 << 10
	allUploadEvery   = 4 * time.Second

	// uploadUnit is what is counted at a time, in KiB.
	uploadUnit = 64
	unitsOfMiB = 1024 / uploadUnit
)

// quotas count by network.
type quotas struct {
	submissions, states, uploads, allUploads *web.Limiter
}

func newQuotas(now func() time.Time) *quotas {
	return &quotas{
		submissions: web.NewLimiter(submissionsAtOnce, submissionEvery, now),
		states:      web.NewLimiter(statesAtOnce, stateEvery, now),
		uploads:     web.NewLimiter(uploadsAtOnce*unitsOfMiB, uploadEvery/unitsOfMiB, now),
		allUploads:  web.NewLimiter(allUploadsAtOnce*unitsOfMiB, allUploadEvery/unitsOfMiB, now),
	}
}

// everybody is the network of all.
var everybody netip.Addr

// meter counts what a visitor sends. Agents are known, and not counted.
func (p *Handler) meter(v *visit) func(io.Reader) io.Reader {
	if v.agent != nil {
		return func(r io.Reader) io.Reader { return r }
	}
	client := p.site.Client(v.r)
	return func(r io.Reader) io.Reader {
		return &metered{Reader: r, allow: func() bool { return p.quotas.uploads.Allow(client) && p.quotas.allUploads.Allow(everybody) }}
	}
}

// metered pays for what is read, one unit ahead.
type metered struct {
	io.Reader
	allow func() bool
	paid  int // bytes that may still be read
}

func (m *metered) Read(b []byte) (int, error) {
	if m.paid <= 0 {
		if !m.allow() {
			return 0, web.ErrTooMany
		}
		m.paid += uploadUnit << 10
	}
	n, err := m.Reader.Read(b[:min(len(b), m.paid)])
	m.paid -= n
	return n, err
}
