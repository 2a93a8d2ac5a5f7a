package wire

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/posterndesk/postern/config"
)

// What was written is what its hash says, also with signs that JSON writes in two
// ways and with members that only a newer writer knows; what was changed is not.
func TestDocumentCheck(t *testing.T) {
	form := DocumentOf(config.KindTicketForm, config.Metadata{Namespace: "a", Name: "f"}, 1,
		config.TicketFormSpec{Title: config.LocalizedText{Default: "<Fish> & chips \u2028"}, Order: 3})
	secret := Secret{Version: "1", Key: "k", Values: map[string][]byte{"password": {1}}}
	body, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	newer := form
	newer.Body = json.RawMessage(strings.Replace(string(form.Body), `"spec":{`, `"spec":{"aNewField":1,`, 1))
	if newer.Hash, err = newer.hash(); err != nil {
		t.Fatal(err)
	}
	changed := form
	changed.Body = json.RawMessage(strings.Replace(string(form.Body), "chips", "crisps", 1))
	for _, tt := range []struct {
		name string
		doc  Document
		want bool
	}{
		{"a form", form, true},
		{"a secret", Document{Kind: KindSecret, Hash: secret.Hash(), Body: body}, true},
		{"of a newer writer", newer, true},
		{"changed", changed, false},
		{"another hash", Document{Kind: KindSecret, Hash: "sha256:00", Body: body}, false},
		{"no JSON", Document{Kind: config.KindTicketForm, Hash: form.Hash, Body: nil}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.doc.Body != nil { // as it is read from the store
				raw, err := Encode(tt.doc)
				if err != nil {
					t.Fatal(err)
				}
				if tt.doc, err = Decode[Document](raw); err != nil {
					t.Fatal(err)
				}
			}
			if err := tt.doc.Check(); (err == nil) != tt.want {
				t.Errorf("Check() = %v, want good %t", err, tt.want)
			}
		})
	}
}
