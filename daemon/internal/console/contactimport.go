package console

import (
	"io"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// importPage asks for a file, shows what would become of it, or what became of it.
type importPage struct {
	Token  string // of the file that waits
	File   string
	Result *actions.Imported
	Rows   []actions.ImportRow // that are shown
	More   int
	Counts map[string]int
	Fields []string // labels of what columns may hold
	Error  string
}

// shownRows of a file are enough to see whether it was understood; all that are wrong
// come first.
const shownRows = 100

func (c *Handler) showImport(v *visit) error {
	if !v.by.May(helpdesk.EditContacts) {
		return helpdesk.Errorf(helpdesk.Forbidden, "your role does not let you do this")
	}
	return c.writeImport(v, importPage{}, nil)
}

func (c *Handler) writeImport(v *visit, page importPage, failure error) error {
	settings, err := c.desk.DeskSettings(v.context(), v.by)
	if err != nil {
		return err
	}
	for _, f := range settings.ContactFields {
		page.Fields = append(page.Fields, f.Label)
	}
	if failure != nil {
		page.Error = web.Sentence(helpdesk.Public(failure))
	}
	if page.Result != nil {
		page.Rows, page.More = rowsToShow(page.Result.Rows)
		page.Counts = map[string]int{}
		for fate, n := range page.Result.Counts {
			page.Counts[string(fate)] = n
		}
	}
	c.write(v, web.Status(failure), "contacts-import", "Import contacts", c.frame(v, "contacts"), page)
	return nil
}

func rowsToShow(all []actions.ImportRow) (shown []actions.ImportRow, more int) {
	for _, wrong := range []bool{true, false} {
		for _, row := range all {
			if (row.Fate == actions.RowWrong) == wrong && len(shown) < shownRows {
				shown = append(shown, row)
			}
		}
	}
	return shown, len(all) - len(shown)
}

// importContacts takes a file and shows what would become of it, or does what was
// shown.
func (c *Handler) importContacts(v *visit) error {
	page := importPage{}
	var keepErr error
	err := web.ReadParts(v.w, v.r, func(name, _ string, content io.Reader) {
		if page.Token != "" || keepErr != nil {
			return
		}
		u, err := c.desk.KeepImport(v.context(), v.by, name, content)
		if keepErr = err; err == nil {
			page.Token, page.File = u.Token(), u.Name
		}
	})
	if err != nil {
		return err
	}
	do := v.r.PostForm.Get("do") == "import"
	switch {
	case keepErr != nil:
	case page.Token == "" && v.r.PostForm.Get("file") == "":
		keepErr = helpdesk.Errorf(helpdesk.Invalid, "choose a file first")
	case page.Token == "":
		page.Token, page.File = v.r.PostForm.Get("file"), v.r.PostForm.Get("name")
	}
	if keepErr == nil {
		page.Result, keepErr = c.desk.ImportKept(v.context(), v.by, page.Token, do)
	}
	switch helpdesk.KindOf(keepErr) {
	case helpdesk.Invalid, helpdesk.TooLarge:
		return c.writeImport(v, importPage{}, keepErr)
	}
	if keepErr != nil {
		return keepErr
	}
	return c.writeImport(v, page, nil)
}
