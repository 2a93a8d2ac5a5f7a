package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// postconfOf are the settings of Postfix that the page tells to make.
func postconfOf(t *testing.T, page string) (lines []string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^postconf (?:.*\\\n)*.*$`).Find(content)
	for _, m := range regexp.MustCompile(`'([a-z_]+ = [^']+)'`).FindAllSubmatch(command, -1) {
		lines = append(lines, string(m[1]))
	}
	if len(lines) < 5 {
		t.Fatalf("%s tells to set %q", page, lines)
	}
	return lines
}

// With the settings of docs/install.md, Postfix refuses what Postern would refuse
// before it has it, so that it returns nothing to a sender that may be forged.
//
// covers: P05
func TestPostfixAsInstalled(t *testing.T) {
	t.Parallel()
	peers.Need(t, "postfix", "postfix")
	smtp := peers.Port(t)
	desk := peers.StartDesk(t, intake, "--smtp", fmt.Sprintf("127.0.0.1:%d", smtp))
	p := inFront(t, "")
	p.Main(postconfOf(t, "install.md")...)
	p.Main(
		"transport_maps = texthash:"+p.File(t, "transport", fmt.Sprintf("acme.example smtp:[127.0.0.1]:%d\n", smtp)),
		"mynetworks = 192.0.2.0/24", // whoever connects here is a stranger
		"smtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination",
		"address_verify_poll_delay = 1s",
	)
	p.Start(t)
	c := dial(t, p.SMTP)
	c.talk("", "220")
	c.talk("EHLO client.example", "250")
	c.talk("MAIL FROM:<alice@customer.example>", "250")
	c.talk("RCPT TO:<nobody@acme.example>", "550")
	c.talk("RCPT TO:<alice@elsewhere.example>", "454")
	c.talk("RCPT TO:<support@acme.example>", "250")
	c.talk("DATA", "354")
	c.talk(strings.ReplaceAll(rawMail("asked for", "hello"), "\n", "\r\n")+".", "250")
	wantSubjects(t, desk, "support: asked for")
	wantDelivered(t, p)
	if strings.Contains(p.Log.String(), "sender non-delivery notification") {
		t.Errorf("it returned a mail:\n%s", p.Log)
	}
}
