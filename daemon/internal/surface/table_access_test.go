package surface

import "net/url"

// accessRoutes are the pages about programs.
var accessRoutes = []route{
	{"GET /agent/access", work, []probe{{at: "/agent/access", may: agents}}},
	{"POST /agent/access/tokens", act, []probe{{at: "/agent/access/tokens", may: agents, form: url.Values{"name": {""}}, wrong: true}}},
	{"POST /agent/access/tokens/{token}/end", act, []probe{{at: "/agent/access/tokens/nothing/end", may: ""}}},
	{"POST /agent/access/hooks", act, []probe{{at: "/agent/access/hooks", may: agents, form: url.Values{"name": {"x"}, "url": {"http://example.com"}, "event": {"ticket.created"}}, wrong: true}}},
	{"GET /agent/access/hooks/{hook}", work, []probe{{at: "/agent/access/hooks/nothing", may: ""}}},
	{"POST /agent/access/hooks/{hook}", act, []probe{{at: "/agent/access/hooks/nothing", may: "", form: url.Values{"name": {"x"}}}}},
	{"POST /agent/access/hooks/{hook}/{act}", act, []probe{{at: "/agent/access/hooks/nothing/ping", may: ""}}},
	{"POST /agent/access/hooks/{hook}/posts/{post}/again", act, []probe{{at: "/agent/access/hooks/nothing/posts/nothing/again", may: ""}}},
}
