package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// ticket is the page of a request: as its participant sees it who is signed in, or
// read-only for the holder of a link (row S22).
type ticket struct {
	Number  int64
	Subject string
	Status  helpdesk.Status // chooses the colour; Label says it
	Label   string
	Opened  time.Time
	Thread  []helpdesk.PublicMessage
	Form    []helpdesk.FormValue
	People  []helpdesk.PublicPerson
	Look    string // another one when anything on the page changes

	Link     *linked   // nil where the visitor sees it as themselves
	Composer *composer // nil where nothing can be written
	Closed   bool
	Merged   bool
	GoesOnAs int64  // the request that this one was merged into; 0 if not theirs
	GoesOn   string // its page; "" for the holder of a link
	Follows  int64  // the closed request that this one goes on from; 0 if not theirs
	Before   string // its page; "" for the holder of a link

	Path                                  string // of the page, for its forms
	Page                                  string // where its files are, after a form with a mistake; else "", which is here
	MayClose, MayAdd, MayRemove, MayLeave bool
	Adding                                adding
	Done                                  string // what was just done
	Trouble                               *web.Trouble
}

// linked tells the holder of a link what it is.
type linked struct {
	SentTo     string
	SignedInAs string // somebody else is signed in; "" for nobody
	SignIn     string // where to sign in for this request; "" where nobody can
}

func newTicket(v *visit, seen *helpdesk.CustomerView) ticket {
	return ticket{
		Number: seen.Number, Subject: or(seen.Subject, v.say.T("Your request")), Status: seen.Status, Label: v.say.T(v.center.StatusLabel(seen.Status)),
		Opened: seen.Opened, Thread: seen.Thread, Form: seen.Form, People: seen.People, Look: seen.Look,
		Closed: seen.Status == helpdesk.Closed, Merged: seen.Merged || seen.ContinuedAs != 0, GoesOnAs: seen.ContinuedAs,
		Follows: seen.Follows,
	}
}

// request is the page for who is signed in.
func (p *Handler) request(v *visit) error {
	number, err := requestNumber(v)
	if err != nil {
		return err
	}
	switch {
	case !v.center.PortalOn:
		return missing()
	case v.agent != nil: // row S40a
		http.Redirect(v.w, v.r, agentPath(number), http.StatusFound)
		return nil
	case v.customer == nil:
		return helpdesk.Errorf(helpdesk.SignIn, "sign in to see this request") // leads there
	case v.r.URL.Query().Has(fileQuery):
		return p.file(v, func(seq, index int) (*actions.File, error) {
			return p.desk.RequestFile(v.context(), v.center, v.customer, number, seq, index)
		})
	}
	return p.showRequest(v, number, written{nonce: newNonce(), draft: v.r.URL.Query().Get(draftQuery)}, nil)
}

// showRequest shows the page with what was typed, and what is wrong with it.
func (p *Handler) showRequest(v *visit, number int64, typed written, problem error) error {
	seen, err := p.desk.Request(v.context(), v.center, v.customer, number, typed.draft)
	if err != nil {
		missing := helpdesk.KindOf(err) == helpdesk.NotFound
		switch {
		case missing && problem == nil && typed.draft != "":
			return p.strayDraft(v, number, typed.draft, err)
		case !missing && problem != nil:
			return p.keepWords(v, typed, problem)
		}
		return err
	}
	body := newTicket(v, &seen.View)
	body.Path = requestPath(v, number)
	body.MayClose, body.MayAdd, body.MayRemove, body.MayLeave = seen.MayClose, seen.MayAdd, seen.MayRemove, seen.MayLeave
	body.Adding, body.Done = typed.adding, doneWords(v)
	if body.GoesOnAs != 0 {
		body.GoesOn = requestPath(v, body.GoesOnAs)
	}
	if body.Follows != 0 {
		body.Before = requestPath(v, body.Follows)
	}
	if !seen.View.Merged {
		body.Composer = p.composer(v, seen, typed)
	}
	if problem != nil {
		body.Page = body.Path
		p.tell(v, &body, typed, problem)
	}
	p.write(v, web.Status(problem), "ticket", body.Subject, p.frame(v), body)
	return nil
}

// tell puts what is wrong where it belongs.
func (p *Handler) tell(v *visit, body *ticket, typed written, problem error) {
	kind := helpdesk.KindOf(problem)
	ours := kind != helpdesk.Invalid && kind != helpdesk.TooLarge
	words := web.Sentence(helpdesk.PublicIn(problem, v.say.T))
	switch {
	case ours || words == "" || typed.act == closeAct || body.Composer == nil && typed.act == replyAct:
		trouble := p.site.Trouble(v.r, problem)
		body.Trouble = &trouble
	case typed.act == peopleAct:
		body.Adding.Error = words
	case isFileError(problem):
		body.Composer.FilesAre = words
	default:
		body.Composer.Error, body.Composer.Focus = words, true
	}
}

