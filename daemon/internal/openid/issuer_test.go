package openid

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// issuer is one that lies in every way that a test asks for.
type issuer struct {
	*httptest.Server
	t      *testing.T
	mu     sync.Mutex
	rsa    *rsa.PrivateKey
	ec     *ecdsa.PrivateKey
	ed     ed25519.PrivateKey
	grants map[string]grant // by code
	asked  map[string]int   // how often a path was asked for

	alg      string                              // of ID tokens
	claims   func(c map[string]any)              // changes those of the ID token
	info     func(c map[string]any)              // changes those of the user info
	metadata func(m map[string]any)              // changes what it says about itself
	answer   map[string]http.HandlerFunc         // in place of its own, by path
	keys     func(k []map[string]any)            // changes its keys
	token    func(answer map[string]any)         // changes the answer of the token endpoint
	seen     func(r *http.Request, f url.Values) // looks at what comes to the token endpoint
}

// grant is what a code stands for.
type grant struct{ client, redirect, challenge, nonce string }

const (
	clientID     = "postern"
	clientSecret = "s3cret"
	redirect     = "https://help.acme.example/sign-in/back/id"
)

func startIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t, grants: map[string]grant{}, asked: map[string]int{}, alg: "RS256", answer: map[string]http.HandlerFunc{}}
	i.rsa, i.ec, i.ed = rsaKey(), ecKey(t), edKey(t)
	i.Server = httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(i.Close)
	return i
}

// rsaKey takes a while to make, so all tests share it.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func edKey(t *testing.T) ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (i *issuer) count(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.asked[r.URL.Path]++
	other := i.answer[r.URL.Path]
	i.mu.Unlock()
	if other != nil {
		other(w, r)
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		m := map[string]any{
			"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token",
			"jwks_uri": i.URL + "/keys", "userinfo_endpoint": i.URL + "/userinfo",
			"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
		}
		change(m, i.metadata)
		i.write(w, m)
	case "/keys":
		keys := i.public()
		if i.keys != nil {
			i.keys(keys)
		}
		i.write(w, map[string]any{"keys": keys})
	case "/token":
		i.exchange(w, r)
	case "/userinfo":
		c := map[string]any{"sub": "alice-at-issuer", "email": "alice@customer.example", "email_verified": true, "name": "Alice"}
		change(c, i.info)
		i.write(w, c)
	default:
		http.NotFound(w, r)
	}
}

func (i *issuer) write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		i.t.Log(err)
	}
}

func change(c map[string]any, how func(map[string]any)) {
	if how != nil {
		how(c)
	}
}

