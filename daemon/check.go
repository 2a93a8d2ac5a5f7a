package main

import (
	"context"
	"fmt"
	"io"

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
	set, problems := config.LoadFiles(paths...)
	problems = append(problems, set.Validate()...)
	if err := problems.Err(); err != nil {
		for _, p := range problems {
			fmt.Fprintln(out, p)
		}
		return errSilent
	}
	fmt.Fprintln(out, "ok")
	return nil
}
