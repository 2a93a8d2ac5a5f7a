package admin

import (
	"encoding/json"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Mail is a mail with the way it came, for an explanation.
type Mail struct {
	Path helpdesk.Path `json:"path"`
	Raw  []byte        `json:"raw"`

	// Proposal is the configuration to ask about; nil for the one that is served.
	Proposal *Proposal `json:"proposal,omitempty"`
}

// Proposal is a configuration that is not served.
type Proposal struct {
	Files []File `json:"files"`
}

// File is a file of manifests.
type File struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

const (
	// maxMail is the largest mail that is explained, in base64: what is taken in is
	// at most half of it.
	maxMail = 128 << 20

	// MaxProposal is how many bytes of manifests are looked at: some thousands of
	// them.
	MaxProposal = 32 << 20
)

// Size is that of all files in bytes.
func (p *Proposal) Size() int {
	size := 0
	for _, f := range p.Files {
		size += len(f.Data)
	}
	return size
}

func (s *socket) explainMail(w http.ResponseWriter, r *http.Request) {
	var in Mail
	// Base64 takes a third more, names and JSON far less than another one.
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxMail+2*MaxProposal)).Decode(&in); err != nil {
		s.answer(w, r, nil, helpdesk.Errorf(helpdesk.Invalid, "the mail can't be read, or is too large"))
		return
	}
	if in.Proposal != nil && in.Proposal.Size() > MaxProposal {
		s.answer(w, r, nil, helpdesk.Errorf(helpdesk.Invalid, "the manifests have more than %d MiB", MaxProposal>>20))
		return
	}
	outcomes, err := s.explain(r.Context(), in)
	s.answer(w, r, outcomes, err)
}
