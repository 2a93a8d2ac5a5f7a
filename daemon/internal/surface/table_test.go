package surface

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// kind is what a page must keep to itself.
type kind string

const (
	public   kind = "public"   // the same for everybody: a browser may keep it
	personal kind = "personal" // shows what is somebody's
	secret   kind = "secret"   // and its address opens it
	work     kind = "work"     // an agents' page
	paper    kind = "paper"    // HTML that somebody sent
	download kind = "download" // a file that somebody sent
	act      kind = "act"      // does something
	stream   kind = "stream"   // tells what happens
)

// route is the row of a route: what its answers must keep, and what is asked of it.
type route struct {
	pattern string
	kind    kind
	probes  []probe
}

// probe is one thing that is asked of a route, by everybody.
type probe struct {
	at    string // {request} and the like stand for what is in the desk
	may   string // who may; everybody else is refused. See people
	form  url.Values
	json  string // is sent instead of a form
	files bool   // the form is sent as one with files
	wrong bool   // the form has a mistake, and who may send it is told
	shows string // who may read these words finds them
}

// everybody may see what is nobody's, and follow a link that they have.
const everybody = "everybody"

// people are all who ask: somebody who is not signed in, customers and agents of
// this account and of the other.
var people = []string{"nobody", "alice", "bob", "carol", "dave", "erin", "agent", "rival"}

// Who may see Alice's request and work on it. An agent who opens it is led to
// their own page of it.
const (
	partakers = "alice carol"
	readers   = "alice carol agent"
	agents    = "agent"
	signedIn  = "alice bob carol dave" // at this account
)

var sure = url.Values{"sure": {"yes"}}

// routes are all there are, in an order in which each one still finds what it is
// about. Whoever may not do something has to find everything as if it were not
// there. What belongs to one subject stands in a file of its own.
var routes = slices.Concat(mainRoutes, listRoutes, liveRoutes, exportRoutes, findRoutes, peopleRoutes, accessRoutes, lastRoutes)

// lastRoutes end that somebody is signed in.
var lastRoutes = []route{
	{"POST /sign-out", act, []probe{{at: "/en/sign-out", may: everybody}}},
	{"POST /agent/sign-out", act, []probe{{at: "/agent/sign-out", may: everybody}}},
}

