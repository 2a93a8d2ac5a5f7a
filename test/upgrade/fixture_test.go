package upgrade

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

var of = flag.String("of", "", "the `release` to write testdata anew with")

// maxFixture is what the repository can bear.
const maxFixture = 1 << 20

// TestMakeFixture writes testdata anew: what a release leaves in its folder, and what
// is known about it.
func TestMakeFixture(t *testing.T) {
	if *of == "" {
		t.Skip("only with -of (make fixture OF=release)")
	}
	path, trouble := program(t, *of)
	if path == "" {
		t.Fatal(trouble)
	}
	s := startSink(t)
	d := newDesk(t, s)
	d.start(t, path)
	st := tell(t, d, s, *of)
	d.end(t, syscall.SIGTERM)
	raw, err := json.MarshalIndent(st, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	pack(t, d.dir, filepath.Join("testdata", "data.tar.gz"))
	for name, content := range map[string]string{"story.json": string(raw), "release": *of} {
		if err := os.WriteFile(filepath.Join("testdata", name), []byte(content+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// pack writes a folder into an archive: files alone, without what is made anew.
func pack(t *testing.T, dir, file string) {
	t.Helper()
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	small, _ := gzip.NewWriterLevel(out, gzip.BestCompression) // that level is one
	archive := tar.NewWriter(small)
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		name, relErr := filepath.Rel(dir, path)
		switch {
		case err != nil || relErr != nil:
			return errors.Join(err, relErr)
		case e.IsDir() && name == "search":
			return filepath.SkipDir
		case !e.Type().IsRegular() || strings.HasSuffix(name, ".tmp"):
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		head := &tar.Header{Name: filepath.ToSlash(name), Mode: 0o600, Size: int64(len(content)), Typeflag: tar.TypeReg}
		if err := archive.WriteHeader(head); err != nil {
			return err
		}
		_, err = archive.Write(content)
		return err
	})
	if err = errors.Join(err, archive.Close(), small.Close(), out.Close()); err != nil {
		t.Fatal(err)
	}
}

// unpack lays what a release wrote into a folder, and tells what is known about it.
func unpack(t *testing.T, dir string) *story {
	t.Helper()
	file := filepath.Join("testdata", "data.tar.gz")
	raw, err := os.ReadFile(filepath.Join("testdata", "story.json"))
	if err != nil {
		t.Fatal(err)
	}
	st := &story{}
	if err := json.Unmarshal(raw, st); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if about, err := in.Stat(); err != nil || about.Size() > maxFixture {
		t.Fatalf("%s is larger than %d bytes: %v %v", file, maxFixture, about, err)
	}
	large, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(large); ; {
		head, err := archive.Next()
		if err == io.EOF {
			return st
		}
		if err == nil {
			err = lay(filepath.Join(dir, filepath.FromSlash(head.Name)), archive)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func lay(path string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, content)
	return errors.Join(err, out.Close())
}

// written is a desk over what the release before this one wrote.
func written(t *testing.T, s *sink) (*daemon, *story) {
	t.Helper()
	d := &daemon{dir: filepath.Join(t.TempDir(), "state"), relay: s.address}
	return d, unpack(t, d.dir)
}
