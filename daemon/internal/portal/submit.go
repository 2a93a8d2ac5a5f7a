package portal

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// selector is the choice among several forms (row S36).
type selector struct {
	Title string
	Label string
	Forms []helpdesk.Form
}

func (p *Handler) chooseForm(v *visit) error {
	forms := v.center.FormsFor(v.visitor)
	switch len(forms) {
	case 0:
		return missing()
	case 1:
		http.Redirect(v.w, v.r, v.path("/submit/"+url.PathEscape(forms[0].Name)), http.StatusFound)
		return nil
	}
	web.AllowCache(v.w)
	body := selector{Title: p.pageTitle(v), Label: or(v.center.FormLabel, v.say.T("Choose a topic")), Forms: forms}
	p.write(v, http.StatusOK, "choose", body.Title, p.submitFrame(v), body)
	return nil
}

func (p *Handler) pageTitle(v *visit) string {
	return or(v.center.PageTitle, v.say.T("How can we help?"))
}

func (p *Handler) submitFrame(v *visit) frame {
	return p.frame(v)
}

// asked is the page of one form.
type asked struct {
	Title       string
	Form        string // its title; "" if that says nothing more
	Description string
	Back        string // label of the way back to the choice; "" if there is none
	Action      string
	Nonce       string
	Fields      []input
	Wrong       int // fields with something to mend
	// Others are problems of what has no place on the page.
	Others  []string
	Trouble *web.Trouble
}

func (p *Handler) showForm(v *visit) error {
	form, err := p.form(v)
	if err != nil {
		return err
	}
	web.AllowCache(v.w)
	p.ask(v, http.StatusOK, form, filled{nonce: rand.Text()}, nil)
	return nil
}

// form is the one that the address names, if this visitor may fill it in.
func (p *Handler) form(v *visit) (*helpdesk.Form, error) {
	name := v.r.PathValue("form")
	if err := actions.MaySubmit(v.center, name, v.visitor); err != nil {
		return nil, err
	}
	return v.center.Form(name), nil
}

// sent is what a visitor reads after submitting. It answers the POST itself: a
// reload sends the same nonce again and gets the same number, no number stands
// in an address where somebody could try others, and no cookie is needed.
type sent struct {
	Number  int64
	Address string
}

func (p *Handler) submit(v *visit) error {
	form, err := p.form(v)
	if err != nil {
		return err
	}
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	typed := readFilled(v.r.PostForm, form)
	done, err := p.desk.Submit(v.r.Context(), v.center, typed.submission(form, v.visitor))
	if err != nil {
		return p.askAgain(v, form, typed, err)
	}
	body := sent{Number: done.Number, Address: done.Address.String()}
	p.write(v, http.StatusOK, "sent", v.say.T("Your request was sent"), p.frame(v), body)
	return nil
}

// askAgain shows the form with everything that was typed.
func (p *Handler) askAgain(v *visit, form *helpdesk.Form, typed filled, err error) error {
	if rejected, ok := errors.AsType[*actions.Rejected](err); ok {
		p.ask(v, web.Status(helpdesk.Errorf(helpdesk.Invalid, "")), form, typed, rejected.Problems)
		return nil
	}
	if kind := helpdesk.KindOf(err); kind == helpdesk.NotFound || kind == helpdesk.SignIn {
		return err
	}
	trouble := p.site.Trouble(v.r, err)
	page := p.asked(v, form, typed, nil)
	page.Trouble = &trouble
	p.write(v, web.Status(err), "form", page.Title, p.submitFrame(v), page)
	return nil
}

func (p *Handler) ask(v *visit, status int, form *helpdesk.Form, typed filled, problems []helpdesk.FieldProblem) {
	page := p.asked(v, form, typed, problems)
	p.write(v, status, "form", page.Title, p.submitFrame(v), page)
}

func (p *Handler) asked(v *visit, form *helpdesk.Form, typed filled, problems []helpdesk.FieldProblem) asked {
	page := asked{
		Title: p.pageTitle(v), Form: form.Title, Description: form.Description,
		Action: v.path("/submit/" + url.PathEscape(form.Name)), Nonce: typed.nonce, Fields: inputs(v.say, form, typed),
	}
	if len(v.center.FormsFor(v.visitor)) > 1 {
		page.Back = or(v.center.FormLabel, v.say.T("Choose a topic"))
	}
	for _, problem := range problems {
		i := slices.IndexFunc(page.Fields, func(in input) bool { return in.Name == problem.Field && in.Kind != hidden })
		if i < 0 {
			page.Others = append(page.Others, v.say.T(problem.Message))
			continue
		}
		page.Fields[i].Error = v.say.T(problem.Message)
		page.Fields[i].Focus = page.Wrong == 0
		page.Wrong++
	}
	return page
}