var mainRoutes = []route{
	{"GET /{$}", public, []probe{{at: "/en/", may: everybody}, {at: "/", may: everybody}}},
	{"GET /submit", public, []probe{{at: "/en/submit", may: everybody}}},
	{"GET /submit/{form}", public, []probe{{at: "/en/submit/contact", may: everybody}, {at: "/en/submit/foreign", may: ""}}},
	{"POST /submit/{form}", act, []probe{
		{at: "/en/submit/contact", may: everybody, form: url.Values{"nonce": {"once"}}, wrong: true},
		{at: "/en/submit/foreign", may: "", form: url.Values{"nonce": {"once"}}},
	}},
	{"POST /submit/{form}/state", act, []probe{{at: "/en/submit/contact/state", may: everybody}, {at: "/en/submit/foreign/state", may: ""}}},
	{"GET /api/v1/forms", public, []probe{{at: "/api/v1/forms", may: everybody}}},
	{"POST /api/v1/forms/{form}/requests", act, []probe{
		{at: "/api/v1/forms/contact/requests", may: everybody, json: "{}", wrong: true}, {at: "/api/v1/forms/foreign/requests", may: "", json: "{}"},
	}},
	{"GET /t/{token}", secret, []probe{
		{at: "{link:alice}", may: everybody, shows: "kaleidoscope"}, {at: "{link:carol}", may: everybody}, {at: "{link:alice}?file=1.1", may: everybody},
		{at: "{link:dave}", may: readers}, {at: "{link:erin}", may: ""}, {at: "{link:alice}x", may: ""},
		{at: "{link:dave}?file=1.1", may: ""}, {at: "{link:erin}?file=1.1", may: ""},
	}},
	{"POST /t/{token}/reply", act, []probe{
		{at: "{link:dave}/reply", may: "", form: url.Values{"text": {"Let me in"}}}, {at: "{link:erin}/reply", may: "", form: url.Values{"text": {"Let me in"}}},
		{at: "{link:alice}/reply", may: "nobody alice bob carol dave erin rival", form: url.Values{"text": {"It waits for a sign-in"}}},
	}},
	{"GET /t/{token}/events", stream, []probe{{at: "{link:alice}/events", may: everybody}, {at: "{link:dave}/events", may: ""}, {at: "{link:erin}/events", may: ""}}},
	{"POST /new-link/{token}", act, []probe{{at: "/new-link/nothing", may: ""}, {at: "/new-link/{token:dave}", may: everybody}}},
	{"GET /not-me/{token}", secret, []probe{{at: "/not-me/{token:alice}", may: ""}, {at: "/not-me/{token:erin}", may: ""}, {at: "{not-me:hugo}", may: everybody}}},
	{"POST /not-me/{token}", act, []probe{
		{at: "/not-me/{token:alice}", may: "", form: sure}, {at: "/not-me/{token:erin}", may: "", form: sure},
		{at: "{not-me:hugo}", may: everybody, wrong: true}, // whoever presses the button alone
	}},
	{"GET /requests", personal, []probe{{at: "/en/requests", may: signedIn, shows: "kaleidoscope"}, {at: "/en/requests?q=hello", may: signedIn, shows: "trombone"}}},

	{"GET /stop/{token}", secret, []probe{{at: "{stop:carol}", may: everybody}, {at: "/stop/{token:carol}", may: ""}, {at: "/stop/{token:alice}", may: ""}, {at: "/stop/{token:erin}", may: ""}}},

	{"GET /requests/{number}", personal, []probe{
		{at: "/en/requests/{request}", may: readers, shows: "kaleidoscope"}, {at: "/en/requests/{request}?file=1.1", may: readers},
		{at: "/en/requests/{other}", may: "bob agent", shows: "trombone"}, {at: "/en/requests/999", may: "agent"},
	}},
	{"GET /requests/{number}/events", stream, []probe{{at: "/en/requests/{request}/events", may: partakers}, {at: "/en/requests/{other}/events", may: "bob"}}},
	{"POST /requests/{number}/reply", act, []probe{
		{at: "/en/requests/{request}/reply", may: partakers, form: url.Values{"text": {"And more"}}, files: true},
		{at: "/en/requests/{other}/reply", may: "bob", form: url.Values{"text": {"And more"}}, files: true},
	}},
	{"POST /requests/{number}/people", act, []probe{{at: "/en/requests/{request}/people", may: "alice", form: url.Values{"address": {"yves@customer.example"}}}}},
	{"POST /requests/{number}/people/{participant}/remove", act, []probe{
		{at: "/en/requests/{request}/people/{participant:yves}/remove", may: "alice"}, {at: "/en/requests/{request}/people/{participant:alice}/remove", may: ""},
	}},
	{"POST /requests/{number}/close", act, []probe{{at: "/en/requests/{request}/close", may: "alice"}, {at: "/en/requests/{other}/close", may: "bob"}}},

	{"GET /sign-in", public, []probe{{at: "/en/sign-in", may: everybody}}},
	{"POST /sign-in", act, []probe{{at: "/en/sign-in", may: "", form: url.Values{"address": {alice}, "password": {"wrong"}}}}},
	{"GET /sign-in/code", public, []probe{{at: "/en/sign-in/code", may: everybody}}},
	{"POST /sign-in/code", act, []probe{{at: "/en/sign-in/code", may: "", form: url.Values{"code": {"12345678"}}}}},
	{"GET /sign-up", public, []probe{{at: "/en/sign-up", may: everybody}}},
	{"POST /sign-up", act, []probe{{at: "/en/sign-up", may: everybody, form: url.Values{"address": {"nobody at all"}}, wrong: true}}},
	{"POST /sign-in/with/{issuer}", act, []probe{{at: "/en/sign-in/with/nobody", may: ""}}},
	{"GET /sign-in/back/{issuer}", secret, []probe{{at: "/sign-in/back/nobody?code=x&state=y", may: ""}}},
	{"POST /sign-in/back/{issuer}", act, []probe{{at: "/sign-in/back/nobody", may: "", form: url.Values{"code": {"x"}, "state": {"y"}}}}},
	{"GET /forgot", public, []probe{{at: "/en/forgot", may: everybody}}},
	{"POST /forgot", act, []probe{{at: "/en/forgot", may: everybody, form: url.Values{"address": {"nobody at all"}}, wrong: true}}},
	{"GET /pass/{token}", secret, []probe{
		{at: "/pass/{pass:frank}", may: everybody}, {at: "/pass/{pass:alice}", may: ""}, {at: "/pass/{pass:gina}", may: ""}, {at: "/pass/{token:alice}", may: ""},
	}},
	{"POST /pass/{token}", act, []probe{
		{at: "/pass/{pass:frank}", may: everybody, form: url.Values{"password": {"short"}}, wrong: true},
		{at: "/pass/{pass:alice}", may: "", form: url.Values{"password": {password}}},
		{at: "/pass/{pass:gina}", may: "", form: url.Values{"password": {password}}},
	}},
	{"GET /account", personal, []probe{{at: "/en/account", may: signedIn}}},
	{"POST /account/name", act, []probe{{at: "/en/account/name", may: signedIn, form: url.Values{"name": {strings.Repeat("n", 101)}}, wrong: true}}},
	{"POST /account/password", act, []probe{{at: "/en/account/password", may: signedIn, form: url.Values{"old": {"wrong"}, "password": {password}}, wrong: true}}},
	{"POST /account/sessions/{session}/end", act, []probe{{at: "/en/account/sessions/{session:alice}/end", may: "alice"}}},
	{"POST /account/issuers/{issuer}/end", act, []probe{{at: "/en/account/issuers/nobody/end", may: ""}}},
	{"POST /account/sessions/end", act, []probe{{at: "/en/account/sessions/end", may: signedIn}}},
	{"/", public, []probe{{at: "/en/nowhere", may: ""}, {at: "/agent/nowhere", may: ""}, {at: "/agent/tickets/{request}/nowhere", may: ""}}},

	{"GET /agent/sign-in", work, []probe{{at: "/agent/sign-in", may: everybody}}},
	{"POST /agent/sign-in", act, []probe{{at: "/agent/sign-in", may: "", form: url.Values{"address": {"{agent}"}, "password": {"wrong"}}}}},
	{"GET /agent", work, []probe{{at: "/agent", may: agents}}},
	{"GET /agent/tickets/{number}", work, []probe{{at: "/agent/tickets/{request}", may: agents, shows: among}, {at: "/agent/tickets/999", may: ""}}},
	{"GET /agent/tickets/{number}/entries/{entry}/html", paper, []probe{
		{at: "/agent/tickets/{request}/entries/1/html", may: agents}, {at: "/agent/tickets/{request}/entries/99/html", may: ""},
	}},
	{"GET /agent/tickets/{number}/entries/{entry}/files/{file}", download, []probe{
		{at: "/agent/tickets/{request}/entries/1/files/1", may: agents}, {at: "/agent/tickets/{request}/entries/1/files/9", may: ""},
	}},
	{"GET /agent/tickets/{number}/entries/{entry}/source", download, []probe{{at: "/agent/tickets/{request}/entries/1/source", may: agents}}},
	{"GET /agent/contacts/{id}", work, []probe{{at: "/agent/contacts/{contact:alice}", may: agents}, {at: "/agent/contacts/{contact:erin}", may: ""}}},
	{"GET /agent/held", work, []probe{{at: "/agent/held", may: agents}}},
	{"GET /agent/held/{id}", work, []probe{{at: "/agent/held/{held}", may: agents}, {at: "/agent/held/nothing", may: ""}}},
	{"GET /agent/held/{id}/files/{file}", download, []probe{{at: "/agent/held/{held}/files/1", may: agents}}},
	{"GET /agent/held/{id}/source", download, []probe{{at: "/agent/held/{held}/source", may: agents}}},
	{"GET /agent/tickets/{number}/merge", work, []probe{{at: "/agent/tickets/{request}/merge", may: agents}}},
	{"GET /agent/tickets/{number}/entries/{entry}/split", work, []probe{{at: "/agent/tickets/{request}/entries/1/split", may: agents}}},

	{"POST /agent/tickets/{number}/{act}", act, []probe{
		{at: "/agent/tickets/{request}/note", may: agents, form: url.Values{"text": {"More of it"}}, files: true},
		{at: "/agent/tickets/{request}/reply", may: agents, form: url.Values{"text": {"More for you"}}, files: true},
		{at: "/agent/tickets/{request}/status", may: agents, form: url.Values{"status": {"Pending"}}},
	}},
	{"POST /stop/{token}", act, []probe{
		{at: "/stop/{token:alice}", may: "", form: sure}, {at: "/stop/{token:erin}", may: "", form: sure},
		{at: "{stop:carol}", may: everybody, wrong: true}, // whoever presses the button alone
	}},
	{"POST /agent/tickets/{number}/participants", act, []probe{
		{at: "/agent/tickets/{request}/participants", may: agents, form: url.Values{"do": {"add"}, "address": {"zoe@customer.example"}}},
		{at: "/agent/tickets/{request}/participants", may: agents, form: url.Values{"do": {"remove"}, "participant": {"{participant:carol}"}}},
	}},
	{"POST /agent/tickets/{number}/entries/{entry}/release", act, []probe{{at: "/agent/tickets/{request}/entries/1/release", may: agents}}},
	{"POST /agent/tickets/{number}/deliveries/{delivery}/retry", act, []probe{{at: "/agent/tickets/{request}/deliveries/nothing/retry", may: ""}}},
	{"POST /agent/contacts/{id}/invite", act, []probe{
		{at: "/agent/contacts/{contact:erin}/invite", may: ""}, {at: "/agent/contacts/{contact:hugo}/invite", may: agents, form: url.Values{"help-center": {"acme"}}},
	}},
	{"POST /agent/held/{id}", act, []probe{{at: "/agent/held/{held}", may: agents, form: url.Values{"verdict": {"spam"}}}}},
	{"POST /agent/held/{id}/lift", act, []probe{{at: "/agent/held/{held}/lift", may: agents}}},
	{"POST /agent/tickets/{number}/entries/{entry}/split", act, []probe{
		{at: "/agent/tickets/{request}/entries/{entry}/split", may: agents, form: url.Values{"subject": {"Apart"}}},
	}},
	{"POST /agent/tickets/{number}/unsplit", act, []probe{{at: "/agent/tickets/{split}/unsplit", may: agents}}},
	{"POST /agent/tickets/{number}/merge", act, []probe{{at: "/agent/tickets/{other}/merge", may: agents, form: url.Values{"into": {"{request}"}}}}},
	{"POST /agent/tickets/{number}/unmerge", act, []probe{{at: "/agent/tickets/{other}/unmerge", may: agents}}},
}

