package admin

import (
	"context"
	"net/http"
	"time"
)

// Center is a declared help center and what has become of it.
type Center struct {
	Account  string `json:"account"`
	Name     string `json:"name"`
	Host     string `json:"host"`
	URL      string `json:"url,omitempty"` // none: it is not served
	Revision string `json:"revision"`      // of its spec, "sha256:…"
	Portal   bool   `json:"portal"`        // it is on

	Held       Ruling `json:"held"` // the host
	Submission Ruling `json:"submission"`
	SignUp     Ruling `json:"signUp"`

	Forms  []CenterForm `json:"forms"`  // published and connected
	Drafts int          `json:"drafts"` // connected and not published

	Loaded time.Time `json:"loaded"`
	// Refused is why the manifests as they are now are not what is live.
	Refused string `json:"refused,omitempty"`
}

// Ruling says whether something is so, and why. The reasons are those of the status
// of objects.
type Ruling struct {
	OK      bool   `json:"ok"`
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
}

// CenterForm is a form that is live.
type CenterForm struct {
	Name     string `json:"name"`
	Revision string `json:"revision"`
}

// Centers lists the help centers of an account.
type Centers func(ctx context.Context, account string) ([]Center, error)

func (s *socket) listCenters(w http.ResponseWriter, r *http.Request) {
	centers, err := s.centers(r.Context(), r.PathValue("account"))
	if centers == nil {
		centers = []Center{}
	}
	s.answer(w, r, centers, err)
}
