package surface

import "net/url"

// contactRoutes are the pages of contacts. They come first: what they do to Hugo is
// undone by the next.
var contactRoutes = []route{
	{"POST /agent/contacts/{id}/block", act, []probe{{at: "/agent/contacts/{contact:erin}/block", may: ""}, {at: "/agent/contacts/{contact:hugo}/block", may: agents}}},
	{"POST /agent/contacts/{id}/unblock", act, []probe{{at: "/agent/contacts/{contact:erin}/unblock", may: ""}, {at: "/agent/contacts/{contact:hugo}/unblock", may: agents}}},
	{"POST /agent/contacts/{id}/edit", act, []probe{
		{at: "/agent/contacts/{contact:erin}/edit", may: "", form: url.Values{"rev": {"0"}, "name": {"Mine"}}},
		{at: "/agent/contacts/{contact:hugo}/edit", may: agents, form: url.Values{"rev": {"0"}, "name": {"Hugo H"}}},
	}},
	{"POST /agent/contacts/{id}/addresses", act, []probe{
		{at: "/agent/contacts/{contact:erin}/addresses", may: "", form: url.Values{"do": {"add"}, "address": {"hugo@home.example"}}},
		{at: "/agent/contacts/{contact:hugo}/addresses", may: agents, form: url.Values{"do": {"add"}, "address": {"hugo@home.example"}}},
		{at: "/agent/contacts/{contact:hugo}/addresses", may: agents, form: url.Values{"do": {"remove"}, "address": {"hugo@home.example"}}},
	}},
	{"POST /agent/contacts/{id}/sign-out", act, []probe{{at: "/agent/contacts/{contact:erin}/sign-out", may: ""}, {at: "/agent/contacts/{contact:hugo}/sign-out", may: agents}}},
}

func init() { routes = append(contactRoutes, routes...) }
