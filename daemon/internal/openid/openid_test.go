package openid

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: S25
func TestSignIn(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			i := startIssuer(t)
			i.alg = alg
			source, _ := newSource()
			got, err := signIn(t, source, i)
			if err != nil {
				t.Fatal(err)
			}
			want := helpdesk.Identity{
				Subject: helpdesk.Subject{Issuer: i.URL, Subject: "alice-at-issuer", Name: "id", Since: noon},
				Address: helpdesk.MustAddress("alice@customer.example"), Verified: true, Name: "Alice",
			}
			if got != want {
				t.Errorf("identity %+v, want %+v", got, want)
			}
			if n := i.count("/userinfo"); n != 0 {
				t.Errorf("it was asked %d times for what its token says", n)
			}
		})
	}
}

// Whatever an issuer, or somebody in its place, does wrong, nobody is signed in.
//
// covers: S25
func TestWhatDoesNotHold(t *testing.T) {
	set := func(name string, value any) func(*issuer) {
		return func(i *issuer) { i.claims = func(c map[string]any) { c[name] = value } }
	}
	alg := func(name string) func(*issuer) { return func(i *issuer) { i.alg = name } }
	for _, test := range []struct {
		name string
		lie  func(*issuer)
		want string
	}{
		{"nonce of another sign-in", set("nonce", "nonce-2"), "nonce"},
		{"no nonce", set("nonce", nil), "nonce"},
		{"another client", set("aud", "other"), "audience"},
		{"no client", set("aud", nil), "audience"},
		{"other clients too", set("aud", []string{clientID, "other"}), "another client"},
		{"another party", set("azp", "other"), "another client"},
		{"another issuer", set("iss", "https://evil.example"), "different provider"},
		{"no issuer", set("iss", nil), "different provider"},
		{"lapsed", set("exp", noon.Add(-time.Second).Unix()), "expired"},
		{"no end", set("exp", nil), "expired"},
		{"made too early", set("iat", noon.Add(-clockSkew-time.Second).Unix()), "not now"},
		{"made too late", set("iat", noon.Add(clockSkew+time.Second).Unix()), "not now"},
		{"made at no time", set("iat", nil), "not now"},
		{"not to be used yet", set("nbf", noon.Add(time.Hour).Unix()), "not before"},
		{"nobody", set("sub", nil), "nobody"},
		{"somebody with a long name", set("sub", strings.Repeat("x", maxSubject+1)), "nobody"},
		{"hash of another access token", set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), "access token"},
		{"not signed", alg("none"), "malformed jwt"},
		{"signed with the public key as a secret", alg("HS256"), "malformed jwt"},
		{"the same, as PEM", alg("HS256-pem"), "malformed jwt"},
		{"signed in another way", alg("RS512"), "malformed jwt"},
		{"signed by another key", func(i *issuer) { i.ec, i.alg = ecKey(i.t), "ES256"; swapKeyOnce(i) }, "verify signature"},
		{"no ID token", func(i *issuer) { i.token = func(a map[string]any) { delete(a, "id_token") } }, "no ID token"},
		{"an ID token that is none", func(i *issuer) { i.token = func(a map[string]any) { a["id_token"] = "x.y.z" } }, "malformed jwt"},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := startIssuer(t)
			test.lie(i)
			source, _ := newSource()
			got, err := signIn(t, source, i)
			if err == nil || helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(err.Error(), test.want) {
				t.Errorf("identity %+v, error %v (%s), want one about %q", got, err, helpdesk.KindOf(err), test.want)
			}
		})
	}
}

// swapKeyOnce tells of another key than the one that signs.
func swapKeyOnce(i *issuer) {
	other := ecKey(i.t)
	point, err := other.PublicKey.Bytes()
	if err != nil {
		i.t.Fatal(err)
	}
	i.keys = func(k []map[string]any) { k[1]["x"], k[1]["y"] = b64(point[1:33]), b64(point[33:]) }
}

