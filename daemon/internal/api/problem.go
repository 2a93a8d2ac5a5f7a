package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Problem is what a program is told when something can't be done (RFC 9457).
type Problem struct {
	Type   string `json:"type" doc:"The code as an address of its own."`
	Title  string `json:"title" doc:"What is the matter, the same for each code."`
	Status int    `json:"status" doc:"The HTTP status."`
	Detail string `json:"detail,omitempty" doc:"What is the matter here, in words for people."`
	Code   string `json:"code" doc:"What is the matter, for programs; it never changes."`
	ID     string `json:"id,omitempty" doc:"Finds the error in the log of the server."`
}

// Errors that only programs are told.
var (
	errNoToken      = errors.New("no token")
	errBadToken     = errors.New("a token that lets nobody in")
	errMethod       = errors.New("method not allowed")
	errMediaType    = errors.New("media type not supported")
	errNoMatch      = errors.New("If-Match is missing")
	errPrecondition = errors.New("If-Match does not hold")
)

type lacksScope struct{ scope helpdesk.Scope }

func (e *lacksScope) Error() string { return "token lacks scope " + string(e.scope) }

type tooFast struct{ wait time.Duration }

func (e *tooFast) Error() string { return "too many requests by one token" }

// codes of kinds of errors; what is not listed is internal. They are a promise.
var codes = map[helpdesk.Kind]Problem{
	helpdesk.NotFound:    {Code: "not-found", Status: http.StatusNotFound, Title: "There is no such thing"},
	helpdesk.Invalid:     {Code: "invalid", Status: http.StatusUnprocessableEntity, Title: "That could not be used"},
	helpdesk.Conflict:    {Code: "conflict", Status: http.StatusConflict, Title: "Somebody else was faster"},
	helpdesk.Unavailable: {Code: "unavailable", Status: http.StatusServiceUnavailable, Title: "This does not work at the moment"},
	helpdesk.Full:        {Code: "full", Status: http.StatusServiceUnavailable, Title: "There is no space left to keep it"},
	helpdesk.TooLarge:    {Code: "too-large", Status: http.StatusRequestEntityTooLarge, Title: "That is too large"},
	helpdesk.Forbidden:   {Code: "forbidden", Status: http.StatusForbidden, Title: "The agent's role does not include this"},
	helpdesk.SignIn:      {Code: "token", Status: http.StatusUnauthorized, Title: "This needs a token"},
}

var internal = Problem{Code: "internal", Status: http.StatusInternalServerError, Title: "Something went wrong here"}

// problemOf puts an error into words for programs.
func problemOf(err error) Problem {
	lacks, isScope := errors.AsType[*lacksScope](err)
	_, isFast := errors.AsType[*tooFast](err)
	switch {
	case errors.Is(err, errNoToken):
		return Problem{Code: "token", Status: http.StatusUnauthorized, Title: "This needs a token", Detail: "Send one as “Authorization: Bearer pt_…”."}
	case errors.Is(err, errBadToken):
		return Problem{Code: "token", Status: http.StatusUnauthorized, Title: "This needs a token", Detail: "The token lets nobody in: it may have ended, or is not of this desk."}
	case isScope:
		return Problem{Code: "scope", Status: http.StatusForbidden, Title: "The token may not do this", Detail: fmt.Sprintf("It does not have the scope %s.", lacks.scope)}
	case isFast, errors.Is(err, web.ErrTooMany):
		return Problem{Code: "too-many", Status: http.StatusTooManyRequests, Title: "Too many requests", Detail: "Wait as long as Retry-After says."}
	case errors.Is(err, web.ErrMisdirected):
		return Problem{Code: "misdirected", Status: http.StatusMisdirectedRequest, Title: "No help center answers at this host"}
	case errors.Is(err, errMethod):
		return Problem{Code: "method", Status: http.StatusMethodNotAllowed, Title: "This address does not take this method"}
	case errors.Is(err, errMediaType):
		return Problem{Code: "media-type", Status: http.StatusUnsupportedMediaType, Title: "Send the body as application/json"}
	case errors.Is(err, errNoMatch):
		return Problem{Code: "if-match", Status: http.StatusPreconditionRequired, Title: "This overwrites something whole", Detail: "Send the ETag under which you read it as If-Match, so that nobody's change is lost."}
	case errors.Is(err, errPrecondition):
		return Problem{Code: "changed", Status: http.StatusPreconditionFailed, Title: "It was changed since you read it", Detail: "Read it again and decide anew."}
	case errors.Is(err, actions.ErrKeyReused):
		return Problem{Code: "key-reused", Status: http.StatusUnprocessableEntity, Title: "The Idempotency-Key was used for something else"}
	}
	p, ok := codes[helpdesk.KindOf(err)]
	if !ok {
		return internal
	}
	if public := helpdesk.Public(err); public != "" {
		p.Detail = web.Sentence(public)
	}
	return p
}

// fail answers with a problem.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	p.Type = "urn:postern:problem:" + p.Code
	if p.Status >= http.StatusInternalServerError {
		p.ID = h.site.Trouble(r, err).Code
	}
	head := w.Header()
	switch {
	case p.Status == http.StatusUnauthorized:
		head.Set("WWW-Authenticate", `Bearer realm="postern"`)
	case p.Status == http.StatusServiceUnavailable:
		head.Set("Retry-After", "60")
	case p.Status == http.StatusTooManyRequests:
		wait := guessEvery
		if fast, ok := errors.AsType[*tooFast](err); ok {
			wait = fast.wait
		}
		head.Set("Retry-After", fmt.Sprint(math.Ceil(wait.Seconds())))
	}
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // whoever asked has gone
}
