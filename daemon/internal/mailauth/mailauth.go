// Package mailauth finds out what is proven about the writer of a mail: SPF (RFC
// 7208), DKIM (RFC 6376) and DMARC (RFC 9989), each as far as it says something
// about the one From address.
//
// A mail is proven when SPF or DKIM passes for a domain that is aligned with the
// domain of From, whether or not that domain publishes a DMARC record. It fails
// when a record asks for such a proof and there is none. Everything else is
// neither: also a valid signature that somebody may have replayed, and a mail
// whose way here hides its first server.
//
// What a server of ours found is believed only if the operator names it, see
// [Mail.Results].
package mailauth

import (
	"context"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// MaxDuration bounds one [Checker.Check]: RFC 7208 section 4.6.4 wants at least
// 20 seconds for SPF, and a client waits some minutes for the answer to DATA.
const MaxDuration = 20 * time.Second

// Options make a [Checker]; the zero value is for use on a real network.
type Options struct {
	Resolver     Resolver         // nil for the resolver of the system
	Now          func() time.Time // nil for time.Now
	CacheEntries int              // DNS answers kept; 0 for [DefaultCacheEntries]
}

// Checker checks mails. It keeps a cache of DNS answers and nothing else, and is
// safe for concurrent use.
type Checker struct {
	dns *cache
	now func() time.Time
}

// New makes a Checker.
func New(o Options) *Checker {
	if o.Resolver == nil {
		o.Resolver = &net.Resolver{PreferGo: true}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CacheEntries <= 0 {
		o.CacheEntries = DefaultCacheEntries
	}
	return &Checker{dns: newCache(o.Resolver, o.Now, o.CacheEntries), now: o.Now}
}

// Mail is a received mail with what is known about its way here.
type Mail struct {
	Message      *eml.Mail        // must be set
	EnvelopeFrom helpdesk.Address // reverse-path; zero for the null sender
	Helo         string           // as the client said it
	Peer         netip.Addr       // address of the client

	// SPF says that Peer is a server of the sender: SMTP from outside. It is false
	// behind a relay, for LMTP and for IMAP, where Peer tells nothing about the
	// writer and a missing proof no failure.
	SPF bool

	// Ours tells the addresses of our mailboxes, with aliases and reply addresses.
	// A signature is a proof only if one of them is among the signed recipients.
	Ours func(helpdesk.Address) bool

	// Results is the authserv-id of the server that delivers to us, whose
	// Authentication-Results are believed; "" for none. It must only be set where
	// that server adds the field to every mail: otherwise a stranger may.
	Results string
}

// Values of [Result] and [DMARC] (RFC 8601 section 2.7).
const (
	Pass      = "pass"
	Fail      = "fail"
	SoftFail  = "softfail"
	Neutral   = "neutral"
	None      = "none"
	Policy    = "policy" // valid, but no proof to us: Reason says why
	TempError = "temperror"
	PermError = "permerror"
)

// Result is what one SPF check or one signature says.
type Result struct {
	Result     string `json:"result"`
	Domain     string `json:"domain,omitempty"`     // lower case; that of the identity, or d=
	Identity   string `json:"identity,omitempty"`   // SPF: "mailfrom" or "helo"
	Selector   string `json:"selector,omitempty"`   // DKIM
	Aligned    bool   `json:"aligned,omitempty"`    // only looked at when it passed
	Oversigned bool   `json:"oversigned,omitempty"` // DKIM: no second From can be added
	Server     string `json:"server,omitempty"`     // who found it, when not we
	Reason     string `json:"reason,omitempty"`
}

// DMARC is the evaluation by RFC 9989, without what we ask for beyond it.
type DMARC struct {
	Result       string `json:"result"`                 // pass, fail, none, temperror
	Domain       string `json:"domain,omitempty"`       // where the record is that applies
	Organization string `json:"organization,omitempty"` // organizational domain of From
	Policy       string `json:"policy,omitempty"`       // none, quarantine, reject: by p, sp or np
	Test         bool   `json:"test,omitempty"`         // t=y: the policy is only tried out
	Reason       string `json:"reason,omitempty"`
}

// Verdict is the outcome with all it rests on.
type Verdict struct {
	Trust  helpdesk.Trust `json:"trust"`
	Domain string         `json:"domain,omitempty"` // the aligned domain that passed
	SPF    []Result       `json:"spf,omitempty"`
	DKIM   []Result       `json:"dkim,omitempty"`
	DMARC  DMARC          `json:"dmarc"`

	// Signatures identify the aligned signatures that passed, here or at the server
	// whose results are believed: any of them on another mail makes that a copy.
	// Each is a hash in hex of its d, s and b.
	Signatures []string `json:"signatures,omitempty"`
}

// Check tells what is proven about the writer.
//
// An error means that DNS did not answer and the outcome depends on the answer;
// its kind is [helpdesk.Unavailable]. The Verdict is whole even then and says
// that nothing is proven, for a caller that does not want to try again.
func (c *Checker) Check(ctx context.Context, m Mail) (Verdict, error) {
	from, ok := m.Message.OneFrom()
	if !ok {
		return unproven("The mail does not name exactly one sender."), nil
	}
	if name := doubled(m.Message.Header); name != "" {
		return unproven("The header field " + name + " stands more than once, so that programs may show different mails."), nil
	}
	ctx, cancel := context.WithTimeout(ctx, MaxDuration)
	defer cancel()

	var found evidence
	atOnce(
		func() { found.spf = c.checkSPF(ctx, m) },
		func() { found.dkim = c.checkDKIM(ctx, m) },
		func() { found.policy = c.discover(ctx, from.Address.Domain()) },
		func() { found.results = readResults(m, from.Address.Domain()) },
	)
	return c.weigh(ctx, m, from.Address.Domain(), found)
}

// atOnce runs all parts and waits for them. What one of them panics with is the
// caller's: a mail may be a file that goes under the eyes of whoever reads it.
func atOnce(parts ...func()) {
	var wg sync.WaitGroup
	panics := make(chan any, len(parts))
	for _, part := range parts {
		wg.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					panics <- r
				}
			}()
			debug.SetPanicOnFault(true)
			part()
		})
	}
	wg.Wait()
	select {
	case r := <-panics:
		panic(r)
	default:
	}
}

func unproven(reason string) Verdict {
	return Verdict{
		Trust: helpdesk.Trust{Proof: helpdesk.ProofNone, Reasons: []string{clean(reason)}},
		DMARC: DMARC{Result: None},
	}
}

// single are the fields that programs disagree on when they stand twice: a
// signature covers the last one, readers show the first.
var single = []string{"From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "Content-Type"}

func doubled(h eml.Header) string {
	for _, name := range single {
		if h.Count(name) > 1 {
			return name
		}
	}
	return ""
}
