package surface

import "net/url"

// ticketRoutes are those of a request's page that only scripts and forms of it use.
var ticketRoutes = []route{
	{"POST /agent/tickets/{number}/writing", act, []probe{
		{at: "/agent/tickets/{request}/writing", may: agents, form: url.Values{"kind": {"note"}, "text": {"Half a sen"}, "nonce": {"once"}}},
	}},
	{"GET /agent/tickets/{number}/canned/{canned}", work, []probe{{at: "/agent/tickets/{request}/canned/nothing", may: ""}}},
}