// ticket is what a link in a mail opens.
func (p *Handler) ticket(v *visit) error {
	web.KeepSecret(v.w)
	token := v.r.PathValue("token")
	switch {
	case !v.center.PortalOn:
		return missing()
	case v.r.URL.Query().Has(fileQuery):
		return p.file(v, func(seq, index int) (*actions.File, error) {
			f, err := p.desk.FileByLink(v.context(), v.center, token, seq, index)
			return f, closedTo(v, err)
		})
	case v.agent != nil || v.customer != nil:
		led, err := p.leadOn(v, token)
		if led || err != nil {
			return err
		}
	}
	return p.showLinked(v, written{}, nil)
}

// leadOn leads an agent to the agents' pages (row S40a), and who takes part to the
// page where they can do something. Their rights are their own: the link may be
// somebody else's, or over.
func (p *Handler) leadOn(v *visit, token string) (led bool, err error) {
	to, err := p.desk.LinkTarget(v.context(), v.center, token, v.customer)
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return false, nil
	case err != nil:
		return false, err
	case v.agent != nil:
		http.Redirect(v.w, v.r, agentPath(to.Number), http.StatusFound)
	case to.TakesPart:
		http.Redirect(v.w, v.r, requestPath(v, to.Number), http.StatusFound)
	default:
		return false, nil
	}
	return true, nil
}

// showLinked shows a request read-only to the holder of a link.
func (p *Handler) showLinked(v *visit, typed written, problem error) error {
	token := v.r.PathValue("token")
	seen, viewer, err := p.desk.ViewByLink(v.context(), v.center, token)
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
	case kind == helpdesk.SignIn:
		return p.linkNeedsSignIn(v, token, err)
	case kind == helpdesk.NotFound:
		return p.lapsed(v, token)
	default:
		return err
	}
	body := newTicket(v, seen)
	body.Link = &linked{SentTo: viewer.Address.String()}
	if problem != nil {
		body.Page = linkPath(v)
	}
	for i := range body.People { // the link may have been passed on
		body.People[i].Address = ""
	}
	switch canSignIn := v.center.SignUp.Any(); {
	case v.customer != nil:
		body.Link.SignedInAs = addressOf(v)
	case canSignIn:
		body.Link.SignIn = signInFor(v, requestPath(v, seen.Number))
		if !seen.Merged {
			body.Composer = p.linkComposer(v, seen, typed)
		}
	}
	if problem != nil {
		p.tell(v, &body, typed, problem)
	}
	p.write(v, web.Status(problem), "ticket", body.Subject, p.frame(v), body)
	return nil
}

// linkNeedsSignIn is for help centers that show requests only to who is signed in
// (row S21).
func (p *Handler) linkNeedsSignIn(v *visit, token string, needed error) error {
	if v.customer != nil {
		return closedTo(v, needed)
	}
	if !v.center.SignUp.Any() {
		return needed
	}
	to, err := p.desk.LinkTarget(v.context(), v.center, token, nil)
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, signInFor(v, requestPath(v, to.Number)), http.StatusFound)
	return nil
}

// closedTo is what somebody is told who follows a link, whatever of the request they
// ask for: that a sign-in lacks means to who is signed in that it is no request of
// theirs, which is like one that does not exist.
func closedTo(v *visit, err error) error {
	if helpdesk.KindOf(err) == helpdesk.SignIn && v.customer != nil {
		return missing()
	}
	return err
}

func requestPath(v *visit, number int64) string {
	return v.path("/requests/" + strconv.FormatInt(number, 10))
}

// linkPath is the page of the link that is followed.
func linkPath(v *visit) string {
	path := "/t/" + v.r.PathValue("token")
	if v.prefixed {
		return v.path(path)
	}
	return path
}

func agentPath(number int64) string { return "/agent/tickets/" + strconv.FormatInt(number, 10) }

// requestNumber is the one of the address.
func requestNumber(v *visit) (int64, error) {
	number, err := strconv.ParseInt(v.r.PathValue("number"), 10, 64)
	if err != nil || number < 1 || strconv.FormatInt(number, 10) != v.r.PathValue("number") {
		return 0, missing()
	}
	return number, nil
}

// doneQuery says what the page before did, so that a reload does it not again.
const doneQuery = "done"

func doneWords(v *visit) string {
	switch v.r.URL.Query().Get(doneQuery) {
	case "sent":
		return v.say.T("Your message was sent.")
	case "elsewhere":
		return v.say.T("Your message was sent. It stands in this request.")
	case "closed":
		return v.say.T("We take it as solved. If it is not, write again: that opens the request again.")
	case "added":
		return v.say.T("They can take part from now on.")
	case "removed":
		return v.say.T("They do not take part any more.")
	}
	return ""
}

// done leads back to a request after something was done.
func done(v *visit, number int64, what string) error {
	query := url.Values{doneQuery: {what}}
	http.Redirect(v.w, v.r, requestPath(v, number)+"?"+query.Encode()+"#done", http.StatusSeeOther)
	return nil
}

// names of everybody else on the request, who read what is written.
func readers(v *visit, people []helpdesk.PublicPerson) string {
	names := []string{v.center.DisplayName}
	for _, one := range people {
		if !one.Mine && !slices.Contains(names, one.Name) {
			names = append(names, one.Name)
		}
	}
	return strings.Join(names, ", ")
}
