package console

import (
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// joinPage lets an agent set a password by the link that a mail brought.
type joinPage struct {
	Name, Address string
	Least         int // characters of a password
	Action        string
	Error         string
}

func (c *Handler) showJoin(v *visit) error {
	return c.writeJoin(v, http.StatusOK, "")
}

func (c *Handler) writeJoin(v *visit, status int, wrong string) error {
	web.KeepSecret(v.w)
	agent, err := c.desk.Joining(v.context(), v.center, v.r.PathValue("token"))
	if err != nil {
		return err
	}
	c.write(v, status, "join", "Set your password", frame{}, joinPage{
		Name: agent.Name, Address: agent.Address.String(), Least: actions.MinPassword, Action: v.r.URL.Path, Error: wrong,
	})
	return nil
}

func (c *Handler) join(v *visit) error {
	web.KeepSecret(v.w)
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	if !c.tries.Allow(c.site.Client(v.r)) {
		return web.ErrTooMany
	}
	_, err := c.desk.Join(v.context(), v.center, v.r.PathValue("token"), v.r.PostForm.Get("password"))
	if helpdesk.KindOf(err) == helpdesk.Invalid {
		return c.writeJoin(v, web.Status(err), web.Sentence(helpdesk.Public(err)))
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/agent/sign-in?done=joined", http.StatusSeeOther)
	return nil
}
