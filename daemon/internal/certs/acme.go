package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// Vault is kept by all replicas together: each answers the challenges of the
// others' orders, one orders what all serve, and a restart orders nothing.
type Vault interface {
	Sealed(ctx context.Context, name string) (value []byte, found bool, err error)
	Seal(ctx context.Context, name string, value []byte, lifetime time.Duration) error
	Unseal(ctx context.Context, name string) error
	// Claim is for one replica at a time, and ends by itself.
	Claim(ctx context.Context, name string, lifetime time.Duration) (bool, error)
	Hold(ctx context.Context, name string, lifetime time.Duration) error
	Release(ctx context.Context, name string) error
}

// ACME says whom to ask for certificates. To ask is to accept the authority's
// terms.
type ACME struct {
	Directory string         // its URL
	Roots     *x509.CertPool // whom to believe about the directory itself; nil: the system's
	Email     string         // may be empty
	Vault     Vault
}

// authority asks for certificates, in the background alone: no client waits for
// an order in its handshake, and none can cause one.
type authority struct {
	manager *autocert.Manager
	vault   Vault
	scope   string // separates directories: a certificate for tests is none for others
	wanted  func() []string
	log     *slog.Logger
	now     func() time.Time

	mu    sync.RWMutex
	names map[string]bool // wanted now: true when there is one

	tries map[string]try // run's alone
}

// try is what became of asking for a name.
type try struct {
	failed int // times in a row
	next   time.Time
}

func newAuthority(ctx context.Context, o *ACME, wanted func() []string, log *slog.Logger, now func() time.Time) *authority {
	a := &authority{
		vault: o.Vault, scope: o.Directory + " ", wanted: wanted, log: log, now: now,
		names: map[string]bool{}, tries: map[string]try{},
	}
	a.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Email: o.Email, Cache: cache{a}, HostPolicy: a.allow,
		Client: &acme.Client{DirectoryURL: o.Directory, UserAgent: "postern", HTTPClient: newWitness(ctx, o.Roots, log)},
	}
	a.manager.HTTPHandler(nil) // tells it that there is a listener for http-01
	return a
}

// Limits of asking. Let's Encrypt allows five failed tries of a name in an hour,
// and a try may cost two, one for each kind of challenge.
const (
	claimFor  = 6 * time.Minute  // autocert gives up after five
	lookAgain = 10 * time.Second // at what another replica does
)

// waitAfter is how long nobody asks for a name again that was refused.
func waitAfter(failed int) time.Duration {
	waits := []time.Duration{15 * time.Minute, 45 * time.Minute, 2 * time.Hour}
	return waits[min(failed, len(waits))-1]
}

// warm takes in what the vault has, so that the first client is served.
func (a *authority) warm(ctx context.Context) {
	a.list()
	for _, name := range a.waiting() {
		if a.kept(ctx, name) {
			a.take(ctx, name)
		}
	}
}