// Only the identity counts for who somebody is, and only true for an address that
// is theirs.
func TestAddresses(t *testing.T) {
	google := func(o *helpdesk.OIDC) { o.Google = true }
	for _, test := range []struct {
		name     string
		claims   map[string]any
		declared func(*helpdesk.OIDC)
		address  string
		proves   bool
	}{
		{"verified", nil, nil, "alice@customer.example", true},
		{"not verified", map[string]any{"email_verified": false}, nil, "alice@customer.example", false},
		{"not said", map[string]any{"email_verified": nil}, nil, "alice@customer.example", false},
		{"said in words", map[string]any{"email_verified": "true"}, nil, "alice@customer.example", false},
		{"said as a number", map[string]any{"email_verified": 1}, nil, "alice@customer.example", false},
		{"no address", map[string]any{"email": "alice"}, nil, "", false},
		{"Google, another domain", nil, google, "alice@customer.example", false},
		{"Google by its address", nil, func(o *helpdesk.OIDC) { o.Issuer = helpdesk.GoogleIssuer }, "alice@customer.example", false},
		{"Google, its own", map[string]any{"email": "alice@gmail.com"}, google, "alice@gmail.com", true},
		{"Google, its own of old", map[string]any{"email": "Alice@GoogleMail.com"}, google, "Alice@googlemail.com", true},
		{"Google, what looks like its own", map[string]any{"email": "alice@gmail.com.evil.example"}, google, "alice@gmail.com.evil.example", false},
		{"Google, managed", map[string]any{"hd": "Customer.example"}, google, "alice@customer.example", true},
		{"Google, managed for another domain", map[string]any{"hd": "other.example"}, google, "alice@customer.example", false},
		{"Google, below the managed one", map[string]any{"hd": "customer.example", "email": "alice@sub.customer.example"}, google, "alice@sub.customer.example", false},
		{"Google, managed and not verified", map[string]any{"hd": "customer.example", "email_verified": false}, google, "alice@customer.example", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := startIssuer(t)
			i.claims = func(c map[string]any) {
				for name, value := range test.claims {
					c[name] = value
				}
			}
			source, _ := newSource()
			got, err := signIn(t, source, i)
			if err != nil {
				t.Fatal(err)
			}
			declared := i.declared()
			if test.declared != nil {
				test.declared(&declared)
			}
			if got.Address.String() != test.address || got.Proves(declared) != test.proves {
				t.Errorf("address %q, proves %t", got.Address, got.Proves(declared))
			}
		})
	}
}

func TestUserInfo(t *testing.T) {
	unsaid := func(c map[string]any) { c["email"], c["email_verified"], c["name"] = nil, nil, nil }
	for _, test := range []struct {
		name    string
		how     func(*issuer)
		address string
		kind    helpdesk.Kind // Internal: no error
	}{
		{"told there", nil, "alice@customer.example", helpdesk.Internal},
		{"nowhere to ask", func(i *issuer) { i.metadata = func(m map[string]any) { delete(m, "userinfo_endpoint") } }, "", helpdesk.Internal},
		{"about somebody else", func(i *issuer) { i.info = func(c map[string]any) { c["sub"] = "bob" } }, "", helpdesk.Invalid},
		{"about nobody", func(i *issuer) { i.info = func(c map[string]any) { delete(c, "sub") } }, "", helpdesk.Invalid},
		{"not answered", func(i *issuer) { i.answer["/userinfo"] = http.NotFound }, "", helpdesk.Unavailable},
		{"no address there either", func(i *issuer) { i.info = func(c map[string]any) { delete(c, "email") } }, "", helpdesk.Internal},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := startIssuer(t)
			i.claims = unsaid
			if test.how != nil {
				test.how(i)
			}
			source, _ := newSource()
			got, err := signIn(t, source, i)
			if (err != nil) != (test.kind != helpdesk.Internal) || err != nil && helpdesk.KindOf(err) != test.kind {
				t.Fatalf("error %v, want %s", err, test.kind)
			}
			if got.Address.String() != test.address || got.Proves(i.declared()) != (test.address != "") {
				t.Errorf("identity %+v", got)
			}
		})
	}
}

