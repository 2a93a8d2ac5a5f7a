package gallery

import (
	"net/url"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Groups of pictures.
const (
	homes     = "Home"
	submits   = "Submitting"
	tickets   = "A request behind its link"
	questions = "Questions in mails"
	troubles  = "Trouble"
)

// link is what the address of a mail's link looks like.
const link = "!/t/pl1_AQIBazbsgAAHASNFZ4mrze8AA5LkjEdXf-Cr50Mzo2CdBhM"

// pictures are all of them, in the order of a customer's way.
var pictures = []picture{
	{name: "home", group: homes, title: "Nobody is signed in", main: true, path: "/"},
	{name: "home-signed-in", group: homes, title: "A customer is signed in", main: true, path: "/", scene: scene{customer: true}},
	{name: "home-agent", group: homes, title: "An agent is here", path: "/", scene: scene{agent: true}},
	{name: "home-hidden", group: homes, title: "Submission is hidden", path: "/", center: noForms},
	{name: "home-no-sign-in", group: homes, title: "Nobody can sign in", path: "/", center: noSignIn},
	{name: "home-off", group: homes, title: "The portal is off", path: "/", center: off},

	{name: "choose", group: submits, title: "Choosing a form", main: true, path: "/submit"},
	{name: "form", group: submits, title: "A form with all kinds of fields", main: true, path: "/submit/repair"},
	{name: "form-plain", group: submits, title: "A form with nothing but a message", path: "/submit/contact"},
	{name: "sent", group: submits, title: "Sent", main: true, path: "/submit/contact", post: url.Values{
		"nonce": {"made-up"}, "name": {"Alice Morgan"}, "address": {alice.String()}, "subject": {"Hello"}, "message": {"Hello."},
	}},

	{name: "ticket-link", group: tickets, title: "Opened by its link", main: true, path: link, scene: scene{ticket: order}},
	{name: "ticket-link-closed", group: tickets, title: "Closed", path: link, scene: scene{ticket: closedOrder}},
	{name: "ticket-link-merged", group: tickets, title: "Merged into another", path: link, scene: scene{ticket: mergedOrder}},
	{name: "ticket-link-empty", group: tickets, title: "Without a message", path: link, scene: scene{ticket: emptyOrder}},
	{name: "ticket-link-long", group: tickets, title: "Long", path: link, scene: scene{ticket: longOrder}},
	{name: "ticket-link-rtl", group: tickets, title: "Written from right to left", path: link, scene: scene{ticket: rightToLeft}},
	{name: "ticket-link-files", group: tickets, title: "With many files", path: link, scene: scene{ticket: manyFiles}},
	{name: "ticket-link-sign-in", group: tickets, title: "Where viewing takes a sign-in", status: 403, path: link, scene: scene{err: helpdesk.Errorf(helpdesk.SignIn, "sign in first")}},
	{name: "ticket-link-gone", group: tickets, title: "A link that is no longer valid", status: 404, path: link, scene: scene{err: helpdesk.Errorf(helpdesk.NotFound, "no such link")}},

	{name: "not-me", group: questions, title: "This was not me", path: "!/not-me/made-up"},
	{name: "not-me-done", group: questions, title: "This was not me: done", path: "!/not-me/made-up", post: url.Values{}},

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

func off(h *helpdesk.HelpCenter) { h.PortalOn = false }
