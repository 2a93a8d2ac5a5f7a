package web

import (
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// Errors that only pages know.
var (
	// ErrMisdirected is a host that is no help center's.
	ErrMisdirected = errors.New("no help center answers at this host")
	// ErrCrossOrigin is a request that another site made a browser send.
	ErrCrossOrigin = errors.New("cross-origin request")
	// ErrClearText is a form that was sent without TLS where there is TLS.
	ErrClearText = errors.New("form in clear text")
	// ErrTooMany is over a limit of tries.
	ErrTooMany = errors.New("too many tries")
)

// problem is how an error looks from outside: what happened, what is safe,
// what to do next.
type problem struct {
	status   int
	title    string
	happened string
	next     string
}

// problems are what the outside is told, by kind of error. What is not listed
// is Internal. Not being allowed to see something is NotFound (rule: not
// allowed looks like not found).
var problems = map[helpdesk.Kind]problem{
	helpdesk.Internal: {http.StatusInternalServerError, "Something went wrong here",
		"This is our fault, not yours. What was sent or saved before is safe.",
		"Try again in a minute. If it happens again, tell us the code below."},
	helpdesk.NotFound: {http.StatusNotFound, "There is nothing at this address",
		"The address may be incomplete, or the link is no longer valid.",
		"If it came in a mail from us, open the link in the newest one, or reply to that mail."},
	helpdesk.Invalid: {http.StatusUnprocessableEntity, "That could not be used",
		"Nothing was changed.",
		"Go back and check what you entered; it is still there."},
	helpdesk.Conflict: {http.StatusConflict, "Somebody else was faster",
		"This was changed while you were looking at it. Nothing of yours was saved yet.",
		"Go back, load the page again, and repeat what you did."},
	helpdesk.Unavailable: {http.StatusServiceUnavailable, "This does not work at the moment",
		"A part that we need does not answer. What was sent or saved before is safe.",
		"Try again in a few minutes. If it goes on, tell us the code below."},
	helpdesk.Full: {http.StatusServiceUnavailable, "This can't be kept at the moment",
		"There is no space left to keep it safely, so it was not taken in.",
		"Try again later. If it goes on, tell us the code below."},
	helpdesk.TooLarge: {http.StatusRequestEntityTooLarge, "That is too large",
		"It was not taken in.",
		"Go back, make it shorter, and send it again."},
	helpdesk.Forbidden: {http.StatusForbidden, "Your role does not include this",
		"Nothing was changed.",
		"Ask an admin of your desk to do it, or to give you a role that may."},
	helpdesk.SignIn: {http.StatusForbidden, "This needs a sign-in",
		"This page is only for people who are signed in.",
		"If you came from a mail, you can answer by replying to that mail."},
}

var (
	misdirected = problem{http.StatusMisdirectedRequest, "There is no help center at this address",
		"The server was reached, but it does not answer for this name.",
		"Check the address for slips."}
	crossOrigin = problem{http.StatusForbidden, "This did not come from our own page",
		"For your safety it was not done: another site may have tried to act in your name.",
		"Open the page here and do it again."}
	clearText = problem{http.StatusForbidden, "This was sent without encryption",
		"For your safety it was not taken in: somebody on the way could have read it.",
		"Open the page again with https:// in front of its address."}
	tooMany = problem{http.StatusTooManyRequests, "Too many tries",
		"There were many tries from your network in a short time.",
		"Wait a minute and try again."}
)

func problemOf(err error) problem {
	switch {
	case errors.Is(err, ErrMisdirected):
		return misdirected
	case errors.Is(err, ErrCrossOrigin):
		return crossOrigin
	case errors.Is(err, ErrClearText):
		return clearText
	case errors.Is(err, ErrTooMany):
		return tooMany
	}
	if p, ok := problems[helpdesk.KindOf(err)]; ok {
		return p
	}
	return problems[helpdesk.Internal]
}

// Status is the HTTP status for an error; 200 for none.
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	return problemOf(err).status
}

// Trouble is an error in words for a page that can still show itself.
type Trouble struct {
	Title, Happened, Next string
	// Code finds the error in the log; "" if there is nothing to find there.
	Code string
}

// Trouble puts an error into words for the outside, and logs it if it is ours.
func (s *Site) Trouble(r *http.Request, err error) Trouble {
	p := problemOf(err)
	say := s.words(r)
	t := Trouble{Title: say.T(p.title), Happened: say.T(p.happened), Next: say.T(p.next)}
	kind := helpdesk.KindOf(err)
	if public := helpdesk.PublicIn(err, say.T); public != "" && (kind == helpdesk.Invalid || kind == helpdesk.TooLarge || kind == helpdesk.Unavailable) {
		t.Happened = Sentence(public) + " " + t.Happened
	}
	if p.status >= http.StatusInternalServerError {
		t.Code = s.code()
		s.log.ErrorContext(r.Context(), "page failed", "code", t.Code, "path", redact(r.URL.Path), "kind", kind.String(), "error", err)
	}
	return t
}

// Failed sets the headers of an answer that tells of the error, and returns its
// status and its words, for a page that an edge makes itself.
func (s *Site) Failed(w http.ResponseWriter, r *http.Request, err error) (status int, t Trouble) {
	status = Status(err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "60")
	}
	w.Header().Set("Cache-Control", "no-store")
	return status, s.Trouble(r, err)
}

// Fail answers with a page that tells of the error.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, err error) {
	status, trouble := s.Failed(w, r, err)
	page := Page{Title: trouble.Title, Body: trouble, Home: "/"}
	center, ok := s.Center(r)
	if ok {
		page.Brand, page.Color = center.DisplayName, center.Color
	}
	if isAgents(r) {
		page.Home = "/agent"
	} else if ok {
		page.Locale = Locale(r, center)
		page.Home = Path(page.Locale, "/")
	}
	s.plain.Write(w, r, status, "error", page)
}

// words are those of whom an error is told; agents' pages speak English.
func (s *Site) words(r *http.Request) *words.Words {
	center, ok := s.Center(r)
	if !ok || isAgents(r) {
		return words.For(words.English)
	}
	return words.For(Locale(r, center))
}

func isAgents(r *http.Request) bool {
	return r.URL.Path == "/agent" || strings.HasPrefix(r.URL.Path, "/agent/")
}

// Sentence makes a sentence of the words of an error.
func Sentence(words string) string {
	if words == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(words)
	words = string(unicode.ToUpper(first)) + words[size:]
	if !strings.HasSuffix(words, ".") && !strings.HasSuffix(words, "?") {
		words += "."
	}
	return words
}
