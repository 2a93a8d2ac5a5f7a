package surface

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/test/peers"
)

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

var shownSecret = regexp.MustCompile(`<code>(pt_[A-Za-z0-9_-]{43})</code>`)

// TestSessionAsWritten makes a token on the page, and runs the session of docs/api.md
// as it stands there.
//
// covers: P10
func TestSessionAsWritten(t *testing.T) {
	t.Parallel()
	d := &desk{Dev: peers.StartDev(t, manifests)}
	agent := d.agentAt(t, "acme")
	form := url.Values{"name": {"Session"}, "days": {"30"}}
	for _, s := range helpdesk.Scopes {
		form.Add("scope", string(s))
	}
	page := agent.post(t, "/agent/access/tokens", form)
	secret := shownSecret.FindStringSubmatch(page.body)
	if secret == nil {
		t.Fatalf("the page shows no secret: %d\n%s", page.status, page.body)
	}
	if again := agent.get(t, "/agent/access"); strings.Contains(again.body, secret[1]) || !strings.Contains(again.body, "Session") {
		t.Errorf("the list shows the secret, or not the token:\n%s", again.body)
	}
	doc, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	script := shellBlock.FindSubmatch(doc)
	if script == nil {
		t.Fatal("docs/api.md has no session")
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", string(script[1]))
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "HOST="+agent.base, "TOKEN="+secret[1])
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the session fails: %v\n%s", err, out)
	}
	for _, words := range []string{"Parcel 7 of 9.", `"status":"Pending"`, `"name":"hello.txt"`, `"tags":["order"]`} {
		if !strings.Contains(string(out), words) {
			t.Errorf("the session does not show %s:\n%s", words, out)
		}
	}
}
