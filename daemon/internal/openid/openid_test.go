package openid

import (
	"cmp"
	"net/http"
	"net/url"
	"reflect"
	"strings"
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
			if !reflect.DeepEqual(got, want) {
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

func TestNoSecret(t *testing.T) {
	i := startIssuer(t)
	source, _ := newSource()
	source.secrets = secrets{err: helpdesk.Errorf(helpdesk.NotFound, "it is not there")}
	_, err := signIn(t, source, i)
	if helpdesk.KindOf(err) != helpdesk.Unavailable || helpdesk.Public(err) != "" {
		t.Errorf("error %v, for the outside %q", err, helpdesk.Public(err))
	}
}

// Groups are read where the issuer tells them, in the claim that is declared; what is
// no text counts for nothing, and no groups are none.
func TestGroups(t *testing.T) {
	for _, tt := range []struct {
		name  string
		claim string
		token any // in the ID token; nil for nothing
		info  any // in the user info
		want  []string
		asked int // how often the user info
	}{
		{"a list", "groups", []any{"a", "b"}, nil, []string{"a", "b"}, 0},
		{"one text", "hd", "acme.example", nil, []string{"acme.example"}, 0},
		{"other things in it", "groups", []any{"a", 7, nil, map[string]any{"x": "y"}}, nil, []string{"a"}, 0},
		{"an object", "groups", map[string]any{"admin": true}, nil, nil, 1},
		{"none of them", "groups", []any{}, nil, []string{}, 0},
		{"in the user info", "groups", nil, []any{"c"}, []string{"c"}, 1},
		{"signed ones count", "groups", []any{"a"}, []any{"admins"}, []string{"a"}, 0},
		{"not asked for", "", []any{"a"}, nil, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := startIssuer(t)
			put := func(value any) func(map[string]any) {
				return func(c map[string]any) {
					if value != nil {
						c[cmp.Or(tt.claim, "groups")] = value
					}
				}
			}
			i.claims, i.info = put(tt.token), put(tt.info)
			source, _ := newSource()
			o := i.declared()
			o.Groups, o.Scopes = tt.claim, nil
			address, err := source.Begin(t.Context(), o, begun)
			if err != nil {
				t.Fatal(err)
			}
			code, _ := i.authorize(address)
			got, err := source.Finish(t.Context(), "support", o, begun, helpdesk.Returned{Code: code})
			if err != nil || !reflect.DeepEqual(got.Groups, tt.want) || i.count("/userinfo") != tt.asked || got.Address.String() != "alice@customer.example" {
				t.Errorf("%+v, %v, the user info was asked %d times; want %q", got, err, i.count("/userinfo"), tt.want)
			}
		})
	}
}
