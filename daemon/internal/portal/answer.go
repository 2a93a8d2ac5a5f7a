package portal

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// What can be done on the page of a request.
const (
	replyAct  = "reply"
	peopleAct = "people"
	closeAct  = "close"
)

// draftQuery names an answer that waited for a sign-in.
const draftQuery = "draft"

// written is what somebody is writing. Nothing of it is lost by a mistake.
type written struct {
	act    string
	text   string
	files  []actions.Upload
	nonce  string
	draft  string // what it began as
	adding adding
}

func newNonce() string { return rand.Text() }

// composer is where an answer is written.
type composer struct {
	Action   string
	Nonce    string
	Draft    string
	Text     string
	Readers  string     // who will see it
	Files    *fileInput // nil where none can be added
	FilesAre string     // what is wrong with them
	// SignIn: it is kept until its writer has signed in (row S23).
	SignIn  bool
	Closed  bool // it opens a new request
	Reopens bool
	Waited  bool // it was written before signing in
	Error   string
	Focus   bool
}

func (p *Handler) composer(v *visit, seen *actions.Request, typed written) *composer {
	c := &composer{
		Action: requestPath(v, seen.View.Number) + "/" + replyAct, Nonce: or(typed.nonce, newNonce()), Text: typed.text, Draft: typed.draft,
		Readers: readers(v, seen.View.People), Closed: seen.View.Status == helpdesk.Closed, Reopens: seen.View.Status == helpdesk.Resolved,
		Files: answerFiles(v, seen.Files, typed.files),
	}
	if c.Closed {
		c.Readers = readers(v, nil)
	}
	if seen.Draft != "" && typed.act == "" {
		c.Text, c.Waited, c.Focus = seen.Draft, true, true
	}
	return c
}

// answerFiles is where files of an answer are chosen.
func answerFiles(v *visit, limits helpdesk.FileLimits, files []actions.Upload) *fileInput {
	f := &fileInput{ID: "files", Most: limits.Bytes, Blocked: strings.Join(limits.Blocked, " ")}
	f.Limits = f.limits(v, nil)
	f.Kept = files
	return f
}

// linkComposer is the one for the holder of a link: what is written there waits for
// a sign-in.
func (p *Handler) linkComposer(v *visit, seen *helpdesk.CustomerView, typed written) *composer {
	// The address of the page says the language, if at all, in its query.
	action := url.URL{Path: "/t/" + v.r.PathValue("token") + "/" + replyAct, RawQuery: url.Values{"lang": {v.center.Locale}}.Encode()}
	return &composer{
		Action: action.String(), Text: typed.text, Readers: readers(v, seen.People), SignIn: true,
		Closed: seen.Status == helpdesk.Closed, Reopens: seen.Status == helpdesk.Resolved,
		Focus: typed.act != "",
	}
}

// reply sends what was written on the page of a request.
func (p *Handler) reply(v *visit) error {
	number, err := requestNumber(v)
	if err != nil {
		return err
	}
	if v.customer == nil {
		return p.signedOut(v)
	}
	limits, err := p.desk.AnswerLimits(v.context(), v.center, v.customer, number)
	if err != nil {
		return err
	}
	if !p.limits.answers.Allow(p.site.Client(v.r)) {
		return web.ErrTooMany
	}
	typed, err := p.readAnswer(v, number, limits)
	at := number
	if err == nil {
		at, err = p.desk.AnswerRequest(v.context(), v.center, v.customer, number, typed.answer())
	}
	switch {
	case err != nil:
		return p.showRequest(v, number, typed, err)
	case at != number:
		return done(v, at, "elsewhere")
	}
	return done(v, at, "sent")
}

func (a *written) answer() actions.Answer {
	return actions.Answer{Text: a.text, Nonce: a.nonce, Draft: a.draft, Files: a.files}
}

