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

// Loading is how what is declared was read last.
type Loading struct {
	Source string    // where it comes from
	At     time.Time // when what is served was loaded; zero before that
	// Refused is why what is in the folder now is not what is served; "" if it is.
	Refused string
	// Objects are those that are not served as they are declared in etcd, by account
	// and name.
	Objects []Refused
}

// Refused is an object that is not served as it is declared.
type Refused struct {
	Account string
	Object  string // such as ticketforms/billing
	Hash    string // of what is declared
	Error   string // for people
	Serving bool   // the last good one is served in its place
}

// Statuses lists all help centers that are declared, by account and name.
func (l *Live) Statuses() []Status { return slices.Clone(l.now.Load().statuses) }

// Loading tells since when what is served is served.
func (l *Live) Loading() Loading {
	now := l.now.Load()
	told := Loading{Source: l.source, At: now.loaded, Objects: slices.Clone(now.refused)}
	if refused := l.refused.Load(); refused != nil {
		told.Refused = *refused
	}
	return told
}

// Manifests are what is served of an account, of all with "", as manifests that say
// the same: with what is left out where that means the default.
func (l *Live) Manifests(account string) ([]byte, error) {
	now := &l.now.Load().set
	var set config.Set
	for _, h := range now.HelpCenters {
		if account == "" || h.Metadata.Namespace == account {
			set.HelpCenters = append(set.HelpCenters, h)
		}
	}
	for _, f := range now.Forms {
		if account == "" || f.Metadata.Namespace == account {
			set.Forms = append(set.Forms, f)
		}
	}
	for _, m := range now.Mailboxes {
		if account == "" || m.Metadata.Namespace == account {
			set.Mailboxes = append(set.Mailboxes, m)
		}
	}
	return set.WithoutDefaults().YAML()
}

func statusOf(r *config.ResolvedHelpCenter) Status {
	key := r.HelpCenter.Metadata.Key()
	s := Status{
		Account: key.Namespace, Name: key.Name, Host: r.HelpCenter.Spec.Host, Revision: config.Hash(r.HelpCenter.Spec),
		Holds: r.Host, PortalOn: r.PortalOn, Submission: r.SubmissionFor(config.Anonymous), Drafts: r.Connected - len(r.Forms), SignUp: r.SignUp,
	}
	for _, f := range r.Forms {
		s.Forms = append(s.Forms, FormStatus{Name: f.Metadata.Name, Revision: config.Hash(f.Spec)})
	}
	return s
}
