package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// selfSigned is what mail is encrypted with while there is no other certificate.
// Its key never leaves memory.
type selfSigned struct {
	name string
	key  *ecdsa.PrivateKey

	mu      sync.Mutex
	current *tls.Certificate
}

// ownLifetime is far longer than it is in use; it is made anew when it ends.
const ownLifetime = 30 * 24 * time.Hour

func newSelfSigned(name string, now time.Time) (*selfSigned, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	s := &selfSigned{name: name, key: key}
	_, err = s.certificate(now)
	return s, err
}

func (s *selfSigned) certificate(now time.Time) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil && now.Before(s.current.Leaf.NotAfter) {
		return s.current, nil
	}
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetInt64(now.UnixNano()),
		Subject:      pkix.Name{CommonName: s.name}, DNSNames: []string{s.name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(ownLifetime), // clocks differ
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, s.key.Public(), s.key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate for %s: %w", s.name, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("sign certificate for %s: %w", s.name, err)
	}
	s.current = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: s.key, Leaf: leaf}
	return s.current, nil
}
