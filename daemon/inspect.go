package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/posterndesk/postern/daemon/internal/inspect"
)

// runInspect tells how mails are read, for people or as one line of JSON each.
func runInspect(ctx context.Context, args []string, out, errs io.Writer) error {
	fs := newFlags("inspect", "[--json] FILE…", errs)
	asJSON := fs.Bool("json", false, "one line of JSON for each file, in their order")
	paths, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return fmt.Errorf("name the files to read, or - for standard input: %w", errUsage)
	}
	// The collector runs twice as often as usual: a mail of 25 MiB should not take
	// 100, and the time it costs is small here.
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	w := bufio.NewWriter(out)
	failed := false
	for r := range inOrder(ctx, paths, readFile) {
		if r.err != nil {
			failed = true
			fmt.Fprintln(errs, "postern inspect:", r.err)
			continue
		}
		if *asJSON {
			err = r.reading.WriteJSON(w)
		} else {
			err = r.reading.Print(w)
		}
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if failed {
		return errSilent
	}
	return ctx.Err()
}

// inspected is a mail that was read, or why its file could not be.
type inspected struct {
	reading *inspect.Reading
	err     error
}

// maxInspected bounds a file: larger than any mail that Postern takes in, small
// enough to be held in memory.
const maxInspected = 256 << 20

func readFile(path string) inspected {
	raw, err := readBounded(path)
	switch {
	case err != nil:
		return inspected{err: err}
	case len(raw) > maxInspected:
		return inspected{err: fmt.Errorf("%s is larger than %d MiB", path, maxInspected>>20)}
	}
	return inspected{reading: inspect.Read(path, raw)}
}

// readBounded reads one byte more than is allowed at most. Room for what a file
// holds is made at once: growing would take twice as much.
func readBounded(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(os.Stdin, maxInspected+1))
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	var raw bytes.Buffer
	raw.Grow(int(min(info.Size(), maxInspected)) + bytes.MinRead)
	_, err = raw.ReadFrom(io.LimitReader(file, maxInspected+1))
	return raw.Bytes(), err
}

// inOrder does all of work on every processor and yields the results in the
// order of paths. At most a few results wait to be yielded.
func inOrder[T any](ctx context.Context, paths []string, work func(string) T) func(yield func(T) bool) {
	return func(yield func(T) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		pending := make(chan chan T, runtime.GOMAXPROCS(0))
		go func() {
			defer close(pending)
			for _, path := range paths {
				done := make(chan T, 1)
				select {
				case pending <- done:
				case <-ctx.Done():
					return
				}
				go func() { done <- work(path) }()
			}
		}()
		for done := range pending {
			if !yield(<-done) {
				return
			}
		}
	}
}
