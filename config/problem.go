package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Problem is one thing wrong with what is declared, and where.
type Problem struct {
	File         string // as it was named to the reader; empty if not read from a file
	Line, Column int    // from 1; 0 if unknown
	Object       string // such as "HelpCenter support/acme"; empty if unknown
	Path         string // of the field, such as spec.fields[0].name; empty for the whole object
	Message      string
}

// String tells all that is known, from the wide to the narrow:
//
//	acme.yaml:12:5: HelpCenter support/acme: spec.portal.submit: "Everyone" is not one of Anyone, SignedIn
func (p Problem) String() string {
	var parts []string
	if place := p.place(); place != "" {
		parts = append(parts, place)
	}
	for _, part := range []string{p.Object, p.Path, p.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

func (p Problem) place() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

func (p Problem) compare(q Problem) int {
	return cmp.Or(
		cmp.Compare(p.File, q.File),
		cmp.Compare(p.Line, q.Line),
		cmp.Compare(p.Column, q.Column),
		cmp.Compare(p.Object, q.Object),
		cmp.Compare(p.Path, q.Path),
		cmp.Compare(p.Message, q.Message),
	)
}

// Problems is all that is wrong, by place. It is an error if it is not empty; a
// function that returns Problems returns nil for none.
type Problems []Problem

// Error returns one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems as an error, nil if there are none. A nil Problems in
// an error variable would not be nil.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// sorted returns the problems by place, each once.
func (ps Problems) sorted() Problems {
	slices.SortFunc(ps, Problem.compare)
	return slices.Compact(ps)
}

// cut leaves at most maxProblems of each file, and says how many more there are.
func (ps Problems) cut() Problems {
	var kept Problems
	told, more := 0, 0
	for i, p := range ps {
		if told++; told <= maxProblems {
			kept = append(kept, p)
		} else {
			more++
		}
		if i+1 < len(ps) && ps[i+1].File == p.File {
			continue
		}
		if more > 0 {
			kept = append(kept, Problem{File: p.File, Message: fmt.Sprintf("and %d more problems", more)})
		}
		told, more = 0, 0
	}
	return kept
}

// position is a place in a file, from 1.
type position struct{ line, column int }

// objectName names an object in problems. A name that is not like one is left
// out; it has its own problem.
func objectName(kind string, key Key) string {
	if !looseName.MatchString(key.Name) || !looseName.MatchString(key.Namespace) {
		return kind
	}
	return kind + " " + key.String()
}

var looseName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,253}$`)

// origin is where an object was read from. It is nil for objects that were not.
type origin struct {
	file      string
	start     position
	positions map[string]position // by path
	broken    map[string]bool     // paths with a problem already told
}

// place returns where path stands, or what is nearest around it.
func (o *origin) place(path string) (file string, at position) {
	if o == nil {
		return "", position{}
	}
	for ; path != ""; path = parent(path) {
		if at, found := o.positions[path]; found {
			return o.file, at
		}
	}
	return o.file, o.start
}

// told reports whether path, or what is around it, is known to be wrong: what
// else could be said of it would only follow from that.
func (o *origin) told(path string) bool {
	if o == nil {
		return false
	}
	for ; path != ""; path = parent(path) {
		if o.broken[path] {
			return true
		}
	}
	return false
}

// incomplete reports whether something within path is known to be wrong: whether
// the whole has what it needs cannot be said before that is mended.
func (o *origin) incomplete(path string) bool {
	if o != nil {
		for broken := range o.broken {
			if strings.HasPrefix(broken, path+".") {
				return true
			}
		}
	}
	return false
}

// parent cuts the last step off a path: a.b[0] → a.b → a → "".
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

// member and element extend a path by a field and by a list index.
func member(path, name string) string {
	if !plainName.MatchString(name) {
		name = clip(name) // only an unknown field has such a name
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}$`)

func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
