package helpdesk

import "strings"

// Begun is one sign-in at an issuer, between the button and the way back. State
// goes through the browser's address; Nonce and Verifier come back in what the
// issuer signs and go to it where only we and it can read them.
type Begun struct {
	State    string
	Nonce    string
	Verifier string // of PKCE (RFC 7636)
	Redirect string // exactly as it is registered with the issuer
}

// Returned is what the browser brings back from an issuer.
type Returned struct {
	Code   string
	Issuer string // "iss" (RFC 9207); "" if the issuer sends none
}

// Identity is who an issuer says has signed in there. Only Subject says who it is:
// addresses change hands, and some issuers let anybody claim any.
type Identity struct {
	Subject  Subject
	Address  Address // zero if the issuer told none
	Verified bool    // the issuer says that the address is theirs
	Domain   string  // whose address it manages, in lower case (Google's "hd")
	Name     string
	Groups   []string // that the issuer tells, where it was asked to
}

// GoogleIssuer is what Google calls itself.
const GoogleIssuer = "https://accounts.google.com"

// Proves reports whether the issuer's word is enough for the address. Google knows
// it only of its own addresses and of those that it manages for their domain: of
// any other it saw once that somebody could read its mail, however long ago
// (https://developers.google.com/identity/gsi/web/guides/verify-google-id-token).
func (i Identity) Proves(o OIDC) bool {
	switch {
	case i.Address.IsZero() || !i.Verified:
		return false
	case !o.Google && o.Issuer != GoogleIssuer:
		return true
	}
	domain := strings.ToLower(i.Address.Domain())
	return domain == "gmail.com" || domain == "googlemail.com" || domain == i.Domain
}

// Issuer finds a declared issuer by its name; nil if there is none.
func (s *SignUp) Issuer(name string) *OIDC {
	for i := range s.OIDC {
		if s.OIDC[i].Name == name {
			return &s.OIDC[i]
		}
	}
	return nil
}
