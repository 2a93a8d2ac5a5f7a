package interop

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/test/peers"
)

// outside is where all mail ends that a Postfix passes on: every mailbox of the
// world but those that it does not know.
type outside struct {
	address string

	mu    sync.Mutex
	mails map[string]string // by recipient, the last one
}

func startOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{mails: map[string]string{}}
	o.address = peers.MailServer{Domain: "mx.customer.example", To: o.knows, Take: o.take}.Serve(t, "127.0.0.1:0")
	return o
}

func (o *outside) mail(to string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mails[to]
}

func (o *outside) knows(to string) error {
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody of that name here"}
	}
	return nil
}

func (o *outside) take(m peers.Taken) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, to := range m.To {
		o.mails[to] = string(m.Raw)
	}
	return nil
}

// relays are ways out at one Postfix, with Dovecot to ask about passwords and
// tokens.
type relays struct {
	*peers.Postfix
	dovecot                                  *peers.Dovecot
	startTLS, implicit, otherName, clearText int // ports
	owned                                    int // lets desk send as owned@acme.example alone
	authorities                              string
}

// newRelays makes a Postfix that is not started yet: it passes mail for
// acme.example to desk, and all other to out.
func newRelays(t *testing.T) *relays {
	t.Helper()
	auth := peers.Port(t)
	r := &relays{
		Postfix:  peers.NewPostfix(t),
		dovecot:  peers.StartDovecot(t, map[string]string{"desk": "open sesame"}, fmt.Sprintf("service auth {\n  inet_listener {\n    port = %d\n  }\n}", auth)),
		startTLS: peers.Port(t), implicit: peers.Port(t), otherName: peers.Port(t), clearText: peers.Port(t), owned: peers.Port(t),
	}
	cert, key := peers.Certificate(t, filepath.Join(r.Dir, "tls"), "localhost")
	otherCert, otherKey := peers.Certificate(t, filepath.Join(r.Dir, "tls"), "other.example")
	// Both are believed, so that of the other one only the name is wrong.
	r.authorities = r.File(t, "authorities", readFile(t, cert)+readFile(t, otherCert))
	r.Main(
		"smtpd_sasl_type = dovecot", fmt.Sprintf("smtpd_sasl_path = inet:127.0.0.1:%d", auth),
		"smtpd_tls_cert_file = "+cert, "smtpd_tls_key_file = "+key, "tls_random_source = dev:/dev/urandom",
	)
	submission := []string{
		"  -o mynetworks=192.0.2.0/24",
		"  -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=yes",
		"  -o { smtpd_recipient_restrictions = check_recipient_access texthash:" + r.answers(t, "later@customer.example 450 4.2.0 Greylisted, come back later") + ", permit_sasl_authenticated, reject }",
		"  -o max_use=1", // each connection reads the answers anew
		"  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject",
	}
	for port, options := range map[int]string{
		r.startTLS: "  -o smtpd_tls_security_level=encrypt",
		r.owned: "  -o smtpd_tls_security_level=encrypt -o recipient_delimiter= -o smtpd_sender_restrictions=reject_sender_login_mismatch\n" +
			"  -o { smtpd_sender_login_maps = inline:{ {owned@acme.example = desk} } }",
		r.implicit:  "  -o smtpd_tls_wrappermode=yes",
		r.otherName: "  -o smtpd_tls_security_level=encrypt -o smtpd_tls_cert_file=" + otherCert + " -o smtpd_tls_key_file=" + otherKey,
		r.clearText: "  -o smtpd_tls_security_level=none -o smtpd_tls_auth_only=no",
	} {
		r.Master(fmt.Sprintf("127.0.0.1:%d inet n - n - - smtpd", port))
		r.Master(submission...)
		r.Master(options)
	}
	return r
}

// answers says what is answered for recipients: for some always, and more now.
func (r *relays) answers(t *testing.T, more string) (path string) {
	t.Helper()
	return r.File(t, "answers", "gone@customer.example 550 5.1.1 moved away\n"+more+"\n")
}

func (r *relays) start(t *testing.T, desk *peers.Desk, out *outside) {
	t.Helper()
	_, deskPort, _ := net.SplitHostPort(desk.SMTP)
	_, outPort, _ := net.SplitHostPort(out.address)
	r.Main("default_transport = smtp:[127.0.0.1]:"+outPort, "transport_maps = inline:{ {acme.example = smtp:[127.0.0.1]:"+deskPort+"} }")
	r.Start(t)
	for _, port := range []int{r.startTLS, r.implicit, r.otherName, r.clearText, r.owned} {
		r.Answers(t, fmt.Sprintf("127.0.0.1:%d", port))
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
