package admin

import (
	"net/http"
	"time"
)

// Configuration is how what is declared is served.
type Configuration struct {
	Source string    `json:"source"` // where it comes from, for people
	Loaded time.Time `json:"loaded"`
	// Refused is why the manifests as they are now are not what is live.
	Refused string `json:"refused,omitempty"`
	// Objects are those that are not served as they are declared.
	Objects []RefusedObject `json:"objects"`
}

// RefusedObject is a declared object that is not served as it is.
type RefusedObject struct {
	Account string `json:"account"`
	Object  string `json:"object"`  // such as ticketforms/billing
	Hash    string `json:"hash"`    // of what is declared
	Error   string `json:"error"`   // for people
	Serving bool   `json:"serving"` // the last good one is served in its place
}

// Manifests are what is live, as YAML.
type Manifests struct {
	YAML string `json:"yaml"`
}

func (s *socket) tellConfiguration(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, s.configuration(), nil)
}

func (s *socket) exportManifests(w http.ResponseWriter, r *http.Request) {
	raw, err := s.manifests(r.FormValue("account"))
	s.answer(w, r, Manifests{YAML: string(raw)}, err)
}
