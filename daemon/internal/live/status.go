package live

import (
	"slices"
	"time"

	"github.com/posterndesk/postern/config"
)

// Status is what has become of a declared help center (rows S16, S18).
type Status struct {
	Account string
	Name    string
	Host    string
	URL     string // where it is served; "" if it is not
	// Revision is [config.Hash] of the spec that is served, or would be.
	Revision string
	// Holds tells whether it holds its host. If not, nothing of it is served.
	Holds      config.Ruling
	PortalOn   bool
	Submission config.Submission
	Forms      []FormStatus // published and connected, in the order of the page
	Drafts     int          // connected and not published
	SignUp     config.Ruling
}

// FormStatus is a form that is served.
type FormStatus struct {
	Name     string
	Revision string
}

// Loading is how the manifests were read last.
type Loading struct {
	At time.Time // when what is served was loaded
	// Refused is why what is in the folder now is not what is served; "" if it is.
	Refused string
}

// Statuses lists all help centers that are declared, by account and name.
func (l *Live) Statuses() []Status { return slices.Clone(l.now.Load().statuses) }

// Loading tells since when what is served is served.
func (l *Live) Loading() Loading {
	told := Loading{At: l.now.Load().loaded}
	if refused := l.refused.Load(); refused != nil {
		told.Refused = *refused
	}
	return told
}

func statusOf(r *config.ResolvedHelpCenter) Status {
	key := r.HelpCenter.Metadata.Key()
	s := Status{
		Account: key.Namespace, Name: key.Name, Host: r.HelpCenter.Spec.Host, Revision: config.Hash(r.HelpCenter.Spec),
		Holds: r.Host, PortalOn: r.PortalOn, Submission: r.Submission, Drafts: r.Connected - len(r.Forms), SignUp: r.SignUp,
	}
	for _, f := range r.Forms {
		s.Forms = append(s.Forms, FormStatus{Name: f.Metadata.Name, Revision: config.Hash(f.Spec)})
	}
	return s
}
