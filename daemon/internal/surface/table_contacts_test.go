package surface

import "net/url"

// contactRoutes are the pages of contacts. They come first: what they do to Hugo is
// undone by the next, and who is erased or merged is nobody whom the others need.
var contactRoutes = []route{
	{"GET /agent/contacts", work, []probe{{at: "/agent/contacts", may: agents}, {at: "/agent/contacts?q=alice", may: agents, shows: "alice@customer.example"}}},
	{"GET /agent/contacts/new", work, []probe{{at: "/agent/contacts/new", may: agents}}},
	{"POST /agent/contacts/new", act, []probe{{at: "/agent/contacts/new", may: agents, form: url.Values{"address": {"nobody at all"}}, wrong: true}}},
	{"GET /agent/contacts/import", work, []probe{{at: "/agent/contacts/import", may: agents}}},
	{"POST /agent/contacts/import", act, []probe{{at: "/agent/contacts/import", may: agents, form: url.Values{"file": {"nothing"}}, wrong: true}}},
	{"POST /agent/contacts/export", download, []probe{{at: "/agent/contacts/export", may: agents}}},
	{"GET /agent/contacts/{id}/erase", work, []probe{{at: "/agent/contacts/{contact:hugo}/erase", may: agents}, {at: "/agent/contacts/{contact:erin}/erase", may: ""}}},
	{"POST /agent/contacts/{id}/erase", act, []probe{
		{at: "/agent/contacts/{contact:erin}/erase", may: "", form: url.Values{"sure": {"erase"}}},
		{at: "/agent/contacts/{contact:hugo}/erase", may: agents, form: url.Values{"sure": {"perhaps"}}, wrong: true},
	}},
	{"GET /agent/contacts/{id}/merge", work, []probe{{at: "/agent/contacts/{contact:hugo}/merge", may: agents}, {at: "/agent/contacts/{contact:erin}/merge", may: ""}}},
	{"POST /agent/contacts/{id}/merge", act, []probe{
		{at: "/agent/contacts/{contact:erin}/merge", may: "", form: url.Values{"into": {"{contact:hugo}"}}},
		{at: "/agent/contacts/{contact:hugo}/merge", may: "", form: url.Values{"into": {"{contact:erin}"}}},
		{at: "/agent/contacts/{contact:hugo}/merge", may: agents, form: url.Values{"into": {"{contact:hugo}"}}, wrong: true},
	}},
	{"POST /agent/contacts/{id}/export", download, []probe{{at: "/agent/contacts/{contact:erin}/export", may: ""}, {at: "/agent/contacts/{contact:hugo}/export", may: agents}}},
	{"POST /agent/contacts/{id}/delete", act, []probe{{at: "/agent/contacts/{contact:erin}/delete", may: ""}, {at: "/agent/contacts/{contact:hugo}/delete", may: agents}}},
	{"POST /agent/contacts/{id}/restore", act, []probe{{at: "/agent/contacts/{contact:erin}/restore", may: ""}, {at: "/agent/contacts/{contact:hugo}/restore", may: agents}}},
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
