package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// LoadFiles reads manifests from files and folders. Of a folder it takes *.yaml
// and *.yml, sorted by name, and neither hidden files nor subfolders.
//
// Problems are all there are in reading, over all files. The Set holds what
// could be read, with defaults filled in, and the places it was read from, so
// that Validate can add the rest; it is fit for use only if neither found a
// problem.
func LoadFiles(paths ...string) (*Set, Problems) {
	l := loader{seen: map[string]bool{}}
	l.gather(paths)
	return l.finish()
}

// Source is a file of manifests.
type Source struct {
	Name string // that problems tell
	Data []byte
}

// ReadFiles reads what LoadFiles would, and does not look into it. Problems are
// what cannot be read.
func ReadFiles(paths ...string) ([]Source, Problems) {
	l := loader{seen: map[string]bool{}}
	l.gather(paths)
	return l.files, l.problems
}

// ParseFiles makes a Set of what ReadFiles has read, as LoadFiles does.
func ParseFiles(files []Source) (*Set, Problems) {
	l := loader{files: files}
	return l.finish()
}

// gather reads the files that paths name.
func (l *loader) gather(paths []string) {
	for _, name := range paths {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			l.unreadable(name, err)
		case info.IsDir():
			l.folder(os.DirFS(name), func(base string) string { return filepath.Join(name, base) })
		default:
			l.open(os.DirFS(filepath.Dir(name)), filepath.Base(name), filepath.Clean(name))
		}
	}
}

// Load reads the manifests in the root of fsys, as LoadFiles reads a folder.
func Load(fsys fs.FS) (*Set, Problems) {
	l := loader{seen: map[string]bool{}}
	l.folder(fsys, func(base string) string { return base })
	return l.finish()
}

// Parse reads one file of manifests, as LoadFiles does. File is the name that
// problems tell.
func Parse(file string, data []byte) (*Set, Problems) {
	return ParseFiles([]Source{{Name: file, Data: data}})
}

// loader gathers manifests and problems over files.
type loader struct {
	files    []Source
	set      Set
	problems Problems
	seen     map[string]bool // files, by the name they are told by
}

func (l *loader) unreadable(name string, err error) {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err // the path stands before it anyway
	}
	l.problems = append(l.problems, Problem{File: name, Message: "cannot be read: " + err.Error()})
}

// folder reads the manifests in the root of fsys; name makes a base name what
// problems tell.
func (l *loader) folder(fsys fs.FS, name func(base string) string) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		l.unreadable(name("."), err)
		return
	}
	for _, e := range entries {
		base := e.Name()
		if ext := path.Ext(base); strings.HasPrefix(base, ".") || ext != ".yaml" && ext != ".yml" {
			continue
		}
		// Stat, not the entry: files of a mounted ConfigMap are symbolic links.
		info, err := fs.Stat(fsys, base)
		switch {
		case err != nil:
			l.unreadable(name(base), err)
		case info.Mode().IsRegular():
			l.open(fsys, base, name(base))
		}
	}
}

func (l *loader) open(fsys fs.FS, base, name string) {
	if l.seen[name] {
		return
	}
	l.seen[name] = true
	f, err := fsys.Open(base)
	if err != nil {
		l.unreadable(name, err)
		return
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		l.unreadable(name, err)
		return
	}
	l.files = append(l.files, Source{Name: name, Data: data})
}

// read takes the manifests of one file in.
func (l *loader) read(file string, data []byte) {
	if len(data) > MaxFile {
		l.problems = append(l.problems, Problem{File: file, Message: fmt.Sprintf("is larger than %d MiB", MaxFile>>20)})
		return
	}
	if !utf8.Valid(data) {
		l.problems = append(l.problems, Problem{File: file, Message: "is not UTF-8 text"})
		return
	}
	documents, err := split(data)
	for _, root := range documents {
		l.document(file, root)
	}
	if err != nil {
		l.problems = append(l.problems, syntaxProblem(file, err))
	}
}

// finish takes all files in, sorts what was read, tells what was declared twice,
// and fills in defaults.
func (l *loader) finish() (*Set, Problems) {
	for _, f := range l.files {
		l.read(f.Name, f.Data)
	}
	l.set.HelpCenters = unique(l.set.HelpCenters, KindHelpCenter, helpCenterMeta, &l.problems)
	l.set.Forms = unique(l.set.Forms, KindTicketForm, formMeta, &l.problems)
	l.set.Mailboxes = unique(l.set.Mailboxes, KindMailbox, mailboxMeta, &l.problems)
	l.set.SetDefaults()
	if len(l.problems) == 0 {
		return &l.set, nil
	}
	return &l.set, l.problems.sorted().cut()
}

// unique sorts objects by key and keeps the first of each key.
func unique[T any](objects []T, kind string, meta func(*T) *Metadata, problems *Problems) []T {
	slices.SortStableFunc(objects, func(a, b T) int { return meta(&a).Key().Compare(meta(&b).Key()) })
	var kept []T
	for _, o := range objects {
		m := meta(&o)
		if len(kept) == 0 || m.Name == "" || meta(&kept[len(kept)-1]).Key() != m.Key() {
			kept = append(kept, o)
			continue
		}
		first, second := meta(&kept[len(kept)-1]).origin, m.origin
		*problems = append(*problems, Problem{
			File: second.file, Line: second.start.line, Column: second.start.column, Object: objectName(kind, m.Key()),
			Message: fmt.Sprintf("is declared twice, first at %s:%d", first.file, first.start.line),
		})
	}
	return kept
}

func helpCenterMeta(o *HelpCenter) *Metadata { return &o.Metadata }
func formMeta(o *TicketForm) *Metadata       { return &o.Metadata }
func mailboxMeta(o *Mailbox) *Metadata       { return &o.Metadata }
