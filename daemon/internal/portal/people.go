package portal

import (
	"net/http"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// adding is somebody who is to take part.
type adding struct{ Address, Name, Error string }

// addPerson lets somebody take part in the visitor's request (row S06).
func (p *Handler) addPerson(v *visit) error {
	number, err := p.acting(v)
	if err != nil {
		return err
	}
	typed := written{act: peopleAct, adding: adding{Address: v.r.PostForm.Get("address"), Name: v.r.PostForm.Get("name")}}
	if err := p.desk.AddPerson(v.context(), v.center, v.customer, number, typed.adding.Address, typed.adding.Name); err != nil {
		return p.showAgain(v, number, typed, err)
	}
	return done(v, number, "added")
}

// removePerson lets somebody go, or the visitor themselves.
func (p *Handler) removePerson(v *visit) error {
	number, err := p.acting(v)
	if err != nil {
		return err
	}
	who, err := strconv.ParseUint(v.r.PathValue("participant"), 10, 16)
	if err != nil {
		return missing()
	}
	if err := p.desk.RemovePerson(v.context(), v.center, v.customer, number, uint16(who)); err != nil {
		return p.showAgain(v, number, written{act: closeAct}, err)
	}
	if v.r.PostForm.Get("leave") != "" { // there is nothing to come back to
		http.Redirect(v.w, v.r, v.path("/requests"), http.StatusSeeOther)
		return nil
	}
	return done(v, number, "removed")
}

// closeRequest takes the visitor's word that it is solved.
func (p *Handler) closeRequest(v *visit) error {
	number, err := p.acting(v)
	if err != nil {
		return err
	}
	if err := p.desk.CloseRequest(v.context(), v.center, v.customer, number); err != nil {
		return p.showAgain(v, number, written{act: closeAct}, err)
	}
	return done(v, number, "closed")
}

// acting reads what was sent to the address of a request by who is signed in.
func (p *Handler) acting(v *visit) (number int64, err error) {
	if number, err = requestNumber(v); err != nil {
		return 0, err
	}
	if v.customer == nil {
		return 0, helpdesk.Errorf(helpdesk.SignIn, "sign in to see this request")
	}
	return number, web.ReadForm(v.r)
}

func (p *Handler) showAgain(v *visit, number int64, typed written, err error) error {
	if kind := helpdesk.KindOf(err); kind == helpdesk.NotFound || kind == helpdesk.SignIn {
		return err
	}
	return p.showRequest(v, number, typed, err)
}
