package gallery

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Requests implements [portal.Listing].
func (d *desk) Requests(_ context.Context, _ helpdesk.HelpCenter, _ *actions.Customer, q actions.RequestsQuery) (*actions.Requests, error) {
	if d.scene.err != nil {
		return nil, d.scene.err
	}
	found := d.scene.requests(d.locale, q)
	if q.Most > 0 {
		found.Rows = found.Rows[:min(q.Most, len(found.Rows))]
	}
	return found, nil
}

var counts = map[helpdesk.Status]int{helpdesk.Open: 2, helpdesk.Pending: 1, helpdesk.Resolved: 4, helpdesk.Closed: 31}

func many(locale string, _ actions.RequestsQuery) *actions.Requests {
	return &actions.Requests{Counts: counts, Older: "made-up", Rows: []actions.RequestRow{
		{Number: 1042, Status: helpdesk.Open, Heard: ago(40 * time.Minute), Mine: true,
			Subject: in(locale, "Where is my order?", "Wo bleibt meine Bestellung?"),
			Words:   in(locale, "They are here, thank you! One corner of the box is dented, but the skates are fine.", "Sie sind da, vielen Dank! Eine Ecke des Kartons ist eingedrückt, aber den Rollschuhen fehlt nichts.")},
		{Number: 1038, Status: helpdesk.Pending, Heard: ago(5 * time.Hour), By: "Robin",
			Subject: in(locale, "The anvil is a different colour from the one in the catalogue, and a good deal heavier", "Der Amboss hat eine andere Farbe als im Katalog und ist ein gutes Stück schwerer"),
			Words:   in(locale, "Could you send us a picture of the plate on its side? Then we can tell which one you have.", "Können Sie uns ein Bild vom Typenschild an der Seite schicken? Dann sehen wir, welchen Sie haben.")},
		{Number: 1011, Status: helpdesk.Open, Heard: ago(3 * day), By: "Bob Morgan", Subject: "",
			Words: in(locale, "I add the guarantee card.", "Ich lege die Garantiekarte dazu.")},
		{Number: 987, Status: helpdesk.Resolved, Heard: ago(12 * day), By: "Kim",
			Subject: in(locale, "Invoice for February", "Rechnung für Februar"),
			Words:   in(locale, "Here it is.", "Hier ist sie.")},
		{Number: 640, Status: helpdesk.Closed, Heard: ago(140 * day), Subject: "طلب قديم"},
	}}
}

func none(string, actions.RequestsQuery) *actions.Requests {
	return &actions.Requests{Counts: map[helpdesk.Status]int{}}
}

func noneOfThese(string, actions.RequestsQuery) *actions.Requests {
	return &actions.Requests{Counts: map[helpdesk.Status]int{helpdesk.Resolved: 4}}
}

func fewFound(locale string, q actions.RequestsQuery) *actions.Requests {
	found := many(locale, q)
	found.Rows, found.Older, found.Partly = found.Rows[:1], "", true
	return found
}

func elsewhere(locale string, q actions.RequestsQuery) *actions.Requests {
	found := many(locale, q)
	found.Rows, found.Older = found.Rows[:2], ""
	found.Elsewhere = []actions.Elsewhere{{Name: "Acme Rockets", URL: "https://rockets.acme.example", Count: 3}}
	return found
}
