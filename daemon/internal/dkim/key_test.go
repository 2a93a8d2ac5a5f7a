package dkim

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestParseKey(t *testing.T) {
	_, small, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GODEBUG", "rsa1024min=0")
	short, err := rsa.GenerateKey(rand.Reader, 512)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good := keys()["large"].signer.(*rsa.PrivateKey)
	public, err := x509.MarshalPKIXPublicKey(good.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		text []byte
		want string // algorithm, or words of the error
		weak bool
	}{
		{"RSA", pkcs8(t, good), "rsa", false},
		{"RSA as PKCS#1", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(good)}), "rsa", false},
		{"RSA that should be longer", pkcs8(t, weak), "rsa", true},
		{"RSA that is too short", pkcs8(t, short), "512 bits", false},
		{"Ed25519", pkcs8(t, small), "ed25519", false},
		{"another curve", pkcs8(t, curve), "signs no mail", false},
		{"words before", append([]byte("acme.example\n"), pkcs8(t, small)...), "ed25519", false},
		{"locked", pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}), "passphrase", false},
		{"locked the old way", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"DEK-Info": "x"}, Bytes: []byte("x")}), "passphrase", false},
		{"public", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), "the private one", false},
		{"a certificate", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), "CERTIFICATE", false},
		{"damaged", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}), "damaged", false},
		{"no PEM", []byte("secret"), "not in PEM", false},
		{"nothing", nil, "not in PEM", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, err := ParseKey(tt.text)
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
					t.Errorf("error %v, want one with %q", err, tt.want)
				}
				return
			}
			if k.Algorithm() != tt.want || k.Weak() != tt.weak || !strings.HasPrefix(k.Record(), "v=DKIM1; k="+tt.want+"; p=") {
				t.Errorf("key is %s, weak = %v, %s", k.Algorithm(), k.Weak(), k.Record())
			}
		})
	}
}
