package surface

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestHeaders looks at what every route says beside what it shows, to everybody.
func TestHeaders(t *testing.T) {
	t.Parallel()
	d := fill(t)
	who := d.everybody(t)
	for _, r := range routes {
		if r.kind == act {
			continue // what they lead to is looked at, and they are in TestHeadersOfActs
		}
		for _, p := range r.probes {
			for name, v := range who {
				got := v.get(t, d.place(t, p.at))
				for _, fault := range faultsOf(r.kind, p.at, got) {
					t.Errorf("%s at %s for %s (%d): %s", r.pattern, p.at, name, got.status, fault)
				}
			}
		}
	}
}

// TestHeadersOfActs looks at the answers to forms that nobody may send.
func TestHeadersOfActs(t *testing.T) {
	t.Parallel()
	d := fill(t)
	v := d.visit(t, "acme")
	for _, r := range routes {
		for _, p := range r.probes {
			if !r.posts() || p.allows("nobody") {
				continue
			}
			got := d.probed(t, r, p, v)
			for _, fault := range faultsOf(act, p.at, got) {
				t.Errorf("%s at %s (%d): %s", r.pattern, p.at, got.status, fault)
			}
			// What another site sends is no different from what is not there.
			foreign := foreignPost(t, v, d.place(t, p.at))
			if foreign.status != http.StatusForbidden {
				t.Errorf("%s at %s takes what another site sent: %d", r.pattern, p.at, foreign.status)
			}
		}
	}
}

func foreignPost(t *testing.T, v *visitor, at string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.base+at, strings.NewReader("text=x"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://elsewhere.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := v.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // only its status counts
	return answer{status: resp.StatusCode, header: resp.Header}
}

const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// faultsOf tells what an answer lacks.
func faultsOf(k kind, at string, got answer) []string {
	var faults []string
	want := func(name string, values ...string) {
		has := got.header.Get(name)
		for _, v := range values {
			if has == v {
				return
			}
		}
		faults = append(faults, fmt.Sprintf("%s is %q, want %q", name, has, values))
	}
	want("X-Content-Type-Options", "nosniff")
	want("Cross-Origin-Resource-Policy", "same-origin")
	shown := got.status == http.StatusOK
	switch {
	case k == paper && shown:
		if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || strings.Contains(policy, "script") {
			faults = append(faults, fmt.Sprintf("the policy is %q", policy))
		}
	case (k == download || strings.Contains(at, "?file=")) && shown:
		if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") {
			faults = append(faults, fmt.Sprintf("the policy is %q", policy))
		}
		if !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
			faults = append(faults, "a file is not to be saved")
		}
	default:
		want("Content-Security-Policy", pagePolicy, pagePolicy+"; frame-src 'self'")
		want("Cross-Origin-Opener-Policy", "same-origin")
	}
	if k == public {
		want("Cache-Control", "no-store", "private, no-cache")
	} else {
		want("Cache-Control", "no-store")
	}
	if k == secret || secretAddress(at) {
		want("Referrer-Policy", "no-referrer")
		want("X-Robots-Tag", "noindex, nofollow")
	} else {
		want("Referrer-Policy", "same-origin", "no-referrer")
	}
	if !customers(at) {
		want("X-Robots-Tag", "noindex, nofollow")
	}
	for _, c := range (&http.Response{Header: got.header}).Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			faults = append(faults, fmt.Sprintf("cookie %s", c))
		}
	}
	return faults
}

// secretAddress tells whether a mail's link leads there.
func secretAddress(at string) bool {
	return strings.Contains(at, "{link:") || strings.Contains(at, "{token:") || strings.Contains(at, "{pass:") || strings.HasPrefix(at, "/sign-in/back/")
}
