package imappoll

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// A server that repeats what it did not understand does not bring the password into
// the words that are kept and shown.
//
// covers: P01
func TestRefusalsTellNoPassword(t *testing.T) {
	for _, tt := range []struct{ name, caps, command string }{
		{"AUTHENTICATE", "IMAP4rev1 AUTH=PLAIN SASL-IR", "AUTHENTICATE"},
		{"LOGIN", "IMAP4rev1", "LOGIN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := startFake(t, func(_ *fake, command string) (string, bool) {
				return "TAG NO [AUTHENTICATIONFAILED] do not understand " + command + "\r\n", strings.HasPrefix(command, tt.command)
			})
			f.caps = tt.caps
			box := f.box(func(i *helpdesk.IMAP) { i.TLS = helpdesk.TLSNone })
			_, err := Dialer{stall: time.Second}.open(t.Context(), box.IMAP, logins())
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "do not understand") {
				t.Fatalf("got %v", err)
			}
			for _, secret := range []string{password, base64.StdEncoding.EncodeToString([]byte("\x00" + box.IMAP.Login.Username + "\x00" + password))} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the words tell the password: %v", err)
				}
			}
			if len(f.commands(tt.command)) != 1 {
				t.Errorf("it was told %q", f.commands(""))
			}
		})
	}
}
