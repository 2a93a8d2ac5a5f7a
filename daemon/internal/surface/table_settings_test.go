package surface

import "net/url"

// settingsRoutes are the pages of what the agents of an account agreed on.
var settingsRoutes = []route{
	{"GET /agent/settings", work, []probe{{at: "/agent/settings", may: agents}}},
	{"POST /agent/settings/statuses", act, []probe{{at: "/agent/settings/statuses", may: agents, form: url.Values{"rev": {"0"}, "Pending": {"Open"}}, wrong: true}}},
	{"POST /agent/settings/fields/{of}", act, []probe{
		{at: "/agent/settings/fields/tickets", may: agents, form: url.Values{"rev": {"0"}, "do": {"add"}, "label": {""}, "type": {"Text"}}, wrong: true},
		{at: "/agent/settings/fields/nothing", may: "", form: url.Values{"rev": {"0"}, "do": {"add"}, "label": {"Order"}, "type": {"Text"}}},
	}},
	{"GET /agent/settings/canned", work, []probe{{at: "/agent/settings/canned", may: agents}}},
	{"GET /agent/settings/canned/new", work, []probe{{at: "/agent/settings/canned/new", may: agents}}},
	{"POST /agent/settings/canned", act, []probe{{at: "/agent/settings/canned", may: agents, form: url.Values{"name": {"x"}, "text": {" "}}, wrong: true}}},
	{"GET /agent/settings/canned/{id}", work, []probe{{at: "/agent/settings/canned/nothing", may: ""}, {at: "/agent/settings/canned/aaaaaaaaaaaaaaaa", may: ""}}},
	{"POST /agent/settings/canned/{id}", act, []probe{{at: "/agent/settings/canned/aaaaaaaaaaaaaaaa", may: "", form: url.Values{"name": {"x"}, "text": {"y"}}}}},
}

func init() { routes = append(settingsRoutes, routes...) }
