package console

import (
	"encoding/json"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// keptAnswer tells a script what is kept of what is being written.
type keptAnswer struct {
	Rev   int64  `json:"rev"`
	Words string `json:"words,omitempty"` // why it is not
}

// keepWriting keeps what is being written while it is. The answer is for the script
// that asks for it.
func (c *Handler) keepWriting(v *visit) error {
	number, err := ticketNumber(v)
	if err != nil {
		return err
	}
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	d := readDraft(v)
	in := helpdesk.Writing{Kind: helpdesk.Message, Text: d.Text, Status: d.Status, Rev: d.Kept}
	if v.r.PostForm.Get("kind") == noteAct {
		in.Kind, in.Status = helpdesk.Note, ""
	}
	kept, err := c.desk.KeepWriting(v.context(), v.by, number, d.Nonce, in)
	switch kind := helpdesk.KindOf(err); {
	case err != nil && kind != helpdesk.Conflict && kind != helpdesk.Invalid:
		return err
	case err != nil:
		return tellScript(v, web.Status(err), keptAnswer{Words: web.Sentence(helpdesk.Public(err))})
	case kept != nil:
		return tellScript(v, http.StatusOK, keptAnswer{Rev: kept.Rev})
	}
	return tellScript(v, http.StatusOK, keptAnswer{})
}

// tellScript answers in JSON.
func tellScript(v *visit, status int, answer any) error {
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(status)
	_ = json.NewEncoder(v.w).Encode(answer) // whoever asked has gone
	return nil
}
