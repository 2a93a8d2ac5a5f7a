// Package devmail catches outgoing mail in `postern dev`, by a real SMTP server
// on loopback, and shows it at /dev/mail. Nothing of it ever leaves the machine.
package devmail

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// maxBytes of one caught mail: the most that a mailbox may declare, and room for
// what is said around the files.
const maxBytes = 160 << 20

// MaxKept is how many mails are kept; the oldest go first. They are for looking
// at, and each is a file.
const MaxKept = 5000

// Mail is one caught mail.
type Mail struct {
	ID      string    `json:"id"` // also sorts by time
	From    string    `json:"from"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	At      time.Time `json:"at"`
}

// Catcher keeps caught mails as files NAME.eml in a folder, and so from one
// start to the next. It is safe for concurrent use.
type Catcher struct {
	dir  *os.Root
	smtp *smtp.Server
	now  func() time.Time

	mu    sync.Mutex
	mails []Mail // oldest first
	last  string
}

// Open reads what the folder holds.
func Open(dir string, now func() time.Time) (*Catcher, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder for caught mail: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open folder for caught mail: %w", err)
	}
	c := &Catcher{dir: root, now: now}
	if err := c.load(); err != nil {
		return nil, err
	}
	c.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{catcher: c}, nil }))
	c.smtp.Domain = "catcher.localhost"
	c.smtp.MaxMessageBytes = maxBytes
	c.smtp.MaxLineLength = 1 << 20
	c.smtp.EnableSMTPUTF8 = true
	c.smtp.ErrorLog = log.New(io.Discard, "", 0)
	return c, nil
}

// Serve takes mail on the listener until Close.
func (c *Catcher) Serve(l net.Listener) error {
	if err := c.smtp.Serve(l); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Close ends Serve.
func (c *Catcher) Close() {
	_ = c.smtp.Close() // only ever "already closed"
	_ = c.dir.Close()
}

// Mails lists what was caught, newest first.
func (c *Catcher) Mails() []Mail {
	c.mu.Lock()
	defer c.mu.Unlock()
	mails := slices.Clone(c.mails)
	slices.Reverse(mails)
	return mails
}

// Source reads one mail as it came; NotFound if there is none.
func (c *Catcher) Source(id string) ([]byte, error) {
	if strings.Trim(id, "0123456789-") != "" {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such mail")
	}
	raw, err := c.dir.ReadFile(id + ".eml")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such mail")
	}
	return raw, err
}

func (c *Catcher) load() error {
	files, err := fs.Glob(c.dir.FS(), "*.eml")
	if err != nil {
		return fmt.Errorf("list caught mail: %w", err)
	}
	slices.Sort(files)
	for _, name := range files {
		raw, err := c.dir.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read caught mail: %w", err)
		}
		info, err := c.dir.Stat(name)
		if err != nil {
			return fmt.Errorf("read caught mail: %w", err)
		}
		c.mails = append(c.mails, describe(strings.TrimSuffix(name, ".eml"), raw, info.ModTime()))
	}
	return nil
}

func describe(id string, raw []byte, at time.Time) Mail {
	mail := eml.Read(raw)
	m := Mail{ID: id, Subject: mail.Subject(), At: at.UTC()}
	if from := mail.From(); len(from) > 0 {
		m.From = from[0].Address.String()
	}
	if to := mail.To(); len(to) > 0 {
		m.To = to[0].Address.String()
	}
	return m
}

// keep stores one mail before it is answered for: the daemon counts it as sent.
func (c *Catcher) keep(raw []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.now().UTC()
	id := nameAt(at)
	for id <= c.last { // two in one tick of the clock
		at = at.Add(time.Nanosecond)
		id = nameAt(at)
	}
	c.last = id
	if err := c.dir.WriteFile(id+".eml", raw, 0o600); err != nil {
		return fmt.Errorf("keep caught mail: %w", err)
	}
	c.mails = append(c.mails, describe(id, raw, at))
	if len(c.mails) > MaxKept {
		_ = c.dir.Remove(c.mails[0].ID + ".eml") // one file too many does no harm
		c.mails = slices.Delete(c.mails, 0, 1)
	}
	return nil
}

func nameAt(at time.Time) string {
	return at.Format("20060102-150405-") + fmt.Sprintf("%09d", at.Nanosecond())
}

// session takes everything.
type session struct{ catcher *Catcher }

func (*session) Reset()                               {}
func (*session) Logout() error                        { return nil }
func (*session) Mail(string, *smtp.MailOptions) error { return nil }
func (*session) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "the mail did not arrive whole"}
	}
	if err := s.catcher.keep(raw); err != nil {
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "no space to keep the mail"}
	}
	return nil
}
