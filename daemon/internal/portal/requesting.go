package portal

import (
	"context"
	"io"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Requesting is what visitors can do with requests. Whatever somebody is not
// allowed is NotFound, as if it were not there; what only reads changes nothing.
type Requesting interface {
	// ViewByLink answers NotFound whatever is wrong with the link, and SignIn where
	// requests are shown only to who is signed in.
	ViewByLink(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.CustomerView, *helpdesk.Participant, error)
	FileByLink(ctx context.Context, h helpdesk.HelpCenter, token string, seq, index int) (*actions.File, error)
	// LinkTarget gives no right; by may be nil.
	LinkTarget(ctx context.Context, h helpdesk.HelpCenter, token string, by *actions.Customer) (actions.Target, error)
	KeepDraft(ctx context.Context, h helpdesk.HelpCenter, token, text string) (actions.Drafted, error)
	// StrayDraft must tell nothing but what was written.
	StrayDraft(ctx context.Context, h helpdesk.HelpCenter, by *actions.Customer, number int64, draft string) (string, error)
	// MailNewLink must not tell whether it did.
	MailNewLink(ctx context.Context, h helpdesk.HelpCenter, token string) error

	Request(ctx context.Context, h helpdesk.HelpCenter, by *actions.Customer, number int64, draft string) (*actions.Request, error)
	RequestFile(ctx context.Context, h helpdesk.HelpCenter, by *actions.Customer, number int64, seq, index int) (*actions.File, error)
	AnswerLimits(ctx context.Context, h helpdesk.HelpCenter, by *actions.Customer, number int64) (helpdesk.FileLimits, error)
	// KeepAnswerFile reads content piece by piece. What is wrong with the file itself
	// is marked with [helpdesk.ErrFile].
	KeepAnswerFile(ctx context.Context, h helpdesk.HelpCenter, by *actions.Customer, number int64, name, mediaType string, content io.Reader) (actions.Upload, error)
	// KeptAnswerFile takes only what KeepAnswerFile kept for the same.
	KeptAnswerFile(ctx context.Context, h helpdesk.HelpCenter, by *actions.Customer, number int64, token string) (actions.Upload, error)
	// AnswerRequest returns the number of the request that has the answer.
	AnswerRequest(ctx context.Context, h helpdesk.HelpCenter, by *actions.Customer, number int64, in actions.Answer) (int64, error)
	CloseRequest(ctx context.Context, h helpdesk.HelpCenter, by *actions.Customer, number int64) error
	AddPerson(ctx context.Context, h helpdesk.HelpCenter, by *actions.Customer, number int64, address, name string) error
	RemovePerson(ctx context.Context, h helpdesk.HelpCenter, by *actions.Customer, number int64, participant uint16) error
}
