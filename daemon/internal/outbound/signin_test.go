package outbound

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/login"
)

// secretTexts are secrets by account, name and key.
type secretTexts map[string]string

func (s secretTexts) Secret(_ context.Context, account string, ref helpdesk.SecretRef) ([]byte, error) {
	text, ok := s[account+"/"+ref.Name+"/"+ref.Key]
	if !ok {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "the secret %s is not there", ref.Name)
	}
	return []byte(text), nil
}

func passwordOf(account string) helpdesk.Login {
	return helpdesk.Login{Account: account, Username: "support", Password: helpdesk.SecretRef{Name: "relay", Key: "password"}}
}

func plainServer() sasl.Server {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != "support" || password != "right" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password"}
		}
		return nil
	})
}

// loginServer is the server's half of LOGIN, which go-sasl does not have.
type loginServer struct{ said []string }

func (s *loginServer) Next(response []byte) ([]byte, bool, error) {
	if response != nil {
		s.said = append(s.said, string(response))
	}
	switch len(s.said) {
	case 0:
		return []byte("Username:"), false, nil
	case 1:
		return []byte("Password:"), false, nil
	}
	if s.said[0] != "support" || s.said[1] != "right" {
		return nil, true, &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password"}
	}
	return nil, true, nil
}

// xoauth2Server tells why it refuses, as Google does, and waits for an answer.
type xoauth2Server struct{ refused bool }

func (s *xoauth2Server) Next(response []byte) ([]byte, bool, error) {
	switch {
	case s.refused:
		return nil, true, &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "refused"}
	case string(response) == "user=support\x01auth=Bearer good\x01\x01":
		return nil, true, nil
	}
	s.refused = true
	return []byte(`{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`), false, nil
}

func bearerServer() sasl.Server {
	return sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
		if o.Username != "support" || o.Token != "good" {
			return &sasl.OAuthBearerError{Status: "invalid_token"}
		}
		return nil
	})
}

var saslServers = map[string]func() sasl.Server{
	"PLAIN": plainServer, "LOGIN": func() sasl.Server { return &loginServer{} },
	"XOAUTH2": func() sasl.Server { return &xoauth2Server{} }, "OAUTHBEARER": bearerServer,
}

