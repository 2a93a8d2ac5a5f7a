package house

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/requirements.md anew")

var (
	coversMark = regexp.MustCompile(`covers: ([A-Z0-9a-z, ]+)`)
	tableRow   = regexp.MustCompile(`^\| ([SPKM][0-9]+a?) \| (.*?) \|(.*)\|$`)
)

// TestRequirements keeps the table of docs/requirements.md true: its last
// column is made from the "covers:" marks of the tests.
func TestRequirements(t *testing.T) {
	root := filepath.Join("..", "..")
	tests := coveringTests(t, root)
	path := filepath.Join(root, "docs", "requirements.md")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	lines := strings.Split(string(old), "\n")
	for i, line := range lines {
		if m := tableRow.FindStringSubmatch(line); m != nil {
			known[m[1]] = true
			lines[i] = "| " + m[1] + " | " + m[2] + " | " + strings.Join(tests[m[1]], "<br>") + " |"
		}
	}
	for row := range tests {
		if !known[row] {
			t.Errorf("%v covers %s, which is no row of docs/requirements.md", tests[row], row)
		}
	}
	fresh := strings.Join(lines, "\n")
	if fresh == string(old) {
		return
	}
	if !*update {
		t.Fatal("docs/requirements.md is stale: run make generate")
	}
	if err := os.WriteFile(path, []byte(fresh), 0o644); err != nil {
		t.Fatal(err)
	}
}

// coveringTests finds the tests of each row.
func coveringTests(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string]map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root:
			return fs.SkipDir
		case strings.HasSuffix(path, "_test.go"):
			return marksOfGo(path, rel, found)
		case strings.HasSuffix(path, ".txtar"):
			return marksOfScript(path, rel, found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{}
	for row, names := range found {
		tests[row] = slices.Sorted(maps.Keys(names))
	}
	return tests
}

func marksOfGo(path, rel string, found map[string]map[string]bool) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		return err
	}
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Doc != nil {
			mark(fn.Doc.Text(), filepath.ToSlash(filepath.Dir(rel))+" "+fn.Name.Name, found)
		}
	}
	return nil
}

func marksOfScript(path, rel string, found map[string]map[string]bool) error {
	script, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	mark(string(script), filepath.ToSlash(rel), found)
	return nil
}

func mark(text, test string, found map[string]map[string]bool) {
	for _, m := range coversMark.FindAllStringSubmatch(text, -1) {
		for row := range strings.SplitSeq(m[1], ",") {
			row = strings.TrimSpace(row)
			if found[row] == nil {
				found[row] = map[string]bool{}
			}
			found[row]["`"+test+"`"] = true
		}
	}
}
