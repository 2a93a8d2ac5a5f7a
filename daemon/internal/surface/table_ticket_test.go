package surface

import (
	"net/url"
	"slices"
)

// ticketRoutes are those of a request's page that only scripts and forms of it use.
var ticketRoutes = []route{
	{"POST /agent/tickets/{number}/writing", act, []probe{
		{at: "/agent/tickets/{request}/writing", may: agents, form: url.Values{"kind": {"note"}, "text": {"Half a sen"}, "nonce": {"once"}}},
	}},
	{"GET /agent/tickets/{number}/canned/{canned}", work, []probe{{at: "/agent/tickets/{request}/canned/nothing", may: ""}}},
	{"GET /agent/new", work, []probe{{at: "/agent/new", may: agents}}},
	{"POST /agent/new", act, []probe{
		{at: "/agent/new", may: agents, form: url.Values{"from": {"center/acme"}, "address": {"zoe@customer.example"}, "subject": {"Begun"}, "text": {"Hello"}, "nonce": {"n1"}}, files: true},
		{at: "/agent/new", may: agents, wrong: true, form: url.Values{"from": {"center/rival"}, "address": {"zoe@customer.example"}, "subject": {"Begun"}, "text": {"Hello"}, "nonce": {"n2"}}},
	}},
	{"GET /agent/tickets/{number}/forward", work, []probe{{at: "/agent/tickets/{request}/forward", may: agents}, {at: "/agent/tickets/999/forward", may: ""}}},
	{"POST /agent/tickets/{number}/forward", act, []probe{
		{at: "/agent/tickets/{request}/forward", may: agents, form: url.Values{"address": {"maker@elsewhere.example"}, "subject": {"Can you?"}, "text": {"Have a look"}, "nonce": {"n3"}}},
	}},
}

// They stand before those that end that somebody is signed in.
func init() { routes = slices.Insert(routes, len(routes)-len(lastRoutes), ticketRoutes...) }