// issuer gives one token.
func issuer(t *testing.T, token string) helpdesk.Login {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600}`, token)
	}))
	t.Cleanup(server.Close)
	return helpdesk.Login{Account: account, Username: "support", OAuth: helpdesk.OAuth{
		TokenURL: server.URL, ClientID: "postern", ClientSecret: helpdesk.SecretRef{Name: "relay", Key: "client-secret"},
	}}
}

// rejections counts what a relay did not take.
type rejections struct {
	Logins
	count int
}

func (r *rejections) Rejected(l helpdesk.Login) {
	r.count++
	r.Logins.Rejected(l)
}

// covers: P11, M07
func TestSignIn(t *testing.T) {
	cfg, pool := certificate(t)
	good, bad := issuer(t, "good"), issuer(t, "stale")
	for _, tt := range []struct {
		name     string
		tls      helpdesk.TLSMode
		login    helpdesk.Login
		password string
		offered  string
		want     string // mechanism, or words of the failure
		rejected int
	}{
		{"PLAIN", helpdesk.TLSStartTLS, passwordOf(account), "right", "PLAIN LOGIN", "PLAIN", 0},
		{"LOGIN", helpdesk.TLSImplicit, passwordOf(account), "right", "LOGIN", "LOGIN", 0},
		{"on this machine without TLS", helpdesk.TLSNone, passwordOf(account), "right", "PLAIN", "PLAIN", 0},
		{"XOAUTH2", helpdesk.TLSStartTLS, good, "", "PLAIN XOAUTH2", "XOAUTH2", 0},
		{"OAUTHBEARER", helpdesk.TLSStartTLS, good, "", "XOAUTH2 OAUTHBEARER", "OAUTHBEARER", 0},
		{"wrong password", helpdesk.TLSStartTLS, passwordOf(account), "wrong", "PLAIN", "wrong password", 1},
		{"wrong password by LOGIN", helpdesk.TLSStartTLS, passwordOf(account), "wrong", "LOGIN", "wrong password", 1},
		{"stale token", helpdesk.TLSStartTLS, bad, "", "XOAUTH2", "the server refused the access token: status \"400\"", 1},
		{"stale token by OAUTHBEARER", helpdesk.TLSStartTLS, bad, "", "OAUTHBEARER", "invalid_token", 1},
		{"no passwords taken", helpdesk.TLSStartTLS, passwordOf(account), "right", "XOAUTH2", "takes no password: it offers XOAUTH2", 0},
		{"no secret", helpdesk.TLSStartTLS, passwordOf("other"), "right", "PLAIN", "the secret relay is not there", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mechanisms := map[string]func() sasl.Server{}
			for m := range strings.FieldsSeq(tt.offered) {
				mechanisms[m] = saslServers[m]
			}
			server := cfg
			if tt.tls == helpdesk.TLSNone {
				server = nil
			}
			r := startRelay(t, &relay{mechanisms: mechanisms}, server, tt.tls == helpdesk.TLSImplicit)
			r.address.TLS, r.address.Login = tt.tls, tt.login
			c := newCourier(t)
			c.RootCAs = pool
			counted := &rejections{Logins: login.New(secretTexts{
				account + "/relay/password": tt.password, account + "/relay/client-secret": "x",
			}, nil, c.Now)}
			c.Logins = counted
			attempt, err := c.Deliver(soon(t), parcel(t, r.address))
			if mails := r.mails(); len(mails) == 1 {
				if err != nil || mails[0].User != tt.want || mails[0].TLS != (tt.tls != helpdesk.TLSNone) {
					t.Fatalf("%v, signed in by %s, over TLS %v", err, mails[0].User, mails[0].TLS)
				}
			} else if Judge(err) != Trouble || !strings.Contains(attempt.Words, tt.want) {
				t.Errorf("got %s %+v, want trouble that tells %q", Judge(err), attempt, tt.want)
			}
			if counted.count != tt.rejected {
				t.Errorf("%d rejections told, want %d", counted.count, tt.rejected)
			}
			for _, helo := range r.helos {
				if helo != "postern.example" {
					t.Errorf("called itself %q", helo)
				}
			}
		})
	}
}

// A relay that repeats what it did not understand does not get a password or a
// token into words that are kept.
//
// covers: P11
func TestWhatWasSaidToSignInIsNotKept(t *testing.T) {
	for _, tt := range []struct {
		name    string
		login   helpdesk.Login
		offered string
		answers func(said string) string
	}{
		{"the whole line", passwordOf(account), "PLAIN", func(said string) string { return "500 5.5.1 what is " + said }},
		{"in clear", passwordOf(account), "PLAIN", func(string) string { return "535 5.7.8 open sesame 1234 is wrong for support" }},
		{"the token", issuer(t, "token-1234"), "XOAUTH2", func(string) string { return "535 5.7.8 token-1234 has expired" }},
		{"the token in a challenge", issuer(t, "token-1234"), "XOAUTH2", func(string) string {
			return "334 " + base64.StdEncoding.EncodeToString([]byte(`{"status":"400","scope":"token-1234"}`))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			t.Cleanup(func() { _ = l.Close(); <-done })
			go func() {
				defer close(done)
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				in := bufio.NewReader(conn)
				fmt.Fprint(conn, "220 hi\r\n")
				_, _ = in.ReadString('\n')
				fmt.Fprintf(conn, "250-hi\r\n250 AUTH %s\r\n", tt.offered)
				for line, err := in.ReadString('\n'); err == nil; line, err = in.ReadString('\n') {
					fmt.Fprint(conn, tt.answers(strings.TrimSpace(line))+"\r\n")
				}
			}()
			at := helpdesk.Relay{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: helpdesk.TLSNone, Login: tt.login}
			c := newCourier(t)
			c.Logins = login.New(secretTexts{account + "/relay/password": "open sesame 1234", account + "/relay/client-secret": "x"}, nil, c.Now)
			attempt, err := c.Deliver(soon(t), parcel(t, at))
			if Judge(err) != Trouble {
				t.Fatalf("%v is judged %s", err, Judge(err))
			}
			plain := base64.StdEncoding.EncodeToString([]byte("\x00support\x00open sesame 1234"))
			for _, secret := range []string{plain, "sesame", "token-1234"} {
				if strings.Contains(attempt.Words, secret) || strings.Contains(err.Error(), secret) {
					t.Errorf("words %q, error %v tell %q", attempt.Words, err, secret)
				}
			}
			if tt.name == "in clear" && attempt.Words != "… is wrong for support" {
				t.Errorf("words %q", attempt.Words)
			}
			if !strings.Contains(attempt.Words, "…") {
				t.Errorf("words %q leave out nothing: is this tested?", attempt.Words)
			}
		})
	}
}

// Two accounts may use the same relay with the same name of a secret. A
// connection on which one of them signed in never carries mail of the other.
//
// covers: P11
func TestAccountsShareNoConnection(t *testing.T) {
	r := startRelay(t, &relay{mechanisms: map[string]func() sasl.Server{"PLAIN": plainServer}}, nil, false)
	c := newCourier(t)
	c.Logins = login.New(secretTexts{"one/relay/password": "right", "two/relay/password": "wrong"}, nil, c.Now)
	one, two := r.address, r.address
	one.Login, two.Login = passwordOf("one"), passwordOf("two")
	for range 2 {
		if _, err := c.Deliver(soon(t), parcel(t, one)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Deliver(soon(t), parcel(t, two)); err == nil {
			t.Fatal("mail of the second account went out over the first one's connection")
		}
	}
	if len(r.mails()) != 2 || r.connections != 3 {
		t.Errorf("%d mails over %d connections, want 2, and one connection kept", len(r.mails()), r.connections)
	}
}

// covers: P11
func TestCheck(t *testing.T) {
	cfg, pool := certificate(t)
	other, _ := certificate(t)
	from := helpdesk.MustAddress("support@acme.example")
	for _, tt := range []struct {
		name   string
		server func(t *testing.T) helpdesk.Relay
		want   Step // "" for none
	}{
		{"all well", func(t *testing.T) helpdesk.Relay {
			return startRelay(t, &relay{mechanisms: map[string]func() sasl.Server{"PLAIN": plainServer}}, cfg, false).address
		}, ""},
		{"no relay", func(*testing.T) helpdesk.Relay { return helpdesk.Relay{} }, StepRelay},
		{"no such name", func(*testing.T) helpdesk.Relay { return helpdesk.Relay{Host: "relay.invalid", Port: 25} }, StepDNS},
		{"nobody there", func(*testing.T) helpdesk.Relay { return helpdesk.Relay{Host: "127.0.0.1", Port: 1} }, StepTCP},
		{"of a stranger", func(t *testing.T) helpdesk.Relay { return startRelay(t, &relay{}, other, false).address }, StepTLS},
		{"no STARTTLS", func(t *testing.T) helpdesk.Relay { return startRelay(t, &relay{}, nil, false).address }, StepTLS},
		{"no SMTP", func(t *testing.T) helpdesk.Relay { return dialog(t, "HTTP/1.1 400 Bad Request") }, StepGreeting},
		{"wrong password", func(t *testing.T) helpdesk.Relay {
			return startRelay(t, &relay{mechanisms: map[string]func() sasl.Server{"PLAIN": func() sasl.Server {
				return sasl.NewPlainServer(func(_, _, _ string) error { return errors.New("no") })
			}}}, cfg, false).address
		}, StepAuth},
		{"may not send as this", func(t *testing.T) helpdesk.Relay {
			return startRelay(t, &relay{
				mechanisms: map[string]func() sasl.Server{"PLAIN": plainServer}, onMail: func() error { return smtpError(550, "not yours") },
			}, cfg, false).address
		}, StepSender},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := tt.server(t)
			if at.TLS = helpdesk.TLSStartTLS; at.Host != "" {
				at.Login = passwordOf(account)
			}
			c := newCourier(t)
			c.RootCAs, c.Logins = pool, login.New(secretTexts{account + "/relay/password": "right"}, nil, c.Now)
			seen, err := c.Check(soon(t), at, from)
			if tt.want == "" {
				if err != nil || seen.Protection != "TLS 1.3" || !seen.SignedIn || seen.Address != address(at) {
					t.Errorf("%+v, %v", seen, err)
				}
				return
			}
			if failed, ok := errors.AsType[*StepError](err); !ok || failed.Step != tt.want {
				t.Errorf("failed with %v, want step %s", err, tt.want)
			}
		})
	}
}

// What somebody on the way puts behind the answer to STARTTLS is not read as if it
// had come protected.
func TestNothingIsReadFromBeforeTheProtection(t *testing.T) {
	at := dialog(t, "220 hi", "250-hi\r\n250 STARTTLS", "220 go\r\n250 injected")
	at.TLS = helpdesk.TLSStartTLS
	if _, err := newCourier(t).Deliver(soon(t), parcel(t, at)); err == nil || !strings.Contains(err.Error(), "said more before") {
		t.Errorf("got %v", err)
	}
}

// An endless answer ends the attempt, not the memory.
func TestEndlessAnswer(t *testing.T) {
	at := dialog(t, "220 hi", strings.Repeat("250-words\r\n", maxAnswers/8))
	if _, err := newCourier(t).Deliver(soon(t), parcel(t, at)); err == nil || !strings.Contains(err.Error(), "said more than") {
		t.Errorf("got %v", err)
	}
}

// covers: P11
func TestTooLargeForTheRelay(t *testing.T) {
	r := startRelay(t, &relay{extensions: func(s *smtp.Server) { s.MaxMessageBytes = 10 }}, nil, false)
	attempt, err := newCourier(t).Deliver(soon(t), parcel(t, r.address))
	if Judge(err) != Refused || !strings.Contains(attempt.Words, "it has 0.0 MiB, and the relay takes 0.0 MiB at most") || len(r.mails()) != 0 {
		t.Errorf("%s, %+v", Judge(err), attempt)
	}
}
