package api

import (
	"strconv"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// audited is one record of the audit log.
type audited struct {
	Seq     int64             `json:"seq"`
	At      time.Time         `json:"at"`
	Agent   helpdesk.ID       `json:"agent,omitempty"`
	Token   string            `json:"token,omitempty" doc:"The id of the token by which a program did it."`
	By      string            `json:"by,omitempty" doc:"operator or system, if no agent did it."`
	Act     string            `json:"act"`
	Subject string            `json:"subject,omitempty"`
	Details map[string]string `json:"details,omitempty"`
	Before  string            `json:"before" doc:"The hash of the record before."`
	Hash    string            `json:"hash"`
}

func auditedOf(r *helpdesk.AuditRecord) audited {
	out := audited{Seq: r.Seq, At: r.At, Agent: r.By.Agent, Token: r.By.Token, Act: r.Act, Subject: r.Subject, Details: r.Details, Before: r.Before, Hash: r.Hash}
	switch {
	case r.By.Operator:
		out.By = "operator"
	case r.By.System:
		out.By = "system"
	}
	return out
}

var auditQuery = append([]parameter{
	{Name: "agent", Type: "string", Words: "Who did it."}, {Name: "act", Type: "string", Words: "The beginning of what was done, as in contact or contact.block."},
	{Name: "subject", Type: "string", Words: "To what, as in ticket/7 or ticket."},
}, paging...)

func (h *Handler) auditLog(c *call) (out page[audited], err error) {
	q := actions.AuditQuery{Agent: helpdesk.ID(c.query("agent")), Act: c.query("act"), Subject: c.query("subject")}
	if q.Limit, err = c.limit(); err != nil {
		return out, err
	}
	place, err := c.place()
	if err != nil {
		return out, err
	}
	if place != "" {
		if q.Before, err = strconv.ParseInt(place, 10, 64); err != nil {
			return out, helpdesk.Errorf(helpdesk.Invalid, "this is no cursor that a page gave")
		}
	}
	found, err := h.desk.AuditLog(c.ctx, c.by, q)
	if err != nil {
		return out, err
	}
	out.Items = []audited{}
	for i := range found.Records {
		out.Items = append(out.Items, auditedOf(&found.Records[i]))
	}
	if found.Older != 0 {
		out.Next = cursorOf(strconv.FormatInt(found.Older, 10))
	}
	return out, nil
}
