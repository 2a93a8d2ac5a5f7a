package outbound

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// recorded is a connection to a relay that says the same whatever it hears.
type recorded struct{ says io.Reader }

func (r recorded) Read(p []byte) (int, error)     { return r.says.Read(p) }
func (recorded) Write(p []byte) (int, error)      { return len(p), nil }
func (recorded) Close() error                     { return nil }
func (recorded) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (recorded) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (recorded) SetDeadline(time.Time) error      { return nil }
func (recorded) SetReadDeadline(time.Time) error  { return nil }
func (recorded) SetWriteDeadline(time.Time) error { return nil }

// Whatever a relay says, the attempt ends, is judged, and leaves words that can be
// shown: on one line, printable and short.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte("220 hi\r\n250-hi\r\n250 SIZE 1000\r\n250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 taken\r\n"), false)
	f.Add([]byte("220 hi\r\n250-hi\r\n250 DSN\r\n550 5.1.1 no\x1b[31m\u202e\r\n"), false)
	f.Add([]byte("220 hi\r\n250 STARTTLS\r\n220 go\r\n\x16\x03\x01"), true)
	f.Add([]byte("220-\r\n220 \r\n250-x\r\n250 STARTTLS\r\n454 4.7.0 "+strings.Repeat("ü", 900)+"\r\n"), true)
	f.Add([]byte("421 4.3.2 closing\r\n"), false)
	spools := newSpools(f)
	mail := spools.New()
	if _, err := io.WriteString(mail, "Subject: x\r\n\r\nx\r\n"); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, says []byte, protected bool) {
		at := helpdesk.Relay{Host: "127.0.0.1", Port: 25, TLS: helpdesk.TLSNone}
		if protected {
			at.TLS = helpdesk.TLSStartTLS
		}
		c := &SMTPCourier{Helo: "postern.example", Now: func() time.Time { return noon }}
		s := &session{relay: at, conn: &paced{Conn: recorded{bytes.NewReader(says)}, left: maxAnswers}}
		err := c.open(t.Context(), s)
		words := ""
		if err == nil {
			words, err = s.submit(Parcel{
				Relay: at, ID: "abc", From: helpdesk.MustAddress("bounce@acme.example"), To: helpdesk.MustAddress("alice@customer.example"), Mail: mail,
			})
		}
		if err != nil {
			_, _, words = said(err)
		}
		if verdict := Judge(err); (verdict == Taken) != (err == nil) {
			t.Errorf("%v is judged %s", err, verdict)
		}
		if !utf8.ValidString(words) || len(words) > 2*maxWords || strings.ContainsFunc(words, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("words %q", words)
		}
	})
}
