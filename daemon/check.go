package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/posterndesk/postern/config"
)

// runCheck prints all problems of manifests, one a line, or "ok".
func runCheck(_ context.Context, args []string, out, errs io.Writer) error {
	fs := newFlags("check", "FILE|FOLDER…", errs)
	paths, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return fmt.Errorf("name the manifests to check: %w", errUsage)
	}
	if _, err := readManifests(out, paths...); err != nil {
		return err
	}
	fmt.Fprintln(out, "ok")
	return nil
}

// readManifests reads manifests and prints all problems that they have.
func readManifests(out io.Writer, paths ...string) ([]config.Source, error) {
	files, problems := config.ReadFiles(paths...)
	set, more := config.ParseFiles(files)
	problems = slices.Concat(problems, more, set.Validate())
	for _, p := range problems {
		fmt.Fprintln(out, p)
	}
	if len(problems) > 0 {
		return nil, errSilent
	}
	return files, nil
}
