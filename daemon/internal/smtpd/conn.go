package smtpd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// conn keeps the limits of time, rate and bytes, and fails for good with its
// first read error.
//
// go-smtp goes on after an error within a mail and reads the rest of the mail
// as commands: whoever can make a shared relay send slowly could slip in a mail
// of their own. It also takes the end of the stream for the end of a BDAT
// chunk, and sends the text of other errors to the client. So every error of
// Read is an answer, none is io.EOF, and after the last answer nothing more is
// read or written.
//
// Read and Write belong to go-smtp's goroutine of the connection; all else may
// be called from others.
type conn struct {
	net.Conn
	server *Server
	peer   netip.Addr
	relay  *inbound.Relay // that the client is; nil if the operator did not name it
	opened time.Time
	first  []byte // the first bytes of the client
	ends   wireEnds

	mu       sync.Mutex
	failed   *smtp.SMTPError // what every Read returns from now on
	last     *smtp.SMTPError // is written instead of the next answer; then the connection ends
	linger   bool            // before closing, read on what the client still sends
	ended    bool            // nothing is written any more
	draining bool

	mail       int // number of the mail under way or of the last one
	inMail     bool
	chunked    bool          // the mail comes by BDAT
	mailWaited time.Duration // for bytes of the mail
	mailRead   int64
	discarding bool  // between the end of Data and its answer, go-smtp reads the rest of the mail
	dialogRead int64 // since the last mail
	lineRead   int   // of the command line under way
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if answer := c.prepare(); answer != nil {
		return 0, c.fail(answer)
	}
	start := time.Now()
	n, err := c.Conn.Read(p)
	if answer := c.account(p[:n], time.Since(start), err); answer != nil {
		return 0, c.fail(answer)
	}
	return n, nil
}

// prepare sets the deadline for one read, or says why there is no more.
func (c *conn) prepare() *smtp.SMTPError {
	c.mu.Lock()
	defer c.mu.Unlock()
	limits, now := &c.server.limits, time.Now()
	switch {
	case c.failed != nil:
		return c.failed
	case c.draining && !c.inMail:
		return errShutdown
	case c.inMail && c.tooSlow():
		return errBroken
	}
	deadline := now.Add(limits.Idle)
	if end := c.opened.Add(limits.Session); c.relay == nil && end.Before(deadline) {
		deadline = end
	}
	if c.Conn.SetReadDeadline(deadline) != nil {
		return errBroken
	}
	return nil
}

// tooSlow counts only the time that the client let us wait: that our own disk
// is slow is no reason to blame it.
func (c *conn) tooSlow() bool {
	limits := &c.server.limits
	return c.mailWaited > limits.RateGrace && float64(c.mailRead) < float64(limits.MinRate)*c.mailWaited.Seconds()
}

// account notes what was read, and says which limit it breaks.
func (c *conn) account(p []byte, waited time.Duration, err error) *smtp.SMTPError {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.failed != nil: // refused from aside, while the read waited
		return c.failed
	case err != nil && c.draining && !c.inMail:
		return errShutdown
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errIdle
	case err != nil:
		return errBroken
	case !c.ends.check(p, c.inMail && !c.chunked):
		return errLineEnding
	}
	if c.inMail {
		c.mailRead += int64(len(p))
		c.mailWaited += waited
		return nil
	}
	return c.accountDialog(p)
}

// accountDialog counts what is read outside of a mail: commands, and whatever
// go-smtp throws away of a refused mail, which may be 4 GiB of one BDAT.
func (c *conn) accountDialog(p []byte) *smtp.SMTPError {
	if c.dialogRead += int64(len(p)); c.dialogRead > c.server.limits.discardAtMost {
		return errTooMuch
	}
	if c.discarding {
		return nil
	}
	if more := httpProbe - len(c.first); more > 0 {
		c.first = append(c.first, p[:min(more, len(p))]...)
		if speaksHTTP(c.first) {
			return errHTTP
		}
	}
	if i := bytes.LastIndexByte(p, '\n'); i >= 0 {
		c.lineRead = len(p) - i - 1
	} else {
		c.lineRead += len(p)
	}
	if c.lineRead > c.server.limits.commandAtMost {
		return errLongCommand
	}
	return nil
}

