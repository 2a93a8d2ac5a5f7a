package gallery

import (
	"context"
	"io"
	"net/url"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const ownRequests = "A request of one's own"

// own is where the page of the request is.
const own = "/requests/1042"

// requestPictures are the pages of requests of who is signed in.
var requestPictures = []picture{
	{name: "request", group: ownRequests, title: "Asked by who looks at it", main: true, path: own, scene: scene{customer: true, ticket: shared}},
	{name: "request-taking-part", group: ownRequests, title: "Asked by somebody else", path: own, scene: scene{customer: true, ticket: asked(shared)}},
	{name: "request-alone", group: ownRequests, title: "Nobody else takes part", path: own, scene: scene{customer: true, ticket: alone(order)}},
	{name: "request-draft", group: ownRequests, title: "With what was written before signing in", main: true, path: own + "?draft=aaaaaaaaaaaaaaaa", scene: scene{customer: true, ticket: alone(order)}},
	{name: "request-sent", group: ownRequests, title: "After a message", path: own + "?done=sent", scene: scene{customer: true, ticket: alone(order)}},
	{name: "request-solved", group: ownRequests, title: "Solved", path: own + "?done=closed", scene: scene{customer: true, ticket: solved}},
	{name: "request-closed", group: ownRequests, title: "Closed", path: own, scene: scene{customer: true, ticket: alone(closedOrder)}},
	{name: "request-merged", group: ownRequests, title: "Merged into another", path: own, scene: scene{customer: true, ticket: alone(mergedOrder)}},
	{name: "request-files", group: ownRequests, title: "With many files", path: own, scene: scene{customer: true, ticket: alone(manyFiles)}},
	{name: "request-nothing", group: ownRequests, title: "Nothing was written", status: 422, path: own + "/reply", post: url.Values{"nonce": {"made-up"}}, scene: scene{customer: true, ticket: alone(order)}},
	{name: "request-file-refused", group: ownRequests, title: "A file that can't be sent", status: 422, path: own + "/reply", post: url.Values{
		"nonce": {"made-up"}, "text": {"Here is the picture."},
		"kept": {"corner.jpeg", "video.mp4"},
	}, scene: scene{customer: true, ticket: alone(order)}},
	{name: "request-person-refused", group: ownRequests, title: "Adding somebody, with a slip", status: 422, path: own + "/people", post: url.Values{"address": {"bob@"}, "name": {"Bob Hill"}}, scene: scene{customer: true, ticket: alone(order)}},
	{name: "request-signed-out", group: ownRequests, title: "Signed out while writing", status: 403, path: own + "/reply", post: url.Values{"nonce": {"made-up"}, "text": {"They are here, thank you."}}},
	{name: "request-stray", group: ownRequests, title: "Signed in with another address", status: 404, path: "/requests/1044?draft=aaaaaaaaaaaaaaaa", scene: scene{customer: true}},
	{name: "ticket-link-other", group: tickets, title: "While somebody else is signed in", path: link, scene: scene{customer: true, ticket: order}},
	{name: "ticket-link-no-sign-in", group: tickets, title: "Where nobody can sign in", path: link, center: noSignIn, scene: scene{ticket: order}},
	{name: "new-link-sent", group: tickets, title: "Another link is on its way", path: "!/new-link/pl1_AQIBazbsgAAHASNFZ4mrze8AA5LkjEdXf-Cr50Mzo2CdBhM", post: url.Values{}},
}

func init() { pictures = append(pictures, requestPictures...) }

var (
	aliceHere = helpdesk.PublicPerson{Number: 1, Name: "Alice Morgan", Address: alice.String(), Requester: true, Mine: true}
	bobHere   = helpdesk.PublicPerson{Number: 2, Name: "Bob Hill", Address: bob.String()}
)

// shared is a request with another who takes part.
func shared(locale string) *helpdesk.CustomerView {
	t := order(locale)
	t.People = []helpdesk.PublicPerson{aliceHere, bobHere}
	return t
}

func solved(locale string) *helpdesk.CustomerView {
	t := shared(locale)
	t.Status = helpdesk.Resolved
	return t
}

func alone(of func(string) *helpdesk.CustomerView) func(string) *helpdesk.CustomerView {
	return func(locale string) *helpdesk.CustomerView {
		t := of(locale)
		t.People = []helpdesk.PublicPerson{aliceHere}
		return t
	}
}

// asked has the request be of Bob.
func asked(of func(string) *helpdesk.CustomerView) func(string) *helpdesk.CustomerView {
	return func(locale string) *helpdesk.CustomerView {
		t := of(locale)
		t.People[0].Requester, t.People[1].Requester, t.People[1].Address = false, true, ""
		t.People[0], t.People[1] = t.People[1], t.People[0]
		for i := range t.Thread {
			if t.Thread[i].Mine {
				t.Thread[i].Mine, t.Thread[i].Name = false, "Bob Hill"
			}
		}
		return t
	}
}

// Request implements [portal.Requesting].
func (d *desk) Request(_ context.Context, _ helpdesk.HelpCenter, _ *actions.Customer, _ int64, draft string) (*actions.Request, error) {
	if d.scene.ticket == nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	view := d.scene.ticket(d.locale)
	mine := len(view.People) > 0 && view.People[0].Mine
	goes := view.ContinuedAs == 0
	seen := &actions.Request{
		View: *view, Files: helpdesk.FileLimits{Bytes: 25 << 20, Blocked: []string{"exe"}},
		MayClose: mine && goes && (view.Status == helpdesk.Open || view.Status == helpdesk.Pending), MayAdd: mine && goes, MayRemove: mine && goes, MayLeave: !mine && goes,
	}
	if draft != "" {
		seen.Draft = in(d.locale, "They are here, thank you! One corner of the box is dented, but the skates are fine.",
			"Sie sind da, vielen Dank! Eine Ecke des Kartons ist eingedrückt, aber den Rollschuhen fehlt nichts.")
	}
	return seen, nil
}

// StrayDraft implements [portal.Requesting].
func (d *desk) StrayDraft(context.Context, helpdesk.HelpCenter, *actions.Customer, int64, string) (string, error) {
	return in(d.locale, "They are here, thank you.", "Sie sind da, vielen Dank."), nil
}

// LinkTarget implements [portal.Requesting]: the request is somebody else's.
func (d *desk) LinkTarget(context.Context, helpdesk.HelpCenter, string, *actions.Customer) (actions.Target, error) {
	return actions.Target{Number: 1042}, nil
}

// AnswerLimits implements [portal.Requesting].
func (d *desk) AnswerLimits(context.Context, helpdesk.HelpCenter, *actions.Customer, int64) (helpdesk.FileLimits, error) {
	return helpdesk.FileLimits{}, nil
}

// KeepAnswerFile implements [portal.Requesting].
func (d *desk) KeepAnswerFile(context.Context, helpdesk.HelpCenter, *actions.Customer, int64, string, string, io.Reader) (actions.Upload, error) {
	return actions.Upload{}, errBroken
}

// KeptAnswerFile implements [portal.Requesting]: the token is the name of the file,
// and videos are too large.
func (d *desk) KeptAnswerFile(_ context.Context, _ helpdesk.HelpCenter, _ *actions.Customer, _ int64, name string) (actions.Upload, error) {
	u := actions.Upload{Attachment: helpdesk.Attachment{Name: name, MediaType: "image/jpeg", Size: 843_200}}
	if strings.HasSuffix(name, ".mp4") {
		u.MediaType, u.Size = "video/mp4", 9_843_200
	}
	return u, helpdesk.FileLimits{Bytes: 5 << 20}.CheckSize(u.Name, u.Size)
}

// AnswerRequest implements [portal.Requesting]: nothing was written.
func (d *desk) AnswerRequest(context.Context, helpdesk.HelpCenter, *actions.Customer, int64, actions.Answer) (int64, error) {
	return 0, helpdesk.Errorf(helpdesk.Invalid, "write something first")
}

// AddPerson implements [portal.Requesting].
func (d *desk) AddPerson(context.Context, helpdesk.HelpCenter, *actions.Customer, int64, string, string) error {
	return helpdesk.Errorf(helpdesk.Invalid, "enter a mail address such as name@example.com")
}

// MailNewLink implements [portal.Requesting].
func (d *desk) MailNewLink(context.Context, helpdesk.HelpCenter, string) error { return nil }
