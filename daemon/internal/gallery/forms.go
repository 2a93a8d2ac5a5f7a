package gallery

import (
	"context"
	"fmt"
	"maps"
	"net/url"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// What was typed into the form of all kinds of fields.
var (
	slips = url.Values{
		"nonce": {"made-up"}, "name": {"Alice Morgan"}, "address": {"alice@"}, "message": {"The left skate hums, and then it stops."},
		"field.order": {"4711"}, "field.pieces": {"a few"}, "field.price": {"49,999"}, "field.site": {"the shop at the corner"},
		"field.noises": {"hum", "nothing"}, "field.second": {"bob"}, "field.phone": {"x"},
	}
	complete = url.Values{
		"nonce": {"made-up"}, "name": {"Alice Morgan"}, "address": {alice.String()}, "subject": {"The left skate hums"}, "message": {"It hums, and then it stops."},
		"field.product": {"skates"}, "field.order": {"ORD-48213"}, "field.place": {"cellar"}, "field.noises": {"hum", "nothing"},
		"field.story": {"It stood in the rain for a night."}, "field.pieces": {"1"}, "field.price": {"49.90"}, "field.day": {"2025-03-01"},
		"field.site": {"https://shop.example/skates"}, "field.phone": {"+49 30 1234567"}, "field.urgent": {"true"}, "field.terms": {"true"},
	}
	filledIn = with(complete, url.Values{"step": {"update"}, "kept": {"front.jpeg", "plate.jpeg", "invoice 2025-03.pdf"}})
)

func with(typed, more url.Values) url.Values {
	all := maps.Clone(typed)
	maps.Copy(all, more)
	return all
}

// Submit implements [portal.Desk]. The form's own questions are checked as the real
// desk does it, and so are the others that may be wrong in a picture.
func (d *desk) Submit(_ context.Context, h helpdesk.HelpCenter, in actions.Submission) (actions.Submitted, error) {
	if d.scene.err != nil {
		return actions.Submitted{}, d.scene.err
	}
	var problems []helpdesk.FieldProblem
	report := func(field, format string) {
		problems = append(problems, helpdesk.FieldProblem{Field: field, Message: format, Format: format})
	}
	if _, err := helpdesk.ParseAddress(in.Address); err != nil && in.Customer == nil {
		report("address", "Please enter a mail address such as name@example.com.")
	}
	if in.Subject == "" {
		report("subject", "Please say in a few words what it is about.")
	}
	for _, p := range h.Form(in.Form).Checker.Check(in.Fields).Problems {
		p.Field = "field." + p.Field
		problems = append(problems, p)
	}
	problems = append(problems, in.Refused...)
	if len(problems) > 0 {
		return actions.Submitted{}, &actions.Rejected{Problems: problems}
	}
	return actions.Submitted{Number: 1042, Address: alice}, nil
}

// KeptUpload implements [portal.Keeping]: the token is the name of the file.
func (d *desk) KeptUpload(_ context.Context, _ helpdesk.HelpCenter, _, name string) (actions.Upload, error) {
	return actions.Upload{Field: "pictures", Attachment: helpdesk.Attachment{
		Name: name, MediaType: "image/jpeg", Size: int64(len(name)) * 143_000, Blob: fmt.Sprintf("made-up-%s", name),
	}}, nil
}
