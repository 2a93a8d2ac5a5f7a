package surface

// findRoutes are the pages that find requests by words.
var findRoutes = []route{
	{"GET /agent/search", work, []probe{
		{at: "/agent/search", may: agents}, {at: "/agent/search?q=status:open", may: agents}, {at: "/agent/search?q=status:nothing", may: agents, wrong: true},
		{at: "/agent/search?q=x&before=nothing", may: ""},
	}},
}