// httpProbe is the length of the longest method of RFC 9110 with its space.
const httpProbe = len("CONNECT ")

// speaksHTTP tells the start of an HTTP request: a web page can make a browser
// post what would be commands further down.
func speaksHTTP(first []byte) bool {
	method, _, ok := strings.Cut(string(first), " ")
	if !ok {
		return false
	}
	switch method {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH":
		return true
	}
	return false
}

// fail makes the first failure stand, and says goodbye unless a mail is under
// way: then its answer is still to come.
func (c *conn) fail(answer *smtp.SMTPError) error {
	c.mu.Lock()
	if c.failed == nil {
		c.failed, c.last, c.linger = answer, answer, answer == errLineEnding
	}
	answer = c.failed
	goodbye := !c.inMail && !c.discarding && c.last != nil && !c.ended
	c.ended = c.ended || goodbye
	linger := c.linger
	c.mu.Unlock()
	if goodbye {
		c.goodbye(answer, linger)
	}
	return answer
}

// Write implements net.Conn; go-smtp writes one line at a time.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	ended, last, linger := c.ended, c.last, c.linger
	c.ended = ended || last != nil
	c.mu.Unlock()
	switch {
	case ended:
		return 0, net.ErrClosed
	case last != nil:
		c.goodbye(last, linger)
		return len(p), nil
	case string(p) == "250-SIZE\r\n":
		// RFC 1870; go-smtp would refuse a mail of exactly the limit it announces.
		_, err := fmt.Fprintf(c.Conn, "250-SIZE %d\r\n", c.server.limits.MessageBytes)
		return len(p), err
	}
	return c.Conn.Write(p)
}

// goodbye writes the last answer and closes. Closing while the client still
// sends would reset the connection, and it might never see the answer.
func (c *conn) goodbye(answer *smtp.SMTPError, linger bool) {
	_ = c.Conn.SetWriteDeadline(time.Now().Add(c.server.limits.writeAtMost))
	_, _ = io.WriteString(c.Conn, line(answer)) // a client that is gone needs none
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && linger && half.CloseWrite() == nil {
		c.mu.Lock()
		if !c.draining {
			_ = c.Conn.SetReadDeadline(time.Now().Add(c.server.limits.lingerAtMost))
		}
		c.mu.Unlock()
		_, _ = io.CopyN(io.Discard, c.Conn, c.server.limits.discardAtMost)
	}
	_ = c.Close()
}

// SetReadDeadline and SetDeadline are ours alone.
func (c *conn) SetReadDeadline(time.Time) error { return nil }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(t) }

// beginMail returns the number of the mail, for endMail.
func (c *conn) beginMail(chunked bool) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mail++
	c.inMail, c.chunked, c.discarding = true, chunked, false
	c.mailRead, c.mailWaited = 0, 0
	return c.mail
}

// endMail does nothing if another mail has begun since: an aborted BDAT may end
// late.
func (c *conn) endMail(mail int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mail == mail && c.inMail {
		c.inMail, c.discarding = false, true
		c.dialogRead, c.lineRead = 0, 0
	}
}

// answered ends what endMail began: commands follow.
func (c *conn) answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.discarding = false
}

// chunking reports whether a mail by BDAT is under way.
func (c *conn) chunking() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inMail && c.chunked
}

// end makes answer the last one: it is what is written next, and nothing more
// is read. linger says that the client is probably still sending.
func (c *conn) end(answer *smtp.SMTPError, linger bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed, c.last, c.linger = answer, answer, linger
}

// over reports whether the last answer was given or is about to be. Commands
// that go-smtp has read before, and still hands over, count for nothing.
func (c *conn) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended || c.last != nil
}

// drain ends the connection as soon as no mail is under way.
func (c *conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	if !c.inMail {
		_ = c.Conn.SetReadDeadline(time.Unix(1, 0)) // wakes a read that waits
	}
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.mu.Lock()
	c.ended = true
	if c.failed == nil {
		c.failed = errBroken
	}
	c.mu.Unlock()
	c.server.forget(c)
	return c.Conn.Close()
}