// covers: S25
func TestCodesAreForOneUseAndOneSignIn(t *testing.T) {
	i := startIssuer(t)
	source, _ := newSource()
	address, err := source.Begin(t.Context(), i.declared(), begun)
	if err != nil {
		t.Fatal(err)
	}
	finish := func(code string, b helpdesk.Begun, r helpdesk.Returned) error {
		r.Code = code
		_, err := source.Finish(t.Context(), "support", i.declared(), b, r)
		return err
	}
	code, _ := i.authorize(address)
	if err := finish(code, begun, helpdesk.Returned{}); err != nil {
		t.Fatal(err)
	}
	other := begun
	other.Verifier = "another-another-another-another-another-anoth"
	elsewhere := begun
	elsewhere.Redirect = "https://help.acme.example/sign-in/back/other"
	fresh := func() string { code, _ := i.authorize(address); return code }
	for name, err := range map[string]error{
		"a second time":              finish(code, begun, helpdesk.Returned{}),
		"made up":                    finish("guess", begun, helpdesk.Returned{}),
		"begun in another browser":   finish(fresh(), other, helpdesk.Returned{}),
		"for another address":        finish(fresh(), elsewhere, helpdesk.Returned{}),
		"sent by another issuer":     finish(fresh(), begun, helpdesk.Returned{Issuer: "https://evil.example"}),
		"of an attempt with no word": finish(fresh(), helpdesk.Begun{Verifier: begun.Verifier, Redirect: redirect}, helpdesk.Returned{}),
	} {
		if helpdesk.KindOf(err) != helpdesk.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := finish(fresh(), begun, helpdesk.Returned{Issuer: i.URL}); err != nil {
		t.Errorf("sent by the issuer: %v", err)
	}
}

// An issuer that names itself in its answers must do so in each (RFC 9207).
func TestAnIssuerThatNamesItself(t *testing.T) {
	i := startIssuer(t)
	i.metadata = func(m map[string]any) { m["authorization_response_iss_parameter_supported"] = true }
	source, _ := newSource()
	if _, err := signIn(t, source, i); helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(err.Error(), "not from the issuer") {
		t.Errorf("without its name: %v", err)
	}
}

func TestHowTheClientIsNamed(t *testing.T) {
	for _, test := range []struct {
		name    string
		methods any
		basic   bool
	}{
		{"nothing said", nil, true},
		{"both", []string{"client_secret_post", "client_secret_basic"}, true},
		{"in the form alone", []string{"client_secret_post"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := startIssuer(t)
			i.metadata = func(m map[string]any) { m["token_endpoint_auth_methods_supported"] = test.methods }
			i.seen = func(r *http.Request, form url.Values) {
				_, _, basic := r.BasicAuth()
				if basic != test.basic || form.Has("client_secret") == test.basic {
					t.Errorf("by header %t, form %v", basic, form)
				}
			}
			source, _ := newSource()
			if _, err := signIn(t, source, i); err != nil {
				t.Error(err)
			}
			if n := i.count("/token"); n != 1 {
				t.Errorf("the code was sent %d times", n)
			}
		})
	}
}

// What an issuer says about itself leads nobody astray, and a broken answer is
// neither followed nor read without end.
func TestIssuersThatCannotBeAsked(t *testing.T) {
	meta := func(name string, value any) func(*issuer) {
		return func(i *issuer) { i.metadata = func(m map[string]any) { m[name] = value } }
	}
	answer := func(path string, h http.HandlerFunc) func(*issuer) { return func(i *issuer) { i.answer[path] = h } }
	endless := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"issuer":"`)
		chunk := strings.Repeat("x", 64<<10)
		for range 4 * maxAnswer / len(chunk) {
			if _, err := io.WriteString(w, chunk); err != nil {
				return // it was cut off, as it should be
			}
		}
	}
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}
	for _, test := range []struct {
		name string
		how  func(*issuer)
		want string
	}{
		{"another issuer", meta("issuer", "https://evil.example"), "did not match"},
		{"a script to be led to", meta("authorization_endpoint", "javascript:alert(1)"), "no web address"},
		{"nowhere to be led to", meta("authorization_endpoint", ""), "no web address"},
		{"tokens without TLS", meta("token_endpoint", "http://id.example/token"), "without TLS"},
		{"keys without TLS", meta("jwks_uri", "http://id.example/keys"), "without TLS"},
		{"user info without TLS", meta("userinfo_endpoint", "http://id.example/me"), "without TLS"},
		{"an endpoint of somebody", meta("token_endpoint", "https://a:b@id.example/token"), "no web address"},
		{"no keys", meta("jwks_uri", ""), "no web address"},
		{"metadata elsewhere", answer("/.well-known/openid-configuration", elsewhere), "307"},
		{"metadata without end", answer("/.well-known/openid-configuration", endless), "decode"},
		{"metadata that is none", answer("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }), "decode"},
		{"tokens elsewhere", answer("/token", elsewhere), "307"},
		{"tokens without end", answer("/token", endless), "exchange"},
		{"an error of its own", answer("/token", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }), "502"},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := startIssuer(t)
			test.how(i)
			source, _ := newSource()
			_, err := signIn(t, source, i)
			if helpdesk.KindOf(err) != helpdesk.Unavailable || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v (%s), want one about %q", err, helpdesk.KindOf(err), test.want)
			}
			if len(err.Error()) > 1000 {
				t.Errorf("the log gets %d bytes", len(err.Error()))
			}
			if n := i.count("/elsewhere"); n != 0 {
				t.Error("it was followed")
			}
		})
	}
}

