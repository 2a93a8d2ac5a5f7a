package surface

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/api"
	"github.com/posterndesk/postern/daemon/internal/console"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// ofBrowsers are acts of the console that are about a browser that is signed in, and
// those that an operation of the API does by another one.
var ofBrowsers = map[string]string{
	"SignIn": "a sign-in", "SignInCode": "a sign-in", "FinishSecond": "a sign-in", "SetUpOf": "a sign-in", "SignedIn": "a sign-in", "SignOut": "a sign-in",
	"Joining": "a sign-in", "Join": "a sign-in", "OwnSessions": "sessions of a browser", "EndOwnSessions": "sessions of a browser",
	"SignedInSession": "sessions of a browser", "ChangeAgentPassword": "a sign-in", "BeginSecond": "a sign-in", "EndSecond": "a sign-in",
	"AgentLeave": "a sign-in, at an OpenID provider", "AgentBack": "a sign-in, at an OpenID provider", "AgentArrive": "a sign-in, at an OpenID provider",
	"FollowDesk": "a page that is open; programs have hooks, and GlanceAtDesk",
	"SetStatus":  "Edit", "SetTeam": "Edit", "SetFields": "Edit", "Snooze": "Edit", "CallSpam": "Edit", "Assign": "Edit", "SetPriority": "Edit", "SetTags": "Edit",
}

// TestProgramsCanDoTheSame: the console needs nothing that the API lacks.
//
// covers: P10
func TestProgramsCanDoTheSame(t *testing.T) {
	asked := asksOfDesk(t, filepath.Join("..", "api"))
	for m := range reflect.TypeFor[console.Desk]().Methods() {
		_, browser := ofBrowsers[m.Name]
		if !asked[m.Name] && !browser {
			t.Errorf("agents can %s on their pages, and programs can't", m.Name)
		}
		if asked[m.Name] && browser {
			t.Errorf("programs can %s, and the table says that they need not", m.Name)
		}
	}
}

// asksOfDesk are the methods of the desk that a package calls outside its tests.
func asksOfDesk(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no code in %s: %v", folder, err)
	}
	asked := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if method, ok := n.(*ast.SelectorExpr); ok {
				if desk, ok := method.X.(*ast.SelectorExpr); ok && desk.Sel.Name == "desk" {
					asked[method.Sel.Name] = true
				}
			}
			return true
		})
	}
	return asked
}

// TestCookiesAreNoTokens: whoever is signed in on pages is nobody to the API.
func TestCookiesAreNoTokens(t *testing.T) {
	t.Parallel()
	d := fill(t)
	for _, pattern := range api.New(nil, webtest.Site(io.Discard)).Patterns() {
		method, path, _ := strings.Cut(pattern, " ")
		if strings.HasSuffix(path, "/openapi.json") {
			continue
		}
		path = strings.NewReplacer("{number}", "1", "{entry}", "1", "{file}", "1").Replace(path)
		for name, v := range map[string]*visitor{"agent": d.agent, "alice": d.customers[alice]} {
			if got := v.ask(t, method, path, "application/json", strings.NewReader("{}")); got.status != http.StatusUnauthorized {
				t.Errorf("%s for %s: %d", pattern, name, got.status)
			}
		}
	}
}
