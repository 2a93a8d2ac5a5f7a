package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// pair is a certificate with its key.
type pair struct {
	name        string // where it was read
	certificate *tls.Certificate
}

func (p *pair) leaf() *x509.Certificate { return p.certificate.Leaf }

// errNoNames would be served to nobody: pages and mail servers are found by the
// names in the certificate alone (RFC 9525 section 2).
var errNoNames = errors.New("the certificate names no DNS name")

// parsePair fits a certificate and its key together.
func parsePair(name string, cert, key []byte) (pair, error) {
	c, err := tls.X509KeyPair(cert, key) // checks that they belong together
	if err != nil {
		return pair{}, fmt.Errorf("read certificate %s: %w", name, err)
	}
	if len(c.Leaf.DNSNames) == 0 {
		return pair{}, fmt.Errorf("read certificate %s: %w", name, errNoNames)
	}
	return pair{name, &c}, nil
}

// best is the certificate that a client is served for a name: one that it can
// use, that holds now, and that holds longest. One that has expired is better
// than none: mail servers mostly do not look, and people are told what is wrong.
// Without a client, any kind of key will do.
func best(pairs []pair, name string, hello *tls.ClientHelloInfo, now time.Time) *pair {
	var found *pair
	for i := range pairs {
		p := &pairs[i]
		if p.leaf().VerifyHostname(name) != nil {
			continue
		}
		if hello != nil && !usable(hello, p.certificate) {
			continue
		}
		if found == nil || rank(p, now).After(rank(found, now)) {
			found = p
		}
	}
	return found
}

// usable leaves out the name, which was matched already and need not be the one
// that the client said.
func usable(hello *tls.ClientHelloInfo, c *tls.Certificate) bool {
	nameless := *hello
	nameless.ServerName = ""
	return nameless.SupportsCertificate(c) == nil
}

// rank sorts by the end; what does not hold yet comes last.
func rank(p *pair, now time.Time) time.Time {
	if now.Before(p.leaf().NotBefore) {
		return time.Time{}
	}
	return p.leaf().NotAfter
}
