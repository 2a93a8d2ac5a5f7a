package console

import (
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Agents read a sentence for whatever can be recorded, never its name in code.
//
// covers: M02
func TestEverythingHasWords(t *testing.T) {
	for _, cause := range helpdesk.Causes {
		if causeWords[cause] == "" {
			t.Errorf("no words for the cause %s", cause)
		}
	}
	for _, flag := range helpdesk.Flags {
		if flagWords[flag] == "" {
			t.Errorf("no words for the flag %s", flag)
		}
	}
	for _, token := range helpdesk.Tokens {
		if tokenWords[token] == "" {
			t.Errorf("no words for the token %s", token)
		}
	}
	for _, sender := range helpdesk.Senders {
		if senderWords[sender] == "" {
			t.Errorf("no words for the sender %s", sender)
		}
	}
}
