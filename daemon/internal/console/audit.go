package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// auditPage shows who did what.
type auditPage struct {
	Tabs   []tab
	Rows   []auditRow
	Agents []oneOf
	Agent  string
	Act    string
	About  string
	Acts   []string
	Older  string
	First  bool
	Head   helpdesk.AuditHead
}

type auditRow struct {
	Seq            int64
	At             time.Time
	Who, Act       string
	Subject, Path  string
	Details        string
	Token, Refused bool
	Erased         bool // what it is about is a contact of whom nothing is left
}

// auditShown is how many records a page has.
const auditShown = 100

// auditActs are what the log can be narrowed to.
var auditActs = []string{"agent", "contact", "desk", "entry", "export", "held", "hook", "participant", "role", "side", "spam", "team", "ticket", "token", "view"}

func (c *Handler) showAudit(v *visit) error {
	query := v.r.URL.Query()
	before, _ := strconv.ParseInt(query.Get("before"), 10, 64) // 0 from the end
	q := actions.AuditQuery{
		Agent: helpdesk.ID(query.Get("agent")), Act: strings.TrimSpace(query.Get("act")), Subject: strings.TrimSpace(query.Get("about")), Before: before, Limit: auditShown,
	}
	found, err := c.desk.AuditLog(v.context(), v.by, q)
	if err != nil {
		return err
	}
	agents, err := c.desk.Agents(v.context(), v.by)
	if err != nil {
		return err
	}
	slices.SortFunc(agents, func(a, b helpdesk.Agent) int { return compareFold(a.Name, b.Name) })
	page := auditPage{Tabs: peopleTabs(v, "audit"), Agent: string(q.Agent), Act: q.Act, About: q.Subject, Acts: auditActs, First: before == 0, Head: found.Head}
	names := map[helpdesk.ID]string{}
	for _, a := range agents {
		names[a.ID] = a.Name
		page.Agents = append(page.Agents, oneOf{Value: string(a.ID), Label: a.Name, Chosen: a.ID == q.Agent})
	}
	for i := range found.Records {
		page.Rows = append(page.Rows, newAuditRow(&found.Records[i], names, found.Erased))
	}
	if found.Older != 0 {
		query.Set("before", strconv.FormatInt(found.Older, 10))
		page.Older = "/agent/people/audit?" + query.Encode()
	}
	c.write(v, http.StatusOK, "audit", "Audit log", c.frame(v, "people"), page)
	return nil
}

func newAuditRow(r *helpdesk.AuditRecord, names map[helpdesk.ID]string, erased map[helpdesk.ID]bool) auditRow {
	row := auditRow{Seq: r.Seq, At: r.At, Act: r.Act, Subject: r.Subject, Token: r.By.Token != "", Refused: strings.HasSuffix(r.Act, ".refused")}
	switch {
	case r.By.Agent != "":
		row.Who = or(names[r.By.Agent], string(r.By.Agent))
	case r.By.Operator:
		row.Who = "Operator"
	default:
		row.Who = "Postern"
	}
	kind, id, _ := strings.Cut(r.Subject, "/")
	switch kind {
	case "ticket":
		row.Subject, row.Path = "request #"+id, "/agent/tickets/"+url.PathEscape(id)
	case "contact":
		if row.Erased = erased[helpdesk.ID(id)]; !row.Erased {
			row.Path = "/agent/contacts/" + url.PathEscape(id)
		}
	case "agent":
		row.Subject, row.Path = "agent "+or(names[helpdesk.ID(id)], id), "/agent/people/agents/"+url.PathEscape(id)
	}
	var details []string
	for name, value := range r.Details {
		if value != "" {
			details = append(details, name+": "+value)
		}
	}
	slices.Sort(details)
	row.Details = strings.Join(details, ", ")
	return row
}