// place puts what is in the desk where a probe names it.
func (d *desk) place(t *testing.T, at string) string {
	t.Helper()
	for strings.Contains(at, "{") {
		before, rest, _ := strings.Cut(at, "{")
		name, after, _ := strings.Cut(rest, "}")
		name, who, _ := strings.Cut(name, ":")
		var value string
		switch name {
		case "request":
			value = fmt.Sprint(d.request)
		case "other":
			value = fmt.Sprint(d.other)
		case "held":
			value = d.held
		case "agent":
			value = d.Agent
		case "participant":
			value = d.participant(t, who+"@customer.example")
		case "entry":
			value = d.customersEntry(t)
		case "split":
			value = d.splitOff(t)
		case "pass":
			value = d.passes[who+"@customer.example"]
		case "contact":
			value = d.contacts[who+"@customer.example"]
		case "session":
			value = d.session
		case "stop", "not-me":
			value = d.mailed(t, who, "/"+name+"/")
		case "link":
			value = "/t/" + d.token(t, who)
		case "token":
			value = d.token(t, who)
		default:
			t.Fatalf("the desk has no %q", name)
		}
		at = before + value + after
	}
	return at
}

// placed is a form with what is in the desk.
func (d *desk) placed(t *testing.T, form url.Values) url.Values {
	t.Helper()
	all := url.Values{}
	for name, values := range form {
		for _, v := range values {
			all.Add(name, d.place(t, v))
		}
	}
	return all
}

// token is that of somebody's link.
func (d *desk) token(t *testing.T, who string) string {
	t.Helper()
	link := d.links[who+"@customer.example"]
	_, token, found := strings.Cut(link, "/t/")
	if !found {
		t.Fatalf("%s has no link but %q", who, link)
	}
	return token
}
