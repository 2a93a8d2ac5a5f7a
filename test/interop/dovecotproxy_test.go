package interop

import (
	"fmt"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// Dovecot in front passes mail on by LMTP, with the answers for each recipient.
//
// covers: P01
func TestDovecotInFront(t *testing.T) {
	t.Parallel()
	peers.Need(t, "/usr/lib/dovecot/lmtp", "dovecot-lmtpd")
	desk := peers.StartDesk(t, intake, "--lmtp", "127.0.0.1:0")
	front := fmt.Sprintf("127.0.0.1:%d", peers.Port(t))
	peers.StartDovecot(t, nil, "protocols = imap lmtp", "lmtp_proxy = yes",
		"service lmtp {\n  user = root\n  inet_listener lmtp {\n    address = 127.0.0.1\n    port = "+port(t, front)+"\n  }\n}",
		"protocol lmtp {\n  passdb {\n    driver = static\n    args = proxy=y host=127.0.0.1 port="+port(t, desk.LMTP)+" nopassword=y\n  }\n}",
	)
	c := dial(t, front)
	c.talk("", "220")
	c.talk("LHLO client.example", "250")
	c.talk("MAIL FROM:<alice@customer.example>", "250")
	c.talk("RCPT TO:<support@acme.example>", "250")
	c.talk("RCPT TO:<nobody@acme.example>", "550 5.1.1")
	c.talk("RCPT TO:<sales@acme.example>", "250")
	c.talk("DATA", "354")
	c.talk(strings.ReplaceAll(rawMail("passed on", "hello\n..\nhello"), "\n", "\r\n")+".", "250 2.0.0 <support@acme.example>")
	c.talk("", "250 2.0.0 <sales@acme.example>")
	c.talk("QUIT", "221")
	wantSubjects(t, desk, "support: passed on", "sales: passed on")
}
