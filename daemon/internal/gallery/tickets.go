package gallery

import (
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// in chooses what was written in a language.
func in(locale, english, german string) string {
	if locale == "de" {
		return german
	}
	return english
}

func ago(d time.Duration) time.Time { return now.Add(-d) }

const day = 24 * time.Hour

// order is a request as it should go: asked, answered, asked again.
func order(locale string) *helpdesk.CustomerView {
	return &helpdesk.CustomerView{
		Number: 1042, Status: helpdesk.Open, Opened: ago(2 * day), Updated: ago(40 * time.Minute),
		Subject: in(locale, "Where is my order?", "Wo bleibt meine Bestellung?"),
		Form: []helpdesk.FormValue{
			{Name: "product", Label: in(locale, "Product", "Produkt"), Text: in(locale, "Rocket skates", "Raketenrollschuhe")},
			{Name: "order", Label: in(locale, "Order number", "Bestellnummer"), Text: "ORD-48213"},
		},
		Thread: []helpdesk.PublicMessage{
			{Seq: 1, Mine: true, Name: "Alice Morgan", At: ago(2 * day), Text: in(locale,
				"Hello,\n\nI ordered a pair of rocket skates two weeks ago and they have not arrived yet. The shop says that they were sent on the 5th.\n\nCan you find out where they are?",
				"Guten Tag,\n\nich habe vor zwei Wochen ein Paar Raketenrollschuhe bestellt, und sie sind noch nicht da. Im Shop steht, dass sie am 5. verschickt wurden.\n\nKönnen Sie herausfinden, wo sie sind?")},
			{Seq: 2, FromAgent: true, Name: "Robin", At: ago(26 * time.Hour), Text: in(locale,
				"Good morning Alice,\n\nyour parcel left our house on the 5th, but the carrier lost it on the way. I have sent you another pair today; you can follow it here: https://carrier.example/track/84213377\n\nIt should reach you tomorrow. Would you tell us whether the box is whole?",
				"Guten Morgen Frau Morgan,\n\nIhr Paket hat unser Haus am 5. verlassen, ist aber unterwegs verloren gegangen. Ich habe Ihnen heute ein neues Paar geschickt; hier können Sie es verfolgen: https://carrier.example/track/84213377\n\nEs sollte morgen bei Ihnen sein. Sagen Sie uns bitte, ob der Karton heil ist?"),
				Files: []helpdesk.PublicFile{{Index: 1, Attachment: helpdesk.Attachment{Name: in(locale, "delivery note.pdf", "Lieferschein.pdf"), MediaType: "application/pdf", Size: 84_213}}}},
			{Seq: 3, Mine: true, Name: "Alice Morgan", At: ago(40 * time.Minute), Text: in(locale,
				"They are here, thank you! One corner of the box is dented, but the skates are fine.",
				"Sie sind da, vielen Dank! Eine Ecke des Kartons ist eingedrückt, aber den Rollschuhen fehlt nichts."),
				Quoted: in(locale, "Would you tell us whether the box is whole?", "Sagen Sie uns bitte, ob der Karton heil ist?"),
				Files:  []helpdesk.PublicFile{{Index: 1, Attachment: helpdesk.Attachment{Name: "IMG_2041.jpeg", MediaType: "image/jpeg", Size: 1_843_200}}}},
		},
	}
}

func closedOrder(locale string) *helpdesk.CustomerView {
	t := order(locale)
	t.Status, t.Form = helpdesk.Closed, nil
	t.Thread = t.Thread[:2]
	return t
}

func mergedOrder(locale string) *helpdesk.CustomerView {
	t := closedOrder(locale)
	t.ContinuedAs = 1038
	return t
}

func emptyOrder(locale string) *helpdesk.CustomerView {
	return &helpdesk.CustomerView{Number: 1044, Status: helpdesk.Open, Opened: ago(time.Minute), Updated: ago(time.Minute), Subject: in(locale, "A call on the telephone", "Ein Anruf")}
}

// longOrder has many messages, long words and long lines.
func longOrder(locale string) *helpdesk.CustomerView {
	t := order(locale)
	t.Subject = in(locale,
		"Everything that has gone wrong with the installation of the rocket skates since we bought them, in order, with the serial number RS2-0000-4711-0815-KX",
		"Rechtsschutzversicherungsgesellschaften, Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft und alles Weitere zu unserer Bestellung")
	for i := range 6 {
		m := t.Thread[i%3]
		m.Seq, m.At = 4+i, ago(time.Duration(30-i)*time.Minute)
		m.Text = strings.Repeat(m.Text+"\n\n", 1+i%2) + "https://shop.example/a/very/long/address/that/does/not/end/anywhere/near/the/edge/of/a/telephone?with=many&parts=of&a=query"
		t.Thread = append(t.Thread, m)
	}
	return t
}

// rightToLeft is written in Arabic and Hebrew, between words of ours.
func rightToLeft(string) *helpdesk.CustomerView {
	return &helpdesk.CustomerView{
		Number: 1045, Status: helpdesk.Open, Opened: ago(3 * time.Hour), Updated: ago(time.Hour), Subject: "أين طلبي رقم 48213؟",
		Thread: []helpdesk.PublicMessage{
			{Seq: 1, Mine: true, Name: "ليلى حداد", At: ago(3 * time.Hour), Text: "مرحبا،\nطلبت زوجا من الأحذية الصاروخية (Rocket Skates) قبل أسبوعين ولم يصل بعد. رقم الطلب ORD-48213.\nشكرا"},
			{Seq: 2, FromAgent: true, Name: "Robin", At: ago(2 * time.Hour), Text: "Hello ليلى, we are looking for it."},
			{Seq: 3, Name: "נועה לוי", At: ago(time.Hour), Text: "גם שלי לא הגיע (ORD-48214).", Files: []helpdesk.PublicFile{{Index: 1, Attachment: helpdesk.Attachment{Name: "קבלה 48214.pdf", MediaType: "application/pdf", Size: 12_400}}}},
		},
	}
}

// manyFiles has files of all sizes and with long names.
func manyFiles(locale string) *helpdesk.CustomerView {
	t := order(locale)
	names := []string{"IMG_2041.jpeg", "IMG_2042.jpeg", "a-very-long-name-of-a-file-that-a-scanner-made-up-2025-03-16-18-22-03-0001-final-final.pdf", "log.txt", "", "Vertragsunterlagen.zip"}
	kinds := []string{"image/jpeg", "image/jpeg", "application/pdf", "text/plain", "application/octet-stream", "application/zip"}
	sizes := []int64{1_843_200, 2_310_400, 18_400_000, 812, 41_000, 9_950_000}
	m := &t.Thread[0]
	for i, name := range names {
		m.Files = append(m.Files, helpdesk.PublicFile{Index: i + 1, Attachment: helpdesk.Attachment{Name: name, MediaType: kinds[i], Size: sizes[i]}})
	}
	return t
}
