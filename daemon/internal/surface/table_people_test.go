package surface

import "net/url"

// peopleRoutes are the pages about agents and their sign-in.
var peopleRoutes = []route{
	{"GET /agent/sign-in/second", secret, []probe{{at: "/agent/sign-in/second", may: ""}}}, // who has no step to do begins anew
	{"POST /agent/sign-in/second", act, []probe{{at: "/agent/sign-in/second", may: "", form: url.Values{"code": {"123456"}}}}},
	{"POST /agent/sign-in/with/{issuer}", act, []probe{{at: "/agent/sign-in/with/nobody", may: ""}}},
	{"GET /agent/sign-in/back/{issuer}", secret, []probe{{at: "/agent/sign-in/back/nobody?code=x&state=y", may: ""}}},
	{"POST /agent/sign-in/back/{issuer}", act, []probe{{at: "/agent/sign-in/back/nobody", may: "", form: url.Values{"code": {"x"}, "state": {"y"}}}}},
	{"GET /agent/join/{token}", secret, []probe{{at: "/agent/join/nothing", may: ""}, {at: "/agent/join/{pass:frank}", may: ""}, {at: "/agent/join/{token:alice}", may: ""}}},
	{"POST /agent/join/{token}", act, []probe{
		{at: "/agent/join/nothing", may: "", form: url.Values{"password": {password}}}, {at: "/agent/join/{pass:frank}", may: "", form: url.Values{"password": {password}}},
	}},
	{"GET /agent/me", work, []probe{{at: "/agent/me", may: agents}}},
	{"POST /agent/me/mail", act, []probe{{at: "/agent/me/mail", may: agents, form: url.Values{"mail": {"Mine"}}}}},
	{"POST /agent/me/password", act, []probe{{at: "/agent/me/password", may: agents, form: url.Values{"old": {"wrong"}, "password": {password}}, wrong: true}}},
	{"GET /agent/me/second", work, []probe{{at: "/agent/me/second", may: ""}}}, // nothing is being set up
	{"POST /agent/me/second/begin", act, []probe{{at: "/agent/me/second/begin", may: agents, form: url.Values{"password": {"wrong"}}, wrong: true}}},
	{"POST /agent/me/second", act, []probe{{at: "/agent/me/second", may: "", form: url.Values{"code": {"123456"}}}}},
	{"POST /agent/me/second/end", act, []probe{{at: "/agent/me/second/end", may: agents, form: url.Values{"code": {"123456"}}, wrong: true}}},
	{"POST /agent/me/sessions/{session}/end", act, []probe{{at: "/agent/me/sessions/nothing/end", may: ""}}},
	{"POST /agent/me/sessions/end", act, []probe{{at: "/agent/me/sessions/end", may: agents}}},
	{"GET /agent/people", work, []probe{{at: "/agent/people", may: agents}}},
	{"GET /agent/people/agents/{agent}", work, []probe{{at: "/agent/people/agents/new", may: agents}, {at: "/agent/people/agents/nothing", may: ""}}},
	{"POST /agent/people/agents/{agent}", act, []probe{
		{at: "/agent/people/agents/new", may: agents, form: url.Values{"name": {"X"}, "address": {"nobody at all"}, "mail": {"Mine"}}, wrong: true},
		{at: "/agent/people/agents/aaaaaaaaaaaaaaaa", may: "", form: url.Values{"name": {"X"}, "mail": {"Mine"}}},
	}},
	{"POST /agent/people/agents/{agent}/link", act, []probe{{at: "/agent/people/agents/aaaaaaaaaaaaaaaa/link", may: ""}}},
	{"POST /agent/people/agents/{agent}/second", act, []probe{{at: "/agent/people/agents/aaaaaaaaaaaaaaaa/second", may: ""}}},
	{"GET /agent/people/teams", work, []probe{{at: "/agent/people/teams", may: agents}}},
	{"GET /agent/people/teams/{team}", work, []probe{{at: "/agent/people/teams/new", may: agents}, {at: "/agent/people/teams/nothing", may: ""}}},
	{"POST /agent/people/teams/{team}", act, []probe{{at: "/agent/people/teams/new", may: agents, form: url.Values{"name": {""}}, wrong: true}}},
	{"POST /agent/people/teams/{team}/remove", act, []probe{{at: "/agent/people/teams/nothing/remove", may: ""}}},
	{"GET /agent/people/roles", work, []probe{{at: "/agent/people/roles", may: agents}}},
	{"GET /agent/people/roles/{role}", work, []probe{{at: "/agent/people/roles/new", may: agents}, {at: "/agent/people/roles/admin", may: agents}, {at: "/agent/people/roles/nothing", may: ""}}},
	{"POST /agent/people/roles/{role}", act, []probe{{at: "/agent/people/roles/new", may: agents, form: url.Values{"name": {""}}, wrong: true}}},
	{"POST /agent/people/roles/{role}/remove", act, []probe{{at: "/agent/people/roles/nothing/remove", may: ""}}},
	{"GET /agent/people/audit", work, []probe{{at: "/agent/people/audit", may: agents}, {at: "/agent/people/audit?act=agent&before=9", may: agents}}},
}
