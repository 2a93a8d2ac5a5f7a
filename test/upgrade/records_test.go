package upgrade

import (
	"archive/tar"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// words is the package whose types are records.
const words = "daemon/internal/helpdesk"

// A record of the release before has no member that is gone or of another type now,
// and the audit log, whose members are summed, has no other ones. What values an
// enumeration has got is told: the release before may not be able to show them
// (decision 36).
//
// covers: P04
func TestRecordsOfTheReleaseBefore(t *testing.T) {
	earlier(t) // skips without a history
	then, now := shapeOf(t, sourcesThen(t)), shapeOf(t, sourcesNow(t))
	if len(then) < 500 {
		t.Fatalf("only %d members and values were found", len(then))
	}
	for _, name := range slices.Sorted(maps.Keys(then)) {
		if is, there := now[name]; is != then[name] {
			t.Errorf("%s was %s, and is %q now (there at all: %t): the release before could not read it", name, then[name], is, there)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, there := then[name]; there {
			continue
		}
		switch {
		case strings.HasPrefix(name, "AuditRecord.") || strings.HasPrefix(name, "AuditBy."):
			t.Errorf("%s is new: the release before would sum the record without it, and say that it was changed", name)
		case strings.Contains(name, " "):
			t.Logf("a new value: %s = %s", name, now[name])
		}
	}
}

// sourcesThen are the files of the release before, by name.
func sourcesThen(t *testing.T) map[string][]byte {
	t.Helper()
	cmd := exec.Command("git", "archive", "--format=tar", before(t), words)
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string][]byte{}
	for archive := tar.NewReader(bytes.NewReader(out)); ; {
		head, err := archive.Next()
		if err == io.EOF {
			return sources
		}
		if err == nil {
			sources[path.Base(head.Name)], err = io.ReadAll(archive)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func sourcesNow(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(words), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string][]byte{}
	for _, file := range files {
		if sources[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return sources
}

// shapeOf tells the type of each member that is written as JSON, as "Type.member", and
// each value of an enumeration, as "Type Name".
func shapeOf(t *testing.T, sources map[string][]byte) map[string]string {
	t.Helper()
	shape := map[string]string{}
	for name, source := range sources {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if d, ok := d.(*ast.GenDecl); ok {
				for _, s := range d.Specs {
					members(s, shape)
					values(s, d.Tok, shape)
				}
			}
		}
	}
	return shape
}

func members(s ast.Spec, shape map[string]string) {
	typed, ok := s.(*ast.TypeSpec)
	if !ok {
		return
	}
	record, ok := typed.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range record.Fields.List {
		if field.Tag == nil {
			continue
		}
		tag, _ := strconv.Unquote(field.Tag.Value) // it was parsed
		if member, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ","); member != "" && member != "-" {
			shape[typed.Name.Name+"."+member] = types.ExprString(field.Type)
		}
	}
}

func values(s ast.Spec, tok token.Token, shape map[string]string) {
	value, ok := s.(*ast.ValueSpec)
	if !ok || tok != token.CONST || value.Type == nil {
		return
	}
	for i, name := range value.Names {
		if i < len(value.Values) {
			shape[types.ExprString(value.Type)+" "+name.Name] = types.ExprString(value.Values[i])
		}
	}
}
