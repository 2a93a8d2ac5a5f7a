package eml

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// oversized are samples of the limits, which would be too large to keep.
var oversized = map[string]func() []byte{
	"deep":        func() []byte { return nestedParts(MaxDepth + 1) },
	"many parts":  func() []byte { return tinyParts(MaxParts + 1) },
	"long header": func() []byte { return []byte("X-a: " + strings.Repeat("x\r\n ", MaxHeaderBytes/3) + "y\r\n\r\n") },
	"many fields": func() []byte { return []byte(strings.Repeat("a: b\r\n", MaxHeaderFields+1) + "\r\n") },
	"many params": func() []byte {
		return []byte("Content-Type: text/plain" + strings.Repeat("; a=b", MaxParams+1) + "\r\n\r\n")
	},
	"many people":    func() []byte { return []byte("To: " + strings.Repeat("a@b.example, ", MaxMailboxes+1) + "\r\n\r\n") },
	"many ancestors": func() []byte { return []byte("References: " + different(20*MaxReferences) + "\r\n\r\n") },
	"long text":      func() []byte { return append([]byte("Subject: x\r\n\r\n"), make([]byte, MaxTextBytes+1)...) },
	"many guesses": func() []byte {
		var b strings.Builder
		for i := range MaxRescans + 2 {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=wrong%d\r\n\r\n--b%d\r\n", i, i)
		}
		return []byte(b.String() + "\r\nx")
	},
}

// TestFaultSamples: every kind of fault is met by a sample, so that none can
// stop being noticed.
//
// covers: P07
func TestFaultSamples(t *testing.T) {
	met := map[FaultCode]bool{}
	note := func(raw []byte) {
		for _, f := range Read(raw).Faults {
			met[f.Code] = true
		}
	}
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		note(raw)
	}
	for _, generate := range oversized {
		note(generate())
	}
	codes := declaredFaults(t)
	if len(codes) < 25 {
		t.Fatalf("%d kinds of faults found in fault.go", len(codes))
	}
	for _, code := range codes {
		if !met[code] {
			t.Errorf("no sample with fault %s", code)
		}
	}
	for code := range met {
		if !slices.Contains(codes, code) {
			t.Errorf("fault %s is not declared", code)
		}
	}
}

// declaredFaults reads the constants of fault.go.
func declaredFaults(t *testing.T) []FaultCode {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "fault.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []FaultCode
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "FaultCode" {
			for _, v := range spec.Values {
				if code, err := strconv.Unquote(v.(*ast.BasicLit).Value); err == nil {
					codes = append(codes, FaultCode(code))
				}
			}
		}
		return true
	})
	return codes
}
