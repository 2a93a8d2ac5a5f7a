package outbound

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// Every text that a mail to a customer may hold has words in every language.
func TestMailsSpeakEveryLanguage(t *testing.T) {
	said := spoken(t)
	for _, s := range helpdesk.Statuses {
		said = append(said, (&helpdesk.HelpCenter{}).StatusLabel(s))
	}
	if len(said) < 40 {
		t.Fatalf("found only %d texts", len(said))
	}
	for _, locale := range words.Locales() {
		for _, text := range said {
			if !words.For(locale).Has(text) {
				t.Errorf("%s lacks %q", locale, text)
			}
		}
	}
}

// spoken are the texts in templates and in the program.
func spoken(t *testing.T) []string {
	t.Helper()
	var all []string
	inTemplate := regexp.MustCompile(`\{\{(?:with \.\w+\}\}\{\{)?t ("(?:[^"\\]|\\.)*")`)
	files, err := fs.Glob(wordFiles, "words/customer/*.txt")
	if err != nil || len(files) != len(purposes)+len(accountPurposes) {
		t.Fatalf("%d templates, %v", len(files), err)
	}
	for _, name := range files {
		raw, err := fs.ReadFile(wordFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		found := inTemplate.FindAllSubmatch(raw, -1)
		if strings.Count(string(raw), "{{t ") != len(found) {
			t.Errorf("%s: %d texts found", name, len(found))
		}
		for _, m := range found {
			text, err := strconv.Unquote(string(m[1]))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
	}
	for _, name := range []string{"letter.go", "account.go", "compose.go"} {
		all = append(all, spokenIn(t, name)...)
	}
	return all
}

func spokenIn(t *testing.T, name string) []string {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, raw, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "T" && f.Sel.Name != "N" {
			return true
		}
		for _, arg := range call.Args {
			if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, _ := strconv.Unquote(lit.Value)
				all = append(all, text)
			}
		}
		return true
	})
	return all
}
