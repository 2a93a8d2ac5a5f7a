package surface

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// links are the tokens of links to requests and of passes.
var links = regexp.MustCompile(`p[lp]1_[A-Za-z0-9_-]+`)

// codes are those that mails bring to be typed.
var codes = regexp.MustCompile(`\b\d{8}\b`)

// TestLogTellsNoSecret looks for everything that opens something in the log of a
// desk where all of it was used: links, passes, codes, cookies and passwords.
func TestLogTellsNoSecret(t *testing.T) {
	t.Parallel()
	d := fill(t)
	v := d.visit(t, "acme")
	v.post(t, "/en/sign-in/code", url.Values{"address": {bob}})
	code := codes.FindString(d.Letter(t, bob, "code").Text)
	d.must(t, v.post(t, "/en/sign-in/code", url.Values{"code": {code}}))
	who := d.everybody(t)
	who["by code"] = v
	secrets := map[string]string{password: "a password", d.Password: "the agent's password", code: "a code"}
	for _, l := range d.Letters(t) {
		for _, link := range append(l.Links, l.UnsubscribeHeader...) {
			if u, err := url.Parse(link); err == nil && strings.HasPrefix(u.Scheme, "http") {
				v.get(t, link)
				v.get(t, v.base+"/de"+u.Path+"x") // one with a slip
				secrets[links.FindString(u.Path)] = "a link in a mail: " + link
			}
		}
	}
	for name, one := range who {
		at, err := url.Parse(one.base)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range one.client.Jar.Cookies(at) {
			secrets[c.Value] = "the cookie " + c.Name + " of " + name
		}
	}
	const fewest = 12 // of mails and people
	if len(secrets) < fewest {
		t.Errorf("only %d secrets were used", len(secrets))
	}
	log := d.Log.String()
	if !strings.Contains(log, "path=/t/pl1_") || !strings.Contains(log, "path=/pass/pp1_") {
		t.Error("the log does not tell of links at all")
	}
	for secret, what := range secrets {
		if secret != "" && strings.Contains(log, secret) {
			t.Errorf("the log has %s", what)
		}
	}
}