// Keys that cannot be had let nobody in; that they cannot is no fault of the code.
func TestKeysElsewhere(t *testing.T) {
	i := startIssuer(t)
	i.answer["/keys"] = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }
	source, _ := newSource()
	if _, err := signIn(t, source, i); err == nil || i.count("/elsewhere") != 0 {
		t.Errorf("error %v, followed %d times", err, i.count("/elsewhere"))
	}
}

// Somebody who waits is not kept waiting by an issuer that says nothing.
func TestAnIssuerThatIsSlow(t *testing.T) {
	i := startIssuer(t)
	release := make(chan struct{})
	i.answer["/token"] = func(http.ResponseWriter, *http.Request) { <-release }
	defer close(release)
	source, _ := newSource()
	source.http.Timeout = 50 * time.Millisecond
	address, err := source.Begin(t.Context(), i.declared(), begun)
	if err != nil {
		t.Fatal(err)
	}
	code, _ := i.authorize(address)
	_, err = source.Finish(t.Context(), "support", i.declared(), begun, helpdesk.Returned{Code: code})
	if helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Errorf("error %v", err)
	}
	if fresh, _ := newSource(); fresh.http.Timeout != requestTimeout {
		t.Errorf("a request may take %s", fresh.http.Timeout)
	}
}

func TestMetadataIsRemembered(t *testing.T) {
	const path = "/.well-known/openid-configuration"
	i := startIssuer(t)
	source, clock := newSource()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := source.Begin(t.Context(), i.declared(), begun); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for range 2 {
		if _, err := signIn(t, source, i); err != nil {
			t.Fatal(err)
		}
	}
	if meta, keys := i.count(path), i.count("/keys"); meta != 1 || keys != 1 {
		t.Errorf("asked %d times about itself and %d times for its keys, want once", meta, keys)
	}
	// A key that it withdrew is not believed for longer than that.
	i.keys = func(k []map[string]any) { k[0]["kid"], k[0]["n"] = "new", b64([]byte(strings.Repeat("x", 256))) }
	clock.wait(metadataLifetime)
	i.claims = func(c map[string]any) { c["iat"], c["exp"] = clock.now().Unix(), clock.now().Add(time.Hour).Unix() }
	if _, err := signIn(t, source, i); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("signed by a key that was withdrawn: %v", err)
	}
	if meta := i.count(path); meta != 2 {
		t.Errorf("asked %d times about itself, want twice", meta)
	}
}

