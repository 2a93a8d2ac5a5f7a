package console

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// forwardAct begins a side thread.
const forwardAct = "forward"

// forwardPage asks what somebody outside gets of a request.
type forwardPage struct {
	Number  int64
	Path    string
	In      actions.NewSide
	Entries []offered
	Attach  fileField
	Error   string
	Trouble *web.Trouble
}

// offered is a message that can be quoted, with the files that can go along.
type offered struct {
	entry
	Quoted bool
	Short  string // its beginning
	Files  []offeredFile
}

// offeredFile is one of them; Value names it in the form.
type offeredFile struct {
	file
	Value string
	Sent  bool
}

func (c *Handler) showForward(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	in := actions.NewSide{Nonce: rand.Text()}
	if seq, err := strconv.Atoi(v.r.URL.Query().Get("entry")); err == nil {
		in.Quote = []int{seq}
	}
	return c.writeForward(v, number, in, nil)
}

// shownOfEntry is enough of a message to know it by.
const shownOfEntry = 240

func (c *Handler) writeForward(v *visit, number int64, in actions.NewSide, failure error) error {
	detail, err := c.desk.Ticket(v.context(), v.by, number)
	if err != nil {
		return err
	}
	page := forwardPage{Number: number, Path: draft{Number: number}.path(), In: in}
	if v.r.Method != "POST" {
		page.In.Subject = detail.Ticket.Subject
	}
	for i := range detail.Entries {
		e := &detail.Entries[i]
		if e.Kind != helpdesk.Message || e.MovedTo != nil {
			continue
		}
		o := offered{entry: newEntry(page.Path, e), Quoted: slices.Contains(in.Quote, e.Seq), Short: beginning(e.Text, shownOfEntry)}
		for j := range e.Attachments {
			f := offeredFile{file: file{Attachment: &e.Attachments[j]}, Value: fmt.Sprintf("%d.%d", e.Seq, j+1)}
			f.Sent = slices.Contains(in.Forward, actions.FileRef{Entry: e.Seq, Index: j + 1})
			o.Files = append(o.Files, f)
		}
		page.Entries = append(page.Entries, o)
	}
	slices.Reverse(page.Entries) // the newest is wanted most
	page.Attach = newFileField(forwardAct, detail.Files, in.Files)
	switch {
	case errors.Is(failure, helpdesk.ErrFile):
		page.Attach.Error = web.Sentence(helpdesk.Public(failure))
	case asksAgain(failure):
		page.Error = web.Sentence(helpdesk.Public(failure))
	case failure != nil:
		trouble := c.site.Trouble(v.r, failure)
		page.Trouble = &trouble
	}
	c.write(v, statusOf(failure), "forward", fmt.Sprintf("Forward #%d", number), c.frame(v, ""), page)
	return nil
}

// beginning of a text, cut where a word ends.
func beginning(text string, most int) string {
	words := strings.Join(strings.Fields(text), " ")
	runes := []rune(words)
	if len(runes) <= most {
		return words
	}
	cut := string(runes[:most])
	if i := strings.LastIndexByte(cut, ' '); i > most/2 {
		cut = cut[:i]
	}
	return cut + "…"
}

// forward begins the side thread and goes to it.
func (c *Handler) forward(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	files, err := c.readSent(v, number, func() (helpdesk.FileLimits, error) { return c.desk.FileLimits(v.context(), v.by, number) })
	in := readSide(v)
	in.Files = files
	var made int64
	if err == nil {
		made, err = c.desk.OpenSide(v.context(), v.by, number, in)
	}
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
		c.backTo(v, made, forwardAct)
		return nil
	case kind == helpdesk.SignIn:
		return err
	}
	return c.writeForward(v, number, in, err)
}

func readSide(v *visit) actions.NewSide {
	form := v.r.PostForm
	in := actions.NewSide{
		Address: strings.TrimSpace(form.Get("address")), Name: form.Get("name"), Subject: form.Get("subject"), Text: form.Get("text"), Nonce: form.Get("nonce"),
	}
	for _, value := range form["quote"] {
		if seq, err := strconv.Atoi(value); err == nil {
			in.Quote = append(in.Quote, seq)
		}
	}
	for _, value := range form["forward"] {
		var ref actions.FileRef
		if n, err := fmt.Sscanf(value, "%d.%d", &ref.Entry, &ref.Index); n == 2 && err == nil {
			in.Forward = append(in.Forward, ref)
		}
	}
	return in
}
