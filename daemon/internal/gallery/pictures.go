package gallery

import (
	"net/url"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Groups of pictures.
const (
	homes      = "Home"
	submits    = "Submitting"
	lists      = "My requests"
	tickets    = "A request behind its link"
	questions  = "Questions in mails"
	signIns    = "Signing up and in"
	elsewheres = "Signing in elsewhere"
	troubles   = "Trouble"
)

// link is what the address of a mail's link looks like.
const link = "!/t/pl1_AQIBazbsgAAHASNFZ4mrze8AA5LkjEdXf-Cr50Mzo2CdBhM"

// pass is what the address of a link to a password looks like.
const pass = "!/pass/made-up"

// pictures are all of them, in the order of a customer's way.
var pictures = []picture{
	{name: "home", group: homes, title: "Nobody is signed in", main: true, path: "/"},
	{name: "home-signed-in", group: homes, title: "A customer is signed in", main: true, path: "/", scene: scene{customer: true, requests: many}},
	{name: "home-agent", group: homes, title: "An agent is here", path: "/", scene: scene{agent: true}},
	{name: "home-hidden", group: homes, title: "Submission is hidden", path: "/", center: noForms},
	{name: "home-no-sign-in", group: homes, title: "Nobody can sign in", path: "/", center: noSignIn},
	{name: "home-off", group: homes, title: "The portal is off", path: "/", center: off},

	{name: "choose", group: submits, title: "Choosing a form", main: true, path: "/submit"},
	{name: "form", group: submits, title: "A form with all kinds of fields", main: true, path: "/submit/repair"},
	{name: "form-plain", group: submits, title: "A form with nothing but a message", path: "/submit/contact"},
	{name: "form-customer", group: submits, title: "A form for who is signed in", path: "/submit/contact", scene: scene{customer: true}},
	{name: "form-agent", group: submits, title: "A form for an agent, on behalf of a customer", path: "/submit/contact", scene: scene{agent: true}},
	{name: "form-wrong", group: submits, title: "With slips", main: true, status: 422, path: "/submit/repair", post: slips},
	{name: "form-filled", group: submits, title: "Filled in, with files that are here already", path: "/submit/repair", post: filledIn},
	{name: "form-trouble", group: submits, title: "When it cannot be taken", status: 503, path: "/submit/repair", post: complete, scene: scene{err: helpdesk.Errorf(helpdesk.Unavailable, "requests can't be taken just now")}},
	{name: "form-ended", group: submits, title: "When the sign-in has ended meanwhile", status: 403, path: "/submit/contact", post: slips, center: signedInOnly},
	{name: "sent-customer", group: submits, title: "Sent by who is signed in", path: "/submit/contact", post: url.Values{"subject": {"Hello"}, "message": {"Hello."}}, scene: scene{customer: true}},
	{name: "sent", group: submits, title: "Sent", main: true, path: "/submit/contact", post: url.Values{
		"nonce": {"made-up"}, "name": {"Alice Morgan"}, "address": {alice.String()}, "subject": {"Hello"}, "message": {"Hello."},
	}},

	{name: "requests", group: lists, title: "My requests", main: true, path: "/requests", scene: scene{customer: true, requests: many}},
	{name: "requests-empty", group: lists, title: "None yet", path: "/requests", scene: scene{customer: true, requests: none}},
	{name: "requests-waiting", group: lists, title: "None of one kind", path: "/requests?status=waiting", scene: scene{customer: true, requests: noneOfThese}},
	{name: "requests-found", group: lists, title: "A search", path: "/requests?q=skates", scene: scene{customer: true, requests: fewFound}},
	{name: "requests-not-found", group: lists, title: "A search without a hit", path: "/requests?q=anvil", scene: scene{customer: true, requests: noneOfThese}},
	{name: "requests-elsewhere", group: lists, title: "With others elsewhere", path: "/requests", scene: scene{customer: true, requests: elsewhere}},
	{name: "requests-building", group: lists, title: "While the list is put together", status: 503, path: "/requests", scene: scene{customer: true, err: &helpdesk.Error{Kind: helpdesk.Unavailable, Public: "the list is being put together"}}},

	{name: "ticket-link", group: tickets, title: "Opened by its link", main: true, path: link, scene: scene{ticket: order}},
	{name: "ticket-link-closed", group: tickets, title: "Closed", path: link, scene: scene{ticket: closedOrder}},
	{name: "ticket-link-merged", group: tickets, title: "Merged into another", path: link, scene: scene{ticket: mergedOrder}},
	{name: "ticket-link-empty", group: tickets, title: "Without a message", path: link, scene: scene{ticket: emptyOrder}},
	{name: "ticket-link-long", group: tickets, title: "Long", path: link, scene: scene{ticket: longOrder}},
	{name: "ticket-link-rtl", group: tickets, title: "Written from right to left", path: link, scene: scene{ticket: rightToLeft}},
	{name: "ticket-link-files", group: tickets, title: "With many files", path: link, scene: scene{ticket: manyFiles}},
	{name: "ticket-link-gone", group: tickets, title: "A link that is no longer valid", status: 404, path: link, scene: scene{err: helpdesk.Errorf(helpdesk.NotFound, "no such link")}},

	{name: "sign-in", group: signIns, title: "Signing in", main: true, path: "/sign-in?next=/en/requests"},
	{name: "sign-in-wrong", group: signIns, title: "A wrong password", status: 422, path: "/sign-in", post: url.Values{"address": {alice.String()}}, scene: scene{err: helpdesk.Errorf(helpdesk.Invalid, "this address and password do not belong together")}},
	{name: "sign-in-too-many", group: signIns, title: "Too many tries", status: 429, path: "/sign-in", post: url.Values{"address": {alice.String()}}, scene: scene{err: web.ErrTooMany}},
	{name: "sign-in-none", group: signIns, title: "Where nobody can sign in", path: "/sign-in", center: noSignIn},
	{name: "sign-in-invited", group: signIns, title: "Where sign-up is closed", path: "/sign-in", center: invitedOnly},
	{name: "needs-sign-in", group: signIns, title: "A link that takes a sign-in, where nobody can sign in", status: 403, path: link, center: noSignIn, scene: scene{err: helpdesk.Errorf(helpdesk.SignIn, "sign in first")}},
	{name: "sign-up", group: signIns, title: "Signing up", path: "/sign-up"},
	{name: "sign-up-wrong", group: signIns, title: "An address with a slip", status: 422, path: "/sign-up", post: url.Values{"address": {"alice@"}}, scene: scene{err: helpdesk.Errorf(helpdesk.Invalid, "enter a mail address such as name@example.com")}},
	{name: "sign-up-sent", group: signIns, title: "The mail is on its way", main: true, path: "/sign-up", post: url.Values{"address": {alice.String()}}},
	{name: "sign-up-closed", group: signIns, title: "Sign-up is closed", status: 404, path: "/sign-up", center: invitedOnly},
	{name: "pass-sign-up", group: signIns, title: "Choosing a password", path: pass, scene: scene{pass: helpdesk.PassSignUp}},
	{name: "pass-invitation", group: signIns, title: "Invited by an agent", path: pass, scene: scene{pass: helpdesk.PassInvitation}},
	{name: "pass-weak", group: signIns, title: "A password that is too short", status: 422, path: pass, post: url.Values{}, scene: scene{pass: helpdesk.PassSignUp, err: helpdesk.Errorf(helpdesk.Invalid, "a password has %d to %d characters", actions.MinPassword, 200)}},
	{name: "pass-reset", group: signIns, title: "Setting another password", path: pass, scene: scene{pass: helpdesk.PassReset}},
	{name: "pass-gone", group: signIns, title: "A link that was used", status: 404, path: pass},
	{name: "forgot", group: signIns, title: "Forgotten password", path: "/forgot"},
	{name: "forgot-sent", group: signIns, title: "The mail with another link is on its way", path: "/forgot", post: url.Values{"address": {alice.String()}}},
	{name: "code-ask", group: signIns, title: "Asking for a code", path: "/sign-in/code"},
	{name: "code", group: signIns, title: "Typing the code", path: "/sign-in/code", post: url.Values{"address": {alice.String()}}},
	{name: "account", group: signIns, title: "One's account", main: true, path: "/account", scene: scene{customer: true}},
	{name: "account-done", group: signIns, title: "One's account, with another password", path: "/account?done=password", scene: scene{customer: true}},

	{name: "not-me", group: questions, title: "This was not me", path: "!/not-me/made-up"},
	{name: "not-me-done", group: questions, title: "This was not me: done", path: "!/not-me/made-up", post: url.Values{"sure": {"yes"}}},
	{name: "not-me-slip", group: questions, title: "This was not me: without the tick", status: 422, path: "!/not-me/made-up", post: url.Values{}},
	{name: "stop", group: questions, title: "No more mail about a request", path: "!/stop/made-up"},
	{name: "stop-done", group: questions, title: "No more mail about a request: done", path: "!/stop/made-up", post: url.Values{"sure": {"yes"}}},
	{name: "stop-slip", group: questions, title: "No more mail about a request: without the tick", status: 422, path: "!/stop/made-up", post: url.Values{}},

	{name: "error-404", group: troubles, title: "Nothing at this address", status: 404, path: "/nothing"},
	{name: "error-403", group: troubles, title: "From another site", status: 403, path: "/submit/contact", post: url.Values{}, from: "cross-site"},
	{name: "error-409", group: troubles, title: "Somebody else was faster", status: 409, path: "!/not-me/made-up", scene: scene{err: helpdesk.Errorf(helpdesk.Conflict, "")}},
	{name: "error-413", group: troubles, title: "Too large", status: 413, path: "!/not-me/made-up", scene: scene{err: helpdesk.Errorf(helpdesk.TooLarge, "together that is more than %d KiB, which is the limit", web.MaxBody>>10)}},
	{name: "error-421", group: troubles, title: "No help center of ours", status: 421, path: "/", host: "other.example"},
	{name: "error-422", group: troubles, title: "What could not be read", status: 422, path: "!/not-me/made-up", scene: scene{err: helpdesk.Errorf(helpdesk.Invalid, "what your browser sent could not be read")}},
	{name: "error-429", group: troubles, title: "Too many tries", status: 429, path: "!/not-me/made-up", scene: scene{err: web.ErrTooMany}},
	{name: "error-500", group: troubles, title: "Our fault", status: 500, path: "!/not-me/made-up", scene: scene{err: errBroken}},
	{name: "error-503", group: troubles, title: "A part is away", status: 503, path: "!/not-me/made-up", scene: scene{err: helpdesk.Wrap(helpdesk.Unavailable, errBroken)}},
}

func noForms(h *helpdesk.HelpCenter) { h.Forms = nil }

func noSignIn(h *helpdesk.HelpCenter) { h.SignUp = helpdesk.SignUp{} }

func invitedOnly(h *helpdesk.HelpCenter) { h.SignUp.Open = false }

// signedInOnly takes requests only from people who are signed in.
func signedInOnly(h *helpdesk.HelpCenter) {
	for i := range h.Forms {
		h.Forms[i].Access = map[helpdesk.Visitor]helpdesk.Access{helpdesk.Anonymous: helpdesk.NeedsSignIn}
	}
}

func off(h *helpdesk.HelpCenter) { h.PortalOn = false }
