package surface

import "net/url"

// listRoutes are the pages of lists.
var listRoutes = []route{
	{"GET /agent/q/{queue}", work, []probe{{at: "/agent/q/open", may: agents}, {at: "/agent/q/all", may: agents, shows: "kaleidoscope"}, {at: "/agent/q/nothing", may: ""}}},
	{"GET /agent/views/{id}", work, []probe{{at: "/agent/views/nothing", may: ""}}},
	{"POST /agent/bulk", act, []probe{{at: "/agent/bulk", may: agents, form: url.Values{"back": {"/agent/q/open"}}, wrong: true}}},
	{"POST /agent/bulk/undo", act, []probe{{at: "/agent/bulk/undo", may: ""}}},
	{"GET /agent/failed", work, []probe{{at: "/agent/failed", may: agents}}},
	{"POST /agent/failed/{delivery}/retry", act, []probe{{at: "/agent/failed/nothing/retry", may: ""}}},
	{"POST /agent/me/density", act, []probe{{at: "/agent/me/density", may: agents, form: url.Values{"rows": {"compact"}}}}},
}
