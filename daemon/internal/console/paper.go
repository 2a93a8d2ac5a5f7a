package console

import (
	"bytes"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// sheet is a mail as a document of its own.
type sheet struct {
	Title string
	Said  string // what is not shown
	HTML  template.HTML
}

// paper shows the HTML of an entry's mail.
func (c *Handler) paper(v *visit) error {
	number, seq, err := entryNumber(v)
	if err != nil {
		return err
	}
	mail, err := c.desk.MailHTML(v.context(), v.by, number, seq)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	s := sheet{Title: fmt.Sprintf("Mail %d of request #%d", seq, number), Said: said(mail), HTML: mail.HTML}
	if err := c.sheet.Execute(&out, s); err != nil {
		return fmt.Errorf("execute template: %w", err)
	}
	web.ShowForeign(v.w)
	_, _ = out.WriteTo(v.w) // whoever asked has gone
	return nil
}

// said tells what of a mail is not shown.
func said(m *actions.MailHTML) string {
	var sentences []string
	say := func(n int, one, many string) {
		switch {
		case n == 1:
			sentences = append(sentences, one)
		case n > 1:
			sentences = append(sentences, fmt.Sprintf(many, n))
		}
	}
	say(m.RemoteImages, "1 remote image was not loaded.", "%d remote images were not loaded.")
	say(m.MissingImages, "1 picture is missing or too large to show here.", "%d pictures are missing or too large to show here.")
	say(m.Active, "1 active part was taken out.", "%d active parts were taken out.")
	if m.Cut {
		sentences = append(sentences, "The mail is very long; its end is not shown.")
	}
	return strings.Join(sentences, " ")
}

func (c *Handler) file(v *visit) error {
	number, seq, err := entryNumber(v)
	if err != nil {
		return err
	}
	index, err := strconv.Atoi(v.r.PathValue("file"))
	if err != nil {
		return missing()
	}
	f, err := c.desk.File(v.context(), v.by, number, seq, index)
	if err != nil {
		return err
	}
	return send(v, f)
}

// source sends the mail of an entry as it came.
func (c *Handler) source(v *visit) error {
	number, seq, err := entryNumber(v)
	if err != nil {
		return err
	}
	f, err := c.desk.Source(v.context(), v.by, number, seq)
	if err != nil {
		return err
	}
	return send(v, f)
}

func send(v *visit, f *actions.File) error {
	defer func() { _ = f.Close() }() // it was only read
	web.Download(v.w, v.r, f.Name, f.MediaType, f)
	return nil
}

// entryNumber is the ticket and the entry in the address.
func entryNumber(v *visit) (number int64, seq int, err error) {
	if number, err = ticketNumber(v); err != nil {
		return 0, 0, err
	}
	if seq, err = strconv.Atoi(v.r.PathValue("entry")); err != nil || seq < 1 {
		return 0, 0, missing()
	}
	return number, seq, nil
}
