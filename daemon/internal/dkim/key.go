package dkim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
)

const (
	// minRSA is what RFC 8301 section 3.2 lets verifiers refuse below. Ours does.
	minRSA = 1024

	// goodRSA is what RFC 8301 asks of signers. Shorter keys can be broken by who
	// has money.
	goodRSA = 2048

	// maxRSA keeps one signature at some milliseconds, and the record in what DNS
	// servers carry.
	maxRSA = 4096
)

// Key signs. It is safe for concurrent use.
type Key struct {
	signer    crypto.Signer
	algorithm string // "rsa" or "ed25519", as in k= and a=
	bits      int
}

// ParseKey reads a private key in PEM: RSA as PKCS#8 or PKCS#1, or Ed25519 as
// PKCS#8. The error tells nothing of the key.
func ParseKey(text []byte) (*Key, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the key is not in PEM: it has to begin with -----BEGIN PRIVATE KEY-----")
	}
	parsed, err := parse(block)
	if err != nil {
		return nil, err
	}
	switch k := parsed.(type) {
	case *rsa.PrivateKey:
		bits := k.N.BitLen()
		if bits < minRSA || bits > maxRSA {
			return nil, fmt.Errorf("the RSA key has %d bits: %d to %d are taken, and %d are good", bits, minRSA, maxRSA, goodRSA)
		}
		return &Key{signer: k, algorithm: "rsa", bits: bits}, nil
	case ed25519.PrivateKey:
		return &Key{signer: k, algorithm: "ed25519", bits: 8 * ed25519.PublicKeySize}, nil
	}
	return nil, fmt.Errorf("a key of this kind (%T) signs no mail: RSA and Ed25519 do", parsed)
}

func parse(block *pem.Block) (any, error) {
	var parsed any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		if block.Headers["DEK-Info"] != "" {
			return nil, errors.New("the key is locked by a passphrase, which nobody can type here")
		}
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("the key is locked by a passphrase, which nobody can type here")
	case "PUBLIC KEY":
		return nil, errors.New("this is the public key: the private one signs")
	default:
		return nil, fmt.Errorf("PEM of the kind %.40q is no private key for mail", block.Type)
	}
	if err != nil {
		return nil, errors.New("the key cannot be read: it is damaged, or of another kind than its first line says")
	}
	return parsed, nil
}

// Algorithm is "rsa" or "ed25519".
func (k *Key) Algorithm() string { return k.algorithm }

// Weak reports an RSA key that should be longer.
func (k *Key) Weak() bool { return k.algorithm == "rsa" && k.bits < goodRSA }

// Record is the text of the DNS record by which others check the signatures (RFC
// 6376 section 3.6.1, RFC 8463 section 4).
func (k *Key) Record() string {
	public, ok := k.signer.Public().(ed25519.PublicKey)
	encoded := []byte(public)
	if !ok {
		// A key that was parsed can always be written.
		encoded, _ = x509.MarshalPKIXPublicKey(k.signer.Public())
	}
	return "v=DKIM1; k=" + k.algorithm + "; p=" + base64.StdEncoding.EncodeToString(encoded)
}

// RecordName is where the record of a selector of a domain stands.
func RecordName(selector, domain string) string { return selector + "._domainkey." + domain }

// sign signs a SHA-256.
func (k *Key) sign(hashed []byte) ([]byte, error) {
	if k.algorithm == "ed25519" {
		return k.signer.Sign(nil, hashed, crypto.Hash(0)) // RFC 8463 section 3: of the hash, not prehashed
	}
	return k.signer.Sign(nil, hashed, crypto.SHA256) // PKCS #1 v1.5 needs no randomness
}
