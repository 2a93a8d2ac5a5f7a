package portal

import (
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/web"
)

const (
	// fileQuery names a file of the page's request, as ENTRY.FILE. It is a query and
	// no path, so that pages need not repeat the link that opened them.
	fileQuery = "file"
	// showQuery asks to show it as a picture instead of saving it.
	showQuery = "show"
)

// file sends a file of a message to be saved, or a picture to be shown.
func (p *Handler) file(v *visit, open func(seq, index int) (*actions.File, error)) error {
	entry, index, ok := strings.Cut(v.r.URL.Query().Get(fileQuery), ".")
	seq, err := strconv.Atoi(entry)
	if err != nil || !ok {
		return missing()
	}
	n, err := strconv.Atoi(index)
	if err != nil {
		return missing()
	}
	f, err := open(seq, n)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	if v.r.URL.Query().Has(showQuery) {
		if !web.ShowPicture(v.w, v.r, f) {
			return missing()
		}
		return nil
	}
	web.Download(v.w, v.r, f.Name, f.MediaType, f)
	return nil
}
