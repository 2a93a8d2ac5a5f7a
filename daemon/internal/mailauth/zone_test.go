package mailauth

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// zone is a DNS of a few names. Names without an entry do not exist.
type zone struct {
	txt  map[string][]string
	mx   map[string][]string
	ip   map[string][]string
	fail map[string]error // for every question about the name; errSilent never answers

	mu    sync.Mutex
	asked []string
}

var (
	errSilent   = &net.DNSError{Err: "silent"}
	errServfail = &net.DNSError{Err: "server misbehaving", IsTemporary: true}
	errRefused  = &net.DNSError{Err: "refused"}
)

func (z *zone) enter(ctx context.Context, kind, name string) (string, error) {
	short, absolute := strings.CutSuffix(name, ".")
	if !absolute {
		panic("a name that a search list may be tried for: " + name)
	}
	z.mu.Lock()
	z.asked = append(z.asked, kind+" "+short)
	z.mu.Unlock()
	err := z.fail[short]
	if err == errSilent {
		<-ctx.Done()
		return short, ctx.Err()
	}
	return short, err
}

func (z *zone) questions() []string {
	z.mu.Lock()
	defer z.mu.Unlock()
	return slices.Clone(z.asked)
}

func missing(name string) error {
	return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (z *zone) LookupTXT(ctx context.Context, name string) ([]string, error) {
	name, err := z.enter(ctx, "txt", name)
	if err != nil {
		return nil, err
	}
	if z.txt[name] == nil {
		return nil, missing(name)
	}
	return z.txt[name], nil
}

func (z *zone) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	name, err := z.enter(ctx, "mx", name)
	if err != nil {
		return nil, err
	}
	if z.mx[name] == nil {
		return nil, missing(name)
	}
	var all []*net.MX
	for _, host := range z.mx[name] {
		all = append(all, &net.MX{Host: host + "."})
	}
	return all, nil
}

func (z *zone) LookupIPAddr(ctx context.Context, name string) ([]net.IPAddr, error) {
	name, err := z.enter(ctx, "ip", name)
	if err != nil {
		return nil, err
	}
	if z.ip[name] == nil {
		return nil, missing(name)
	}
	var all []net.IPAddr
	for _, ip := range z.ip[name] {
		all = append(all, net.IPAddr{IP: net.ParseIP(ip)})
	}
	return all, nil
}

func (z *zone) LookupAddr(_ context.Context, addr string) ([]string, error) {
	return nil, missing(addr)
}

// txts makes a zone of TXT records: name, record, name, record…
func txts(pairs ...string) *zone {
	z := &zone{txt: map[string][]string{}, fail: map[string]error{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		z.txt[pairs[i]] = append(z.txt[pairs[i]], pairs[i+1])
	}
	return z
}

const (
	goodPeer = "192.0.2.1"
	badPeer  = "203.0.113.9"
)

// letter is the header of a plain mail from ann@example.com, without its end.
func letter() string {
	return "From: Ann <ann@example.com>\r\nTo: support@acme.example\r\nSubject: Help\r\nDate: " +
		time.Now().UTC().Format(time.RFC1123Z) + "\r\nMessage-ID: <1@example.com>\r\n"
}

const words = "\r\nHello,\r\n\r\nplease help.\r\n"

func ours(a helpdesk.Address) bool { return a.Key() == "support@acme.example" }

// direct is a mail by SMTP from outside.
func direct(raw, peer, from string) Mail {
	m := Mail{Message: eml.Read([]byte(raw)), Helo: "mail.example.com", Peer: netip.MustParseAddr(peer), SPF: true, Ours: ours}
	if from != "" {
		m.EnvelopeFrom = helpdesk.MustAddress(from)
	}
	return m
}

func mustCheck(t *testing.T, z *zone, m Mail) Verdict {
	t.Helper()
	v, err := New(Options{Resolver: z}).Check(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// outcome is the verdict in short: proof, and what DMARC says.
func outcome(v Verdict) string {
	s := string(v.Trust.Proof) + " dmarc=" + v.DMARC.Result
	if v.DMARC.Policy != "" {
		s += " p=" + v.DMARC.Policy
	}
	return s
}
