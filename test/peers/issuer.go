package peers

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Issuer is the example server of Zitadel's OpenID Connect library, whose provider
// is certified by the OpenID Foundation. Its clients are "web", "api" (with the
// secret "secret") and "native".
type Issuer struct {
	*Process
	URL string // what it calls itself
}

// User of an issuer.
type User struct {
	ID, Username, Password, FirstName, LastName, Email string
	EmailVerified                                      bool
	PreferredLanguage                                  string
}

// StartIssuer starts one that knows the users and leads back to the addresses. It
// listens on all addresses of the machine: it cannot be told otherwise.
func StartIssuer(t testing.TB, users []User, redirects ...string) *Issuer {
	t.Helper()
	program, err := issuerProgram()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]User{}
	for _, u := range users {
		if u.PreferredLanguage == "" {
			u.PreferredLanguage = "en"
		}
		known[u.ID] = u
	}
	raw, err := json.Marshal(known)
	if err != nil {
		t.Fatal(err)
	}
	file, port := filepath.Join(t.TempDir(), "users.json"), strconv.Itoa(Port(t))
	write(t, file, string(raw))
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "PORT="+port, "USERS_FILE="+file, "REDIRECT_URI="+strings.Join(redirects, ","))
	i := &Issuer{Process: Start(t, cmd), URL: "http://localhost:" + port + "/"}
	i.Answers(t, "localhost:"+port)
	return i
}

// issuerProgram builds it once for a test process, as it is pinned with the other
// tools.
var issuerProgram = sync.OnceValues(func() (string, error) {
	dir, err := workFolder()
	if err != nil {
		return "", err
	}
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	path := filepath.Join(dir, "issuer")
	cmd := exec.Command("go", "build", "-modfile=hack/tools/go.mod", "-o", path, "github.com/zitadel/oidc/v3/example/server")
	cmd.Dir = filepath.Dir(strings.TrimSpace(string(mod)))
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build issuer: %w\n%s", err, out)
	}
	return path, nil
})