func TestAnIssuerThatFailsIsSpared(t *testing.T) {
	const path = "/.well-known/openid-configuration"
	i := startIssuer(t)
	i.answer[path] = http.NotFound
	source, clock := newSource()
	for range 3 {
		if _, err := source.Begin(t.Context(), i.declared(), begun); helpdesk.KindOf(err) != helpdesk.Unavailable {
			t.Fatalf("error %v", err)
		}
	}
	if n := i.count(path); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	clock.wait(pauseAfterFailure)
	if _, err := source.Begin(gone, i.declared(), begun); err == nil {
		t.Error("an answer for somebody who has gone")
	}
	delete(i.answer, path)
	if _, err := source.Begin(t.Context(), i.declared(), begun); err != nil {
		t.Errorf("after a while, and after somebody who went: %v", err)
	}
}

func TestNoSecret(t *testing.T) {
	i := startIssuer(t)
	source, _ := newSource()
	source.secrets = secrets{err: helpdesk.Errorf(helpdesk.NotFound, "it is not there")}
	_, err := signIn(t, source, i)
	if helpdesk.KindOf(err) != helpdesk.Unavailable || helpdesk.Public(err) != "" {
		t.Errorf("error %v, for the outside %q", err, helpdesk.Public(err))
	}
}

// covers: S25
func TestWhereIssuersMayBe(t *testing.T) {
	operator := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fd00::/8")}
	for _, test := range []struct {
		address     string
		alone, also bool // without networks of the operator, and with them
	}{
		{"93.184.216.34", true, true},
		{"2606:2800:220:1:248:1893:25c8:1946", true, true},
		{"127.0.0.1", false, false},
		{"::1", false, true},
		{"::ffff:127.0.0.1", false, false},
		{"::127.0.0.1", false, false},
		{"10.1.2.3", false, true},
		{"::ffff:10.1.2.3", false, true},
		{"10.2.0.1", false, false},
		{"172.16.0.1", false, false},
		{"192.168.1.1", false, false},
		{"100.64.0.1", false, false},
		{"100.100.100.200", false, false},
		{"169.254.169.254", false, false},
		{"::ffff:169.254.169.254", false, false},
		{"fe80::1%eth0", false, false},
		{"fd12::1", false, true},
		{"fd00:ec2::254", false, false},
		{"fd20:ce::254", false, false},
		{"168.63.129.16", false, false},
		{"192.0.0.192", false, false},
		{"0.0.0.0", false, false},
		{"::", false, false},
		{"224.0.0.1", false, false},
		{"255.255.255.255", false, false},
		{"64:ff9b::5db8:d822", true, true},   // a public one where there is no IPv4
		{"64:ff9b::7f00:1", false, false},    // 127.0.0.1
		{"64:ff9b::a9fe:a9fe", false, false}, // 169.254.169.254
		{"2002:7f00:1::", false, false},
		{"2001:0:7f00:1::", false, false},
	} {
		a := netip.MustParseAddr(test.address)
		if got := guard(nil).allows(a); got != test.alone {
			t.Errorf("%s: allowed %t", a, got)
		}
		if got := guard(operator).allows(a); got != test.also {
			t.Errorf("%s with networks of the operator: allowed %t", a, got)
		}
	}
}

// The check is asked by what connects, whatever a name stands for.
func TestANameOfThisMachine(t *testing.T) {
	i := startIssuer(t)
	source := New(Options{Secrets: secrets{}, Now: (&clock{at: noon}).now})
	u, err := url.Parse(i.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{i.URL, "http://localhost:" + u.Port()} {
		declared := i.declared()
		declared.Issuer = address
		if _, err := source.Begin(t.Context(), declared, begun); err == nil || !strings.Contains(err.Error(), "not a public address") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if n := i.count("/.well-known/openid-configuration"); n != 0 {
		t.Errorf("it was asked %d times", n)
	}
	if err := guard(nil).control(t.Context(), "tcp", "nonsense", nil); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("no address: %v", err)
	}
}
