package surface

import "net/url"

// listRoutes are the pages of lists.
var listRoutes = []route{
	{"GET /agent/q/{queue}", work, []probe{{at: "/agent/q/open", may: agents}, {at: "/agent/q/all", may: agents, shows: "kaleidoscope"}, {at: "/agent/q/nothing", may: ""}}},
	{"GET /agent/views/new", work, []probe{{at: "/agent/views/new", may: agents}, {at: "/agent/views/new?order=oldest", may: agents}}},
	{"POST /agent/views", act, []probe{{at: "/agent/views", may: agents, form: url.Values{"status": {"Open"}}, wrong: true}}},
	{"GET /agent/views/{id}", work, []probe{{at: "/agent/views/nothing", may: ""}}},
	{"GET /agent/views/{id}/edit", work, []probe{{at: "/agent/views/nothing/edit", may: ""}}},
	{"POST /agent/views/{id}", act, []probe{{at: "/agent/views/nothing", may: "", form: url.Values{"name": {"Mine now"}}}}},
	{"POST /agent/views/{id}/remove", act, []probe{{at: "/agent/views/nothing/remove", may: "", form: url.Values{"rev": {"1"}}}}},
	{"POST /agent/bulk", act, []probe{{at: "/agent/bulk", may: agents, form: url.Values{"back": {"/agent/q/open"}}, wrong: true}}},
	{"POST /agent/bulk/undo", act, []probe{{at: "/agent/bulk/undo", may: ""}}},
	{"GET /agent/failed", work, []probe{{at: "/agent/failed", may: agents}}},
	{"POST /agent/failed/{delivery}/retry", act, []probe{{at: "/agent/failed/nothing/retry", may: ""}}},
	{"POST /agent/me/density", act, []probe{{at: "/agent/me/density", may: agents, form: url.Values{"rows": {"compact"}}}}},
}
