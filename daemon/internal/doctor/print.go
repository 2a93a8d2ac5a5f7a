package doctor

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

var kinds = map[string]string{"Server": "Mail server", "HelpCenter": "Help center", "Mailbox": "Mailbox", "RoundTrip": "Round trip of"}

// Print writes a report for people.
func (r *Report) Print(w io.Writer) {
	for _, c := range r.Chapters {
		c.Head(w)
		for _, f := range c.Findings {
			f.Print(w)
		}
		fmt.Fprintln(w)
	}
}

// Head writes the name of a chapter.
func (c *Chapter) Head(w io.Writer) {
	fmt.Fprintf(w, "%s %s", kinds[c.Kind], tame(c.Title))
	if c.Name != "" {
		fmt.Fprintf(w, " (%s/%s)", c.Account, c.Name)
	}
	fmt.Fprintln(w)
}

// Print writes a finding, with lines that can be copied into a zone.
func (f *Finding) Print(w io.Writer) {
	fmt.Fprintf(w, "  %-8s %-12s %s", f.State, f.What, tame(f.Words))
	if f.Took > 0 {
		fmt.Fprintf(w, " (%d ms)", f.Took)
	}
	fmt.Fprintln(w)
	for _, is := range f.Is {
		fmt.Fprintf(w, "           is:  %s\n", tame(is))
	}
	for _, set := range f.Set {
		fmt.Fprintf(w, "           set: %s\n", tame(set))
	}
}

// Sum writes what it comes to.
func (r *Report) Sum(w io.Writer) {
	var parts []string
	for _, s := range []State{Wrong, Missing, Warning, Skipped} {
		if n := r.Count(s); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	switch {
	case len(parts) == 0:
		fmt.Fprintln(w, "All is well.")
	case r.Healthy():
		fmt.Fprintf(w, "Nothing has to be done (%s).\n", strings.Join(parts, ", "))
	default:
		fmt.Fprintf(w, "Something has to be done: %s.\n", strings.Join(parts, ", "))
	}
}

// tame keeps what others said from driving the terminal.
func tame(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "?"))
}