// readAnswer reads the form: the fields, and the files straight into where they
// wait. What is wrong with some of the files is told in one error; the others are
// kept.
func (p *Handler) readAnswer(v *visit, number int64, limits helpdesk.FileLimits) (written, error) {
	meter := p.meter(v)
	in := actions.Intake{
		Limits: limits,
		Keep: func(_, name, mediaType string, r io.Reader) (actions.Upload, error) {
			return p.desk.KeepAnswerFile(v.context(), v.center, v.customer, number, name, mediaType, meter(r))
		},
		Find: func(token string) (actions.Upload, error) {
			return p.desk.KeptAnswerFile(v.context(), v.center, v.customer, number, token)
		},
	}
	read := web.ReadParts(v.w, v.r, func(name, mediaType string, content io.Reader) { in.Take("", name, mediaType, content) })
	err := in.End(v.r.PostForm[keptField], read)
	if err == nil {
		err = in.Refusal(func(err error) string { return helpdesk.PublicIn(err, v.say.T) })
	}
	typed := typedAnswer(v.r.PostForm)
	typed.files = in.Uploads
	return typed, err
}

func typedAnswer(form url.Values) written {
	return written{act: replyAct, text: form.Get("text"), nonce: form.Get("nonce"), draft: form.Get("draft")}
}

func isFileError(err error) bool { return errors.Is(err, helpdesk.ErrFile) }

// signedOut answers an act of somebody whose sign-in has ended: with what they
// wrote, which the page that they left does not have.
func (p *Handler) signedOut(v *visit) error {
	if err := web.ReadParts(v.w, v.r, func(string, string, io.Reader) {}); err != nil {
		return err
	}
	return p.keepWords(v, typedAnswer(v.r.PostForm), helpdesk.Errorf(helpdesk.SignIn, "sign in to see this request"))
}

// kept is an answer that could not be taken, for trying again or copying.
type kept struct {
	Action, Text, Nonce, Draft string
	SignIn                     string // "" where that is not what lacks
	Trouble                    *web.Trouble
}

// stray is what was written before signing in as somebody who takes no part.
type stray struct{ SignedInAs, Text string }

// strayDraft gives back the words of who signed in, or up, with another address than
// the one that the link was sent to (row S23: an account is needed, and theirs is not
// the one). The request itself is not there for them.
func (p *Handler) strayDraft(v *visit, number int64, draft string, missing error) error {
	text, err := p.desk.StrayDraft(v.context(), v.center, v.customer, number, draft)
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound && err != nil:
		return missing
	case err != nil:
		return err
	}
	p.write(v, http.StatusNotFound, "stray", v.say.T("Your message was not sent"), p.frame(v), stray{SignedInAs: addressOf(v), Text: text})
	return nil
}

// keepWords shows what was written where not even the request can be shown.
func (p *Handler) keepWords(v *visit, typed written, err error) error {
	if typed.text == "" {
		return err
	}
	body := kept{Action: v.path(v.r.URL.Path), Text: typed.text, Nonce: typed.nonce, Draft: typed.draft}
	if helpdesk.KindOf(err) == helpdesk.SignIn {
		body.SignIn = v.path("/sign-in")
	} else {
		trouble := p.site.Trouble(v.r, err)
		body.Trouble = &trouble
	}
	p.write(v, web.Status(err), "kept", v.say.T("Your message was not sent"), p.frame(v), body)
	return nil
}

// replyByLink keeps what the holder of a link wrote and leads to the sign-in.
func (p *Handler) replyByLink(v *visit) error {
	web.KeepSecret(v.w)
	if !v.center.PortalOn || v.agent != nil {
		return missing()
	}
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	typed := typedAnswer(v.r.PostForm)
	if !p.limits.drafts.Allow(p.site.Client(v.r)) {
		return web.ErrTooMany
	}
	kept, err := p.desk.KeepDraft(v.context(), v.center, v.r.PathValue("token"), typed.text)
	switch kind := helpdesk.KindOf(err); {
	case kind == helpdesk.NotFound && err != nil:
		return p.lapsed(v, v.r.PathValue("token"))
	case err != nil:
		return p.showLinked(v, typed, err)
	}
	next := requestPath(v, kept.Number) + "?" + url.Values{draftQuery: {string(kept.Draft)}}.Encode()
	if v.customer == nil {
		next = signInFor(v, next)
	}
	http.Redirect(v.w, v.r, next, http.StatusSeeOther)
	return nil
}
