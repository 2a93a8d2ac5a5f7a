package upgrade

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// hook is one, with the secret that it was made with. The release keeps that sealed.
type hook struct{ ID, Secret string }

// nowhere is where nobody listens.
const nowhere = "http://127.0.0.1:9/"

var hookEvents = []string{"ticket.created", "entry.created", "held.created"}

// tells has it tell a program that knows the secret.
func (h hook) tells(t *testing.T, api *caller) {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(h.Secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	var told, signed atomic.Bool
	listener := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // it comes again
		}
		sum := hmac.New(sha256.New, key)
		_, _ = io.WriteString(sum, r.Header.Get("webhook-id")+"."+r.Header.Get("webhook-timestamp")+"."+string(body)) // takes everything
		if r.Header.Get("webhook-signature") == "v1,"+base64.StdEncoding.EncodeToString(sum.Sum(nil)) {
			signed.Store(true)
		}
		told.Store(true)
	}))
	t.Cleanup(listener.Close)
	h.change(t, api, listener.URL)
	api.do(t, http.MethodPost, "/hooks/"+h.ID+"/ping", nil, nil)
	peers.Eventually(t, peers.Patience, func() error {
		if !told.Load() {
			return errors.New("the hook tells nothing")
		}
		return nil
	})
	if !signed.Load() {
		t.Error("what the hook tells is not signed with the secret that it was made with")
	}
	h.change(t, api, nowhere)
}

// change has it tell another address.
func (h hook) change(t *testing.T, api *caller, address string) {
	t.Helper()
	var now struct{ Rev string }
	api.do(t, http.MethodGet, "/hooks/"+h.ID, nil, &now)
	body, err := json.Marshal(map[string]any{"name": "Elsewhere", "url": address, "events": hookEvents, "on": true})
	if err != nil {
		t.Fatal(err)
	}
	api.match = now.Rev
	if status, answer := api.ask(t, http.MethodPut, "/api/v1/hooks/"+h.ID, "application/json", string(body)); status/100 != 2 {
		t.Fatalf("changing the hook answers %d\n%s", status, answer)
	}
}
