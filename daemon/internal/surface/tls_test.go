package surface

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// TestOverTLS looks at what is said only where help centers answer over TLS: that
// browsers use nothing else, and that no other host sets or reads a cookie.
func TestOverTLS(t *testing.T) {
	t.Parallel()
	d := peers.StartDesk(t, manifests)
	var made struct{ Password string }
	d.JSON(t, &made, "agent", "add", "robin@acme.example", "--name", "Robin", "--account", "support")
	for _, form := range []struct {
		path, cookie string
		values       url.Values
	}{
		{"/agent/sign-in", "__Host-postern_agent", url.Values{"address": {"robin@acme.example"}, "password": {made.Password}}},
		{"/en/sign-in/code", "__Host-postern_code", url.Values{"address": {"alice@customer.example"}}},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+d.HTTP+form.path, strings.NewReader(form.values.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "help.acme.example"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body) // for the failure alone
		_ = resp.Body.Close()
		if got := resp.Header.Get("Strict-Transport-Security"); got != "max-age=63072000" {
			t.Errorf("%s: Strict-Transport-Security is %q", form.path, got)
		}
		cookies := resp.Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%s: %s sets %q\n%s", form.path, resp.Status, cookies, body)
		}
		c := cookies[0]
		if c.Name != form.cookie || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s sets %s", form.path, c)
		}
	}
}
