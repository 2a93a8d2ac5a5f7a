package certs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"slices"
	"strings"
)

// folder holds pairs of files, in itself or in folders right below it: NAME.crt
// with NAME.key, as Secrets of Kubernetes (tls.crt, tls.key), lego and Caddy
// write them, or fullchain.pem with privkey.pem, as certbot does.
type folder struct {
	dir  string
	log  *slog.Logger
	seen string // fingerprint of what was read last
	good []pair // by name
}

// Limits of a folder.
const (
	maxPairs = 1000     // more help centers than one daemon serves
	maxFile  = 64 << 10 // a chain has under 10 KiB
)

// open reads the folder for the first time. One pair that is broken must not keep
// the others, and the mail, from being served.
func (f *folder) open(ctx context.Context) ([]pair, error) {
	// Taken before reading: what changes meanwhile is seen as a change by reload.
	names, seen, err := f.look()
	if err != nil {
		return nil, err
	}
	f.seen = seen
	f.load(ctx, names)
	if len(f.good) == 0 {
		return nil, fmt.Errorf("there is no usable certificate in %s: NAME.crt with NAME.key, or fullchain.pem with privkey.pem, in it or in a folder in it", f.dir)
	}
	return f.good, nil
}

// reload reads the folder again if it differs from what was read.
func (f *folder) reload(ctx context.Context) (pairs []pair, changed bool) {
	names, seen, err := f.look()
	if err != nil {
		seen = err.Error()
	}
	if seen == f.seen {
		return nil, false
	}
	f.seen = seen
	if err != nil {
		f.log.ErrorContext(ctx, "certificates can't be read, the last good ones stay", "dir", f.dir, "error", err)
		return nil, false
	}
	f.load(ctx, names)
	f.log.InfoContext(ctx, "certificates loaded", "dir", f.dir, "certificates", len(f.good))
	return f.good, true
}

// load reads pairs. One that is half written, or that does not fit together,
// leaves the last good one of its name.
func (f *folder) load(ctx context.Context, names []string) {
	var next []pair
	for _, name := range names {
		p, err := f.read(name)
		if err == nil {
			next = append(next, p)
			continue
		}
		i := slices.IndexFunc(f.good, func(p pair) bool { return p.name == name })
		switch {
		case i >= 0:
			f.log.ErrorContext(ctx, "certificate refused, the last good one stays", "dir", f.dir, "error", err)
			next = append(next, f.good[i])
		case !errors.Is(err, fs.ErrNotExist): // a lone file is no pair: Secrets have a ca.crt besides
			f.log.ErrorContext(ctx, "certificate refused", "dir", f.dir, "error", err)
		}
	}
	f.good = next
}

// look lists the pairs by the names of their certificates, and tells a
// fingerprint that changes when one of their files does.
func (f *folder) look() (names []string, seen string, err error) {
	root := os.DirFS(f.dir)
	var b strings.Builder
	for _, pattern := range []string{"*.crt", "*.key", "*/*.crt", "*/*.key", "fullchain.pem", "privkey.pem", "*/fullchain.pem", "*/privkey.pem"} {
		found, err := fs.Glob(root, pattern)
		if err != nil {
			return nil, "", fmt.Errorf("look for certificates: %w", err)
		}
		for _, file := range found {
			if strings.HasPrefix(file, "..") {
				continue // how mounted Secrets keep their generations: what links lead to
			}
			info, err := fs.Stat(root, file) // follows links
			if err != nil || !info.Mode().IsRegular() {
				continue // what is missing of a pair is told when it is read
			}
			fmt.Fprintf(&b, "%s %d %d\n", file, info.Size(), info.ModTime().UnixNano())
			if name, ok := nameOf(file); ok && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if _, err := os.ReadDir(f.dir); err != nil { // Glob tells of no error
		return nil, "", fmt.Errorf("look for certificates: %w", err)
	}
	if len(names) > maxPairs {
		return nil, "", fmt.Errorf("%s has more than %d certificates", f.dir, maxPairs)
	}
	slices.Sort(names)
	return names, b.String(), nil
}

// nameOf is the name of the pair that a file belongs to: its certificate's.
func nameOf(file string) (string, bool) {
	dir, base := path.Split(file)
	switch {
	case base == "fullchain.pem", base == "privkey.pem":
		return dir + "fullchain.pem", true
	case strings.HasSuffix(base, ".crt"):
		return file, true
	case strings.HasSuffix(base, ".key"):
		return strings.TrimSuffix(file, ".key") + ".crt", true
	}
	return "", false
}

func keyOf(name string) string {
	if base, ok := strings.CutSuffix(name, "fullchain.pem"); ok {
		return base + "privkey.pem"
	}
	return strings.TrimSuffix(name, ".crt") + ".key"
}

func (f *folder) read(name string) (pair, error) {
	cert, err := f.file(name)
	if err != nil {
		return pair{}, err
	}
	key, err := f.file(keyOf(name))
	if err != nil {
		return pair{}, err
	}
	return parsePair(name, cert, key)
}

func (f *folder) file(name string) ([]byte, error) {
	file, err := os.DirFS(f.dir).Open(name)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	defer func() { _ = file.Close() }() // only read from
	raw, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	if len(raw) > maxFile {
		return nil, fmt.Errorf("%s has more than %d bytes", path.Join(f.dir, name), maxFile)
	}
	return raw, nil
}
