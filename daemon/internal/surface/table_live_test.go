package surface

import "net/url"

// exportRoutes take lists away as files.
var exportRoutes = []route{
	{"POST /agent/export", act, []probe{{at: "/agent/export", may: "", form: url.Values{"list": {"nothing"}}}}},
}

// liveRoutes are what the scripts of agents' pages listen to and tell.
var liveRoutes = []route{
	{"GET /agent/events", stream, []probe{
		{at: "/agent/events", may: agents}, {at: "/agent/events?list=open&ticket={request}", may: agents}, {at: "/agent/events?list=open&ticket=x", may: ""},
	}},
	{"POST /agent/tickets/{number}/seen", act, []probe{
		{at: "/agent/tickets/{request}/seen", may: agents, form: url.Values{"entry": {"1"}}}, {at: "/agent/tickets/999/seen", may: "", form: url.Values{"entry": {"1"}}},
	}},
	{"POST /agent/tickets/{number}/unread", act, []probe{{at: "/agent/tickets/{request}/unread", may: agents}, {at: "/agent/tickets/999/unread", may: ""}}},
	{"POST /agent/tickets/{number}/presence", act, []probe{
		{at: "/agent/tickets/{request}/presence", may: agents, form: url.Values{"typing": {"note"}}}, {at: "/agent/tickets/{request}/presence", may: agents, form: url.Values{"leave": {"yes"}}},
		{at: "/agent/tickets/999/presence", may: ""},
	}},
}
