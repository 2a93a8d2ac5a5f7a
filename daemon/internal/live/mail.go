package live

import (
	"fmt"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// purposes are those of mail, as they are declared and as they are sent.
var purposes = map[config.MailPurpose]helpdesk.Purpose{
	config.MailAcknowledgement: helpdesk.Acknowledgement,
	config.MailConfirmation:    helpdesk.Confirmation,
	config.MailReply:           helpdesk.AgentReply,
	config.MailUpdate:          helpdesk.Update,
	config.MailJoined:          helpdesk.Joined,
	config.MailAdded:           helpdesk.Added,
	config.MailStatusChanged:   helpdesk.StatusChanged,
	config.MailOpened:          helpdesk.Opened,
	config.MailPeopleChanged:   helpdesk.PeopleChanged,
	config.MailNewLink:         helpdesk.NewLink,
	config.MailSignUp:          helpdesk.SignUpMail,
	config.MailInvitation:      helpdesk.Invited,
	config.MailPasswordReset:   helpdesk.ResetMail,
	config.MailSignInCode:      helpdesk.CodeMail,
	config.MailSignInLink:      helpdesk.LinkMail,
	config.MailAccountKnown:    helpdesk.Known,
	config.MailPasswordChanged: helpdesk.PasswordChanged,
	config.MailSignInAdded:     helpdesk.SignInAdded,
	config.MailSignInRemoved:   helpdesk.SignInRemoved,
}

// mailTemplates reads a help center's own words for mails, in one language.
func mailTemplates(m config.Mail, locale string) (map[helpdesk.Purpose]helpdesk.MailTemplate, error) {
	own := map[helpdesk.Purpose]helpdesk.MailTemplate{}
	for _, t := range m.Templates {
		parsed, err := config.ParseMailTemplate(t.Purpose, t.Body.For(locale))
		if err != nil {
			return nil, fmt.Errorf("mail template %s: %w", t.Purpose, err)
		}
		own[purposes[t.Purpose]] = parsed
	}
	return own, nil
}
