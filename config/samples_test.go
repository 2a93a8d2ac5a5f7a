package config

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what comes out as what is wanted")

// TestGoodManifests reads each file of testdata/ok. It must be accepted, and with
// defaults printed must be the .golden file beside it, which means the same.
//
// covers: S13, K03
func TestGoodManifests(t *testing.T) {
	for _, file := range samples(t, "testdata/ok/*.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			set := mustParse(t, file, data)
			printed, err := set.YAML()
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, printed, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(printed)); diff != "" {
				t.Errorf("with defaults it prints as (-want +got):\n%s", diff)
			}
			again := mustParse(t, golden, printed)
			if diff := cmp.Diff(hashes(set), hashes(again)); diff != "" {
				t.Errorf("what is printed means something else (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBadManifests loads each archive of testdata/bad as a folder. The file named
// want is what is told about it, reading and validating together.
//
// covers: S13, K03
func TestBadManifests(t *testing.T) {
	for _, file := range samples(t, "testdata/bad/*.txtar") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			folder := fstest.MapFS{}
			var want *txtar.File
			for i, f := range archive.Files {
				if f.Name == "want" {
					want = &archive.Files[i]
					continue
				}
				folder[f.Name] = &fstest.MapFile{Data: f.Data}
			}
			if want == nil {
				t.Fatal("the archive has no file named want")
			}
			set, problems := Load(folder)
			got := append(problems, set.Validate()...).sorted().Error() + "\n"
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if strings.TrimSpace(got) == "" {
				t.Error("nothing is told; a good sample belongs into testdata/ok")
			}
		})
	}
}

func samples(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples at %s: %v", pattern, err)
	}
	return files
}

// mustParse reads manifests that have no problem.
func mustParse(t *testing.T, file string, data []byte) *Set {
	t.Helper()
	set, problems := Parse(file, data)
	if all := append(problems, set.Validate()...); len(all) > 0 {
		t.Fatalf("problems:\n%v", all)
	}
	return set
}

// mustRead is mustParse for a literal, indented with tabs as the code around it.
func mustRead(t *testing.T, manifests string) *Set {
	t.Helper()
	return mustParse(t, "test.yaml", bytes.ReplaceAll([]byte(manifests), []byte("\t"), nil))
}

// hashes identifies each object of a set and what it says.
func hashes(s *Set) map[string]string {
	all := map[string]string{}
	for _, h := range s.HelpCenters {
		all[KindHelpCenter+" "+h.Metadata.Key().String()] = h.Metadata.UID + Hash(h.Spec)
	}
	for _, f := range s.Forms {
		all[KindTicketForm+" "+f.Metadata.Key().String()] = f.Metadata.UID + Hash(f.Spec)
	}
	for _, m := range s.Mailboxes {
		all[KindMailbox+" "+m.Metadata.Key().String()] = m.Metadata.UID + Hash(m.Spec)
	}
	return all
}