// run asks for what is missing until ctx ends. autocert renews by itself.
func (a *authority) run(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		a.list()
		for _, name := range a.waiting() {
			if ctx.Err() == nil && !a.now().Before(a.tries[name].next) {
				a.obtain(ctx, name)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// list takes in which names are wanted now.
func (a *authority) list() {
	next := map[string]bool{}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, name := range a.wanted() {
		next[name] = a.names[name]
	}
	a.names = next
}

// waiting are the names without a certificate.
func (a *authority) waiting() []string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	var names []string
	for name, ready := range a.names {
		if !ready {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// obtain takes the certificate that another replica got, or asks for one if no
// other does so now, or has failed just before.
func (a *authority) obtain(ctx context.Context, name string) {
	if !a.kept(ctx, name) {
		ours, err := a.vault.Claim(ctx, a.scope+name, claimFor)
		if err != nil {
			a.log.WarnContext(ctx, "certificate waits for the store", "name", name, "error", err)
		}
		if _, again := a.tries[name]; !ours && err == nil && !again {
			a.log.InfoContext(ctx, "certificate waits: another replica asks for it, or it was refused just before", "name", name)
		}
		if !ours {
			a.tries[name] = try{a.tries[name].failed, a.now().Add(lookAgain)}
			return
		}
		a.log.InfoContext(ctx, "certificate asked for", "name", name)
	}
	a.take(ctx, name)
}

// kept reports that the vault has a certificate of the name that holds.
func (a *authority) kept(ctx context.Context, name string) bool {
	raw, found, err := a.vault.Sealed(ctx, a.scope+name)
	if err != nil || !found {
		return false // obtain's claim tells of the store
	}
	_, chain := pem.Decode(raw) // the key stands first
	block, _ := pem.Decode(chain)
	if block == nil {
		return false
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	return err == nil && a.now().Before(leaf.NotAfter)
}

// take gets the certificate from autocert, which looks into the vault first.
func (a *authority) take(ctx context.Context, name string) {
	c, err := a.manager.GetCertificate(helloFor(name))
	if ctx.Err() != nil { // nothing was refused: the next start may go on at once
		a.release(context.WithoutCancel(ctx), name)
		return
	}
	if err == nil {
		delete(a.tries, name)
		a.mu.Lock()
		a.names[name] = true
		a.mu.Unlock()
		a.log.InfoContext(ctx, "certificate is served", "name", name, "until", c.Leaf.NotAfter)
		a.release(ctx, name)
		return
	}
	failed := a.tries[name].failed + 1
	wait := waitAfter(failed)
	a.tries[name] = try{failed, a.now().Add(wait)}
	a.log.ErrorContext(ctx, "no certificate was given", "name", name, "again", a.now().Add(wait), "error", err)
	if err := a.vault.Hold(ctx, a.scope+name, wait); err != nil {
		a.log.WarnContext(ctx, "other replicas may ask for the certificate again", "name", name, "error", err)
	}
}

func (a *authority) release(ctx context.Context, name string) {
	if err := a.vault.Release(ctx, a.scope+name); err != nil {
		a.log.DebugContext(ctx, "claim left to lapse", "name", name, "error", err)
	}
}

// certificate serves a name that there is a certificate for.
func (a *authority) certificate(name string) *tls.Certificate {
	a.mu.RLock()
	ready := a.names[name]
	a.mu.RUnlock()
	if !ready {
		return nil // asking autocert would begin an order
	}
	c, err := a.manager.GetCertificate(helloFor(name))
	if err != nil {
		a.log.Warn("certificate can't be served", "name", name, "error", err)
		return nil
	}
	return c
}

// helloFor asks for the kind of key that every client of this decade can use: one
// that only knows RSA must not cause an order of its own.
func helloFor(name string) *tls.ClientHelloInfo {
	return &tls.ClientHelloInfo{ServerName: name, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
}

// isChallenge tells an authority that looks for its answer (RFC 8737 section 3).
func isChallenge(hello *tls.ClientHelloInfo) bool {
	return len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == acme.ALPNProto
}

func (a *authority) challenge(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if a.allow(hello.Context(), hello.ServerName) != nil {
		return nil, nil // unrecognized_name
	}
	return a.manager.GetCertificate(hello)
}

var errNotOurs = errors.New("this host is not served here")

// allow refuses what is none of our names before anything is read for it.
func (a *authority) allow(_ context.Context, host string) error {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name // of a Host header
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	if _, ours := a.names[host]; !ours {
		return errNotOurs
	}
	return nil
}

// cache is the vault as autocert sees it. Strangers read its errors in answers to
// false challenges, so they say nothing.
type cache struct{ *authority }

var errCache = errors.New("the store does not answer")

// Lifetimes in the vault; the key of the account stays.
const (
	keepChallenge   = time.Hour            // far longer than an authority takes
	keepCertificate = 400 * 24 * time.Hour // longer than public ones hold
)

// Get implements autocert.Cache.
func (c cache) Get(ctx context.Context, name string) ([]byte, error) {
	value, found, err := c.vault.Sealed(ctx, c.scope+name)
	if err != nil {
		c.log.WarnContext(ctx, "certificates can't be read from the store", "error", err)
		return nil, errCache
	}
	if !found {
		return nil, autocert.ErrCacheMiss
	}
	return value, nil
}

// Put implements autocert.Cache.
func (c cache) Put(ctx context.Context, name string, value []byte) error {
	if err := c.vault.Seal(ctx, c.scope+name, value, lifetime(name)); err != nil {
		// autocert goes on with what it has; the next start would ask again.
		c.log.ErrorContext(ctx, "certificates can't be kept in the store", "error", err)
		return errCache
	}
	return nil
}

// Delete implements autocert.Cache.
func (c cache) Delete(ctx context.Context, name string) error {
	if err := c.vault.Unseal(ctx, c.scope+name); err != nil {
		return fmt.Errorf("forget challenge: %w", err) // it lapses
	}
	return nil
}

// lifetime tells by the names that autocert gives.
func lifetime(name string) time.Duration {
	switch {
	case strings.HasSuffix(name, "+token"), strings.HasSuffix(name, "+http-01"):
		return keepChallenge
	case strings.HasSuffix(name, "+key"):
		return 0
	}
	return keepCertificate
}
