package peers

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

func TestDovecot(t *testing.T) {
	const user = "support@acme.example"
	d := StartDovecot(t, map[string]string{user: "geheim"})
	d.Deliver(t, user, "", []byte("Subject: one\r\n\r\n1\r\n"), []byte("Subject: two\r\n\r\n2\r\n"))
	d.Issue("good", user)
	d.Issue("of-another", "other@acme.example")
	ca, err := os.ReadFile(d.CA)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	bearer := func(token string) sasl.Client {
		return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: user, Token: token})
	}
	tests := []struct {
		name   string
		client sasl.Client
		want   bool
	}{
		{"password", sasl.NewPlainClient("", user, "geheim"), true},
		{"wrong password", sasl.NewPlainClient("", user, "falsch"), false},
		{"token", bearer("good"), true},
		{"token of another", bearer("of-another"), false},
		{"no token", bearer("none"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := imapclient.DialTLS(d.IMAPS, &imapclient.Options{TLSConfig: &tls.Config{RootCAs: pool}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			if err := c.Authenticate(test.client); (err == nil) != test.want {
				t.Fatalf("sign-in: %v, want %v", err, test.want)
			}
			if !test.want {
				return
			}
			if box, err := c.Select("INBOX", nil).Wait(); err != nil || box.NumMessages != 2 {
				t.Errorf("select: %v, %v, want 2 messages", box, err)
			}
		})
	}
	if got := strings.TrimSpace(d.Doveadm(t, "mailbox", "list", "-u", user)); got != "INBOX" {
		t.Errorf("folders: %q", got)
	}
}
