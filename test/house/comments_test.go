package house

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// TestPackageComments wants one package comment for each package, in one file:
// two of them contradict each other sooner or later.
func TestPackageComments(t *testing.T) {
	for _, p := range listPackages(t) {
		var commented []string
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if file.Doc != nil {
				commented = append(commented, name)
			}
		}
		if len(p.GoFiles) > 0 && len(commented) != 1 {
			t.Errorf("%s has package comments in %v, want exactly one file", p.ImportPath, commented)
		}
	}
}
