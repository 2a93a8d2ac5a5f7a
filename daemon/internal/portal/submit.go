package portal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

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
		to := url.URL{Path: v.path("/submit/" + forms[0].Name), RawQuery: v.r.URL.RawQuery}
		http.Redirect(v.w, v.r, to.String(), http.StatusFound)
		return nil
	}
	web.AllowCache(v.w)
	body := selector{Title: p.pageTitle(v), Label: or(v.center.FormLabel, v.say.T("Choose a topic")), Forms: forms}
	p.write(v, http.StatusOK, "choose", body.Title, p.frame(v), body)
	return nil
}

func (p *Handler) pageTitle(v *visit) string {
	return or(v.center.PageTitle, v.say.T("How can we help?"))
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
	// Ruled says that answers lead to other questions.
	Ruled bool
	Shown string // names of the fields that are shown, with commas between
	// More counts the questions that came up with the last answers.
	More     int
	Problems []problem
	Trouble  *web.Trouble
	// SignIn is where to sign in again; "" while there is no need to.
	SignIn string
}

// problem is a line of the summary above the form.
type problem struct {
	Field   string // id of the input; "" if it has none on the page
	Label   string
	Message string
}

func (p *Handler) showForm(v *visit) error {
	form, err := p.form(v)
	if helpdesk.KindOf(err) == helpdesk.SignIn {
		http.Redirect(v.w, v.r, p.signInPath(v), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	web.AllowCache(v.w)
	typed := blank(rand.Text(), v.r.URL.Query(), form)
	p.ask(v, http.StatusOK, p.asked(v, form, &typed, nil))
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
	// Request leads to it; "" for who is not signed in, as a number is no key.
	Request string
}

// submit takes a form in. What was typed and sent with it is never lost: whatever
// goes wrong, the page comes back with all of it.
func (p *Handler) submit(v *visit) error {
	form, err := p.form(v)
	signIn := helpdesk.KindOf(err) == helpdesk.SignIn
	if err != nil && !signIn {
		return err
	}
	if signIn {
		form = v.center.Form(v.r.PathValue("form"))
	}
	typed, err := p.readFilled(v, form)
	page := func() asked { return p.asked(v, form, &typed, typed.refused) }
	switch {
	case err != nil:
		return p.askAgain(v, form, &typed, err)
	case signIn:
		again := page()
		again.SignIn = p.signInPath(v)
		p.ask(v, web.Status(helpdesk.Errorf(helpdesk.SignIn, "")), again)
		return nil
	case v.r.PostForm.Get("step") == "update":
		p.ask(v, http.StatusOK, page())
		return nil
	}
	if unseen := typed.unseen(form); len(unseen) > 0 && len(typed.refused) == 0 {
		more := page()
		more.More = len(unseen)
		more.focus(fieldPrefix + unseen[0])
		p.ask(v, unprocessable, more)
		return nil
	}
	return p.send(v, form, &typed)
}

// unprocessable is the status of a form that has to be mended.
const unprocessable = http.StatusUnprocessableEntity

// send submits it, unless there were refused files: then it only hears what else is
// wrong, so that all is told at once.
func (p *Handler) send(v *visit, form *helpdesk.Form, typed *filled) error {
	done, err := p.take(v, typed.submission(v, form))
	if err != nil {
		return p.askAgain(v, form, typed, err)
	}
	if v.agent != nil {
		http.Redirect(v.w, v.r, fmt.Sprintf("/agent/tickets/%d", done.Number), http.StatusSeeOther)
		return nil
	}
	body := sent{Number: done.Number, Address: done.Address.String()}
	if v.customer != nil {
		body.Request = v.path(fmt.Sprintf("/requests/%d", done.Number))
	}
	p.write(v, http.StatusOK, "sent", v.say.T("Your request was sent"), p.frame(v), body)
	return nil
}

// take is the one way by which pages and programs submit.
func (p *Handler) take(v *visit, in actions.Submission) (actions.Submitted, error) {
	if v.agent == nil && !p.quotas.submissions.Allow(p.site.Client(v.r)) {
		return actions.Submitted{}, web.ErrTooMany
	}
	return p.desk.Submit(v.context(), v.center, in)
}

// askAgain shows the form with everything that was typed.
func (p *Handler) askAgain(v *visit, form *helpdesk.Form, typed *filled, err error) error {
	if rejected, ok := errors.AsType[*actions.Rejected](err); ok {
		p.ask(v, unprocessable, p.asked(v, form, typed, rejected.Problems))
		return nil
	}
	page := p.asked(v, form, typed, typed.refused)
	switch helpdesk.KindOf(err) {
	case helpdesk.NotFound:
		return err
	case helpdesk.SignIn:
		page.SignIn = p.signInPath(v)
	default:
		trouble := p.site.Trouble(v.r, err)
		page.Trouble = &trouble
	}
	p.ask(v, web.Status(err), page)
	return nil
}

func (p *Handler) ask(v *visit, status int, page asked) {
	p.write(v, status, "form", page.Title, p.frame(v), page)
}

func (p *Handler) asked(v *visit, form *helpdesk.Form, typed *filled, problems []helpdesk.FieldProblem) asked {
	page := asked{
		Title: p.pageTitle(v), Form: form.Title, Description: form.Description, Ruled: isRuled(form),
		Action: v.path("/submit/" + url.PathEscape(form.Name)), Nonce: typed.nonce, Fields: p.inputs(v, form, typed),
	}
	if len(v.center.FormsFor(v.visitor)) > 1 {
		page.Back = or(v.center.FormLabel, v.say.T("Choose a topic"))
	}
	page.Shown = shown(page.Fields)
	for _, wrong := range problems {
		page.mend(wrong.Field, web.Sentence(wrong.In(v.say.T)))
	}
	if len(page.Problems) > 0 {
		page.focus(page.Problems[0].Field)
	}
	return page
}

// shown names the form's own fields that the page shows.
func shown(fields []input) string {
	var names []string
	for _, in := range fields {
		if in.Field != "" && !in.Hidden && in.Kind != hidden {
			names = append(names, in.Field)
		}
	}
	return strings.Join(names, ",")
}

// mend tells what is wrong with an answer, beside it and above the form.
func (page *asked) mend(name, message string) {
	i := slices.IndexFunc(page.Fields, func(in input) bool { return in.Name == name && in.Kind != hidden && in.Kind != told })
	if i < 0 {
		page.Problems = append(page.Problems, problem{Message: message})
		return
	}
	in := &page.Fields[i]
	in.Error, in.Hidden = message, false
	page.Problems = append(page.Problems, problem{Field: in.Name, Label: in.Label, Message: message})
}

func (page *asked) focus(name string) {
	for i := range page.Fields {
		page.Fields[i].Focus = name != "" && page.Fields[i].Name == name
	}
}

// formState tells the page's script what the answers so far lead to. It changes
// nothing, and decides nothing: the server looks again at what is sent.
func (p *Handler) formState(v *visit) error {
	form, err := p.form(v)
	if err != nil {
		return p.answerError(v, err)
	}
	if !p.quotas.states.Allow(p.site.Client(v.r)) {
		return p.answerError(v, web.ErrTooMany)
	}
	if err := web.ReadForm(v.r); err != nil {
		return p.answerError(v, err)
	}
	raw := map[string][]string{}
	for _, f := range form.Fields { // of files, their names
		if values, ok := v.r.PostForm[fieldPrefix+f.Name]; ok {
			raw[f.Name] = values
		}
	}
	answer(v.w, http.StatusOK, struct {
		Fields []helpdesk.FieldState `json:"fields"`
	}{form.States(raw)})
	return nil
}
