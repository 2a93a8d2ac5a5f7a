package inspect

import (
	"fmt"
	"io"
	"strings"
)

// Print writes the reading for people.
func (r *Reading) Print(w io.Writer) error {
	p := printer{w: w}
	p.line("File", r.File)
	p.line("SHA-256", r.SHA256)
	p.line("From", mailboxWords(r.From))
	p.line("To", mailboxWords(r.To))
	p.line("Cc", mailboxWords(r.Cc))
	p.line("Reply-To", mailboxWords(r.ReplyTo))
	p.line("Subject", r.Subject)
	p.line("Date", r.Date)
	p.line("Message-ID", r.MessageID)
	p.line("Kind", r.kindWords())
	p.text("Reply", r.Reply)
	for i, span := range r.Folded {
		p.text(fmt.Sprintf("Folded %d", i+1), span)
	}
	if f := r.Forward; f != nil {
		p.forward(f)
	}
	if r.Bounce != nil {
		p.head("Recipients")
		for _, b := range r.Bounce.Recipients {
			p.printf("  %s\n", strings.Join(nonEmpty(b.Address, b.Class, b.Status, codeWords(b.Code)), "  "))
		}
	}
	if len(r.Attachments) > 0 {
		p.head("Attachments")
		for _, a := range r.Attachments {
			inline := ""
			if a.Inline {
				inline = "inline"
			}
			p.printf("  %s\n", strings.Join(nonEmpty(a.Name, a.MediaType, byteWords(a.Size), inline, a.ContentID), "  "))
		}
	}
	if len(r.details) > 0 {
		p.head("Faults")
		for _, f := range r.details {
			p.printf("  %s\n", f)
		}
	}
	p.printf("\n")
	return p.err
}

// printer keeps the first error, so that each line need not look.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) line(name, value string) {
	if value != "" {
		p.printf("%-11s %s\n", name, value)
	}
}

func (p *printer) head(name string) { p.printf("\n%s\n", name) }

func (p *printer) text(name, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	p.head(name)
	for l := range strings.Lines(strings.Trim(text, "\n")) {
		p.printf("%s\n", strings.TrimRight("  "+l, " \n"))
	}
}

func (p *printer) forward(f *Forward) {
	p.head("Forwarded mail")
	p.line("  From", mailboxWords([]Mailbox{f.From}))
	p.line("  To", mailboxWords(f.To))
	p.line("  Cc", mailboxWords(f.Cc))
	p.line("  Subject", f.Subject)
	p.line("  Date", f.Date)
	p.text("Its text", f.Body)
}

// kindWords tells the kind with what it was known by.
func (r *Reading) kindWords() string {
	kind := strings.ReplaceAll(r.Kind, "_", " ")
	if r.reason == "" {
		return kind
	}
	return kind + ": " + r.reason
}

func mailboxWords(list []Mailbox) string {
	words := make([]string, 0, len(list))
	for _, b := range list {
		switch {
		case b.Name == "":
			words = append(words, b.Address)
		case b.Address == "":
			words = append(words, b.Name)
		default:
			words = append(words, b.Name+" <"+b.Address+">")
		}
	}
	return strings.Join(words, ", ")
}

func codeWords(code int) string {
	if code == 0 {
		return ""
	}
	return fmt.Sprint(code)
}

// byteWords rounds as people read sizes.
func byteWords(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

func nonEmpty(words ...string) []string {
	var out []string
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}
