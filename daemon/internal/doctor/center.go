package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Limits of a visit.
const (
	visitWithin = 15 * time.Second // a customer would have left
	maxPage     = 4 << 20          // a page of a long request
)

// Center is a help center, as far as it is looked at.
type Center struct {
	Account     string `json:"account"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	BaseURL     string `json:"baseURL"`
}

func (d *Doctor) center(ctx context.Context, h Center) Chapter {
	c := Chapter{Kind: "HelpCenter", Account: h.Account, Name: h.Name, Title: h.BaseURL}
	base, err := url.Parse(h.BaseURL)
	if err != nil {
		c.Findings = []Finding{{What: "address", State: Wrong, Words: err.Error()}}
		return c
	}
	c.Findings = append(c.Findings, d.located(ctx, base.Hostname()))
	if c.Findings[0].State == Missing || c.Findings[0].State == Wrong {
		return c
	}
	if d.At == "" && d.unknowable(base.Hostname()) && !isLocal(base.Hostname()) {
		return c
	}
	if base.Scheme == "https" {
		f := d.protected(ctx, base)
		if c.Findings = append(c.Findings, f); f.State == Wrong {
			return c
		}
	}
	c.Findings = append(c.Findings, d.answers(ctx, h))
	return c
}

// located looks up the host of the pages.
func (d *Doctor) located(ctx context.Context, host string) Finding {
	f := Finding{What: "address", State: OK}
	switch {
	case isLocal(host):
		f.Words = "on this machine"
		return f
	case d.unknowable(host):
		return Finding{What: "DNS", State: Skipped, Words: host + " is a name for examples: nobody can look it up"}
	}
	found, err := d.addresses(ctx, host)
	switch {
	case err != nil:
		return silent("address", host, err)
	case len(found) > 0:
		f.Words = join(found)
		return f
	}
	f.Words, f.Set = "no address is known, so nobody finds the pages", []string{addressLine(host)}
	if f.State = Missing; d.At != "" {
		f.State = Warning // it is looked at before DNS leads there
	}
	return f
}

// isLocal reports a name of this machine (RFC 6761 section 6.3).
func isLocal(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host).IsLoopback()
}

// reach opens a connection to where the pages of a host should be.
func (d *Doctor) reach(ctx context.Context, host, port string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: visitWithin}
	switch {
	case d.At != "":
		return dialer.DialContext(ctx, "tcp", d.At)
	case net.ParseIP(host) != nil:
		return dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	case isLocal(host): // resolvers of machines do not all know it
		return dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
	}
	found, err := d.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	var tried []error
	for _, a := range found {
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(a.String(), port))
		if err == nil {
			return conn, nil
		}
		tried = append(tried, err)
	}
	if len(tried) == 0 {
		return nil, fmt.Errorf("%s has no address", host)
	}
	return nil, errors.Join(tried...)
}

// protected shakes hands with the host and looks at its certificate.
func (d *Doctor) protected(ctx context.Context, base *url.URL) Finding {
	host, port := base.Hostname(), portOf(base)
	conn, err := d.reach(ctx, host, port)
	if err != nil {
		return Finding{What: "TLS TCP", State: Wrong, Words: err.Error()}
	}
	defer func() { _ = conn.Close() }() // all that counts was seen
	ctx, cancel := context.WithTimeout(ctx, visitWithin)
	defer cancel()
	secure := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: d.Roots, MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		return Finding{What: "TLS", State: Wrong, Words: err.Error()}
	}
	state := secure.ConnectionState()
	return d.lasts(state.PeerCertificates[0], tls.VersionName(state.Version))
}

// lasts tells how long a certificate is good for. What renews them does so at a
// third of their life, or 30 days before the end.
func (d *Doctor) lasts(leaf *x509.Certificate, version string) Finding {
	left := leaf.NotAfter.Sub(d.Now())
	f := Finding{What: "TLS", State: OK, Words: fmt.Sprintf("%s, certificate of %s until %s", version, issuer(leaf), leaf.NotAfter.Format("2006-01-02"))}
	if left < min(14*24*time.Hour, leaf.NotAfter.Sub(leaf.NotBefore)/6) {
		f.State, f.Words = Warning, f.Words+": it should have been renewed by now"
	}
	return f
}

func issuer(leaf *x509.Certificate) string {
	if len(leaf.Issuer.Organization) > 0 {
		return leaf.Issuer.Organization[0]
	}
	return leaf.Issuer.CommonName
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

// answers asks for the first page, as anybody would.
func (d *Doctor) answers(ctx context.Context, h Center) Finding {
	page, err := d.visit(ctx, h.BaseURL+"/")
	switch {
	case err != nil:
		return Finding{What: "page", State: Wrong, Words: err.Error()}
	case !strings.Contains(page, html.EscapeString(h.DisplayName)):
		return Finding{What: "page", State: Wrong, Words: "another page answers there: it does not say " + h.DisplayName}
	}
	return Finding{What: "page", State: OK, Words: "it shows " + h.DisplayName}
}

// visit fetches a page. It follows nothing but the way from the first page to the
// one in the visitor's language: no page of ours leads elsewhere.
func (d *Doctor) visit(ctx context.Context, address string) (string, error) {
	client := http.Client{
		Timeout: visitWithin,
		Transport: &http.Transport{
			DisableKeepAlives: true, ForceAttemptHTTP2: true,
			TLSClientConfig: &tls.Config{RootCAs: d.Roots, MinVersion: tls.VersionTLS12},
			DialContext: func(ctx context.Context, _, where string) (net.Conn, error) {
				host, port, err := net.SplitHostPort(where)
				if err != nil {
					return nil, err
				}
				return d.reach(ctx, host, port)
			},
		},
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			if first := before[0].URL; len(before) == 1 && first.Path == "/" && next.URL.Scheme == first.Scheme && next.URL.Host == first.Host {
				return nil
			}
			return http.ErrUseLastResponse
		},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("User-Agent", "postern doctor")
	response, err := client.Do(r)
	if err != nil {
		return "", withoutURL(err)
	}
	defer func() { _ = response.Body.Close() }() // read as far as it counts
	if response.StatusCode != http.StatusOK {
		return "", answered(response)
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxPage))
	return string(raw), err
}

func answered(r *http.Response) error {
	if where := r.Header.Get("Location"); where != "" {
		return fmt.Errorf("it answers %s and leads to %.200q", r.Status, where)
	}
	return fmt.Errorf("it answers %s", r.Status)
}

// withoutURL leaves out the address that was asked for: a link is a secret.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