// authorize plays the browser: it goes where it is led and brings back a code.
func (i *issuer) authorize(address string) (code, state string) {
	i.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		i.t.Fatal(err)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("scope") != "openid email profile" {
		i.t.Errorf("browser is led to %s", address)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	code = rand.Text()
	i.grants[code] = grant{q.Get("client_id"), q.Get("redirect_uri"), q.Get("code_challenge"), q.Get("nonce")}
	return code, q.Get("state")
}

func (i *issuer) exchange(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		i.t.Error(err)
	}
	if i.seen != nil {
		i.seen(r, r.PostForm)
	}
	client, secret, basic := r.BasicAuth()
	if !basic {
		client, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	i.mu.Lock()
	g, ok := i.grants[r.PostFormValue("code")]
	delete(i.grants, r.PostFormValue("code"))
	i.mu.Unlock()
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	refuse := func(status int, code string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		i.write(w, map[string]any{"error": code, "error_description": "because"})
	}
	switch {
	case client != clientID || secret != clientSecret:
		refuse(http.StatusUnauthorized, "invalid_client")
		return
	case !ok, g.client != client, g.redirect != r.PostFormValue("redirect_uri"), g.challenge != base64.RawURLEncoding.EncodeToString(challenge[:]):
		refuse(http.StatusBadRequest, "invalid_grant")
		return
	}
	c := map[string]any{
		"iss": i.URL, "aud": clientID, "sub": "alice-at-issuer", "nonce": g.nonce, "iat": noon.Unix(), "exp": noon.Add(time.Hour).Unix(),
		"email": "alice@customer.example", "email_verified": true, "name": "Alice",
	}
	change(c, i.claims)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	answer := map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": i.sign(c)}
	change(answer, i.token)
	i.write(w, answer)
}

// sign makes a token. What stands in it no library would sign, so it is made here.
func (i *issuer) sign(c map[string]any) string {
	i.t.Helper()
	part := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			i.t.Fatal(err)
		}
		return b64(raw)
	}
	kid := map[string]string{"RS256": "rsa", "ES256": "ec", "EdDSA": "ed", "HS256": "rsa", "HS256-pem": "rsa", "RS512": "rsa", "none": ""}[i.alg]
	text := part(map[string]string{"alg": cutAfter(i.alg), "typ": "JWT", "kid": kid}) + "." + part(c)
	sum := sha256.Sum256([]byte(text))
	var sig []byte
	var err error
	switch i.alg {
	case "RS256":
		sig, err = rsa.SignPKCS1v15(rand.Reader, i.rsa, crypto.SHA256, sum[:])
	case "RS512": // rightly signed, by what we do not take
		wide := crypto.SHA512.New()
		wide.Write([]byte(text))
		sig, err = rsa.SignPKCS1v15(rand.Reader, i.rsa, crypto.SHA512, wide.Sum(nil))
	case "ES256":
		var r, s *big.Int
		r, s, err = ecdsa.Sign(rand.Reader, i.ec, sum[:])
		if err == nil {
			sig = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		}
	case "EdDSA":
		sig = ed25519.Sign(i.ed, []byte(text))
	case "HS256", "HS256-pem": // with what everybody can read
		var public []byte
		public, err = x509.MarshalPKIXPublicKey(&i.rsa.PublicKey)
		if i.alg == "HS256-pem" {
			public = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
		}
		mac := hmac.New(sha256.New, public)
		mac.Write([]byte(text))
		sig = mac.Sum(nil)
	}
	if err != nil {
		i.t.Fatal(err)
	}
	return text + "." + b64(sig)
}

func cutAfter(alg string) string {
	if alg == "HS256-pem" {
		return "HS256"
	}
	return alg
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// public are its keys as JWKs.
func (i *issuer) public() []map[string]any {
	point, err := i.ec.PublicKey.Bytes() // 4, x, y
	if err != nil {
		i.t.Error(err)
	}
	return []map[string]any{
		{"kty": "RSA", "kid": "rsa", "use": "sig", "n": b64(i.rsa.N.Bytes()), "e": b64(big.NewInt(int64(i.rsa.E)).Bytes())},
		{"kty": "EC", "kid": "ec", "use": "sig", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])},
		{"kty": "OKP", "kid": "ed", "use": "sig", "crv": "Ed25519", "x": b64(i.ed.Public().(ed25519.PublicKey))},
	}
}

func (i *issuer) declared() helpdesk.OIDC {
	return helpdesk.OIDC{Name: "id", Issuer: i.URL, Label: "Acme ID", ClientID: clientID, Secret: helpdesk.SecretRef{Name: "id", Key: "client-secret"}}
}

// secrets has one.
type secrets struct{ err error }

func (s secrets) Secret(_ context.Context, account string, ref helpdesk.SecretRef) ([]byte, error) {
	if account != "support" || ref.Name != "id" {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "the secret %s is not there", ref.Name)
	}
	return []byte(clientSecret), s.err
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// clock is one that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newSource() (*Source, *clock) {
	c := &clock{at: noon}
	return New(Options{Secrets: secrets{}, Now: c.now, Networks: loopback}), c
}

var begun = helpdesk.Begun{State: "state-1", Nonce: "nonce-1", Verifier: "verifier-verifier-verifier-verifier-verifier", Redirect: redirect}

// signIn goes all the way, as a browser that is told to.
func signIn(t *testing.T, s *Source, i *issuer) (helpdesk.Identity, error) {
	t.Helper()
	address, err := s.Begin(t.Context(), i.declared(), begun)
	if err != nil {
		return helpdesk.Identity{}, err
	}
	code, state := i.authorize(address)
	if state != begun.State {
		t.Errorf("state %q", state)
	}
	return s.Finish(t.Context(), "support", i.declared(), begun, helpdesk.Returned{Code: code})
}
