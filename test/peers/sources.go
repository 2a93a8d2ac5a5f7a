package peers

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Root is the folder of go.mod, from wherever a test runs.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("look for go.mod: %w", os.ErrNotExist)
}

// touchSources looks at every source of the programs. "go test" remembers which files a
// test has looked at, and runs it anew when one of them changes; that a test builds a
// program it can't know.
func touchSources() error {
	root, err := Root()
	if err != nil {
		return err
	}
	for _, part := range []string{"daemon", "operator", "config", "go.mod", "go.sum"} {
		err := filepath.WalkDir(filepath.Join(root, part), func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			_, err = os.Stat(path)
			return err
		})
		if err != nil {
			return fmt.Errorf("look at sources: %w", err)
		}
	}
	return nil
}
