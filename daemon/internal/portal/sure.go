package portal

import (
	"io"

	"github.com/posterndesk/postern/daemon/internal/web"
)

// sure is the box to tick before the button of a page counts that a mail's link
// opens and that asks for nothing else: there are mail scanners that run scripts
// and press every button, and none that fills in what it finds.
type sure struct {
	Missing bool // the button was pressed without it
}

var sureMissing = sure{Missing: true}

// isSure reads the form of such a page. Mail programs send theirs in parts (RFC 8058
// section 3.2).
func isSure(v *visit) (bool, error) {
	if err := web.ReadParts(v.w, v.r, func(string, string, io.Reader) {}); err != nil {
		return false, err
	}
	return v.r.PostForm.Get("sure") == "yes", nil
}
