package smtpd

import (
	"bufio"
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

// conn is what go-smtp takes for the connection. It keeps the limits of time,
// rate and bytes, hands over one command at a time (wire.go), and fails for good
// with its first read error.
//
// go-smtp goes on after an error within a mail and reads the rest of the mail
// as commands: whoever can make a shared relay send slowly could slip in a mail
// of their own. It also takes the end of the stream for the end of a BDAT
// chunk, and sends the text of other errors to the client. So every error of
// Read is an answer, none is io.EOF, and after the last answer nothing more is
// read or written.
//
// Read and Write belong to go-smtp's goroutine of the connection, but that Read
// is for the one that runs Data while a mail comes in; all else may be called
// from others.
type conn struct {
	net.Conn           // what is read and written: raw, or TLS over it
	raw       net.Conn // deadlines and the end from aside are set here
	server    *Server
	secure    bool // TLS from the first byte
	encrypted bool // TLS has begun

	peer    netip.Addr // not valid for a unix socket
	socket  bool
	proxied bool           // a proxy in front, which has not told yet whom it speaks for
	relay   *inbound.Relay // that the client is; nil if the operator did not name it
	repair  bool           // lone CRs and LFs of its mails are mended
	opened  time.Time
	source  netip.Prefix // that it is counted to; behind server.mu

	wire
	greeted bool
	lines   []byte    // of an answer, until it is whole
	until   time.Time // a limit for reading, below the others
	first   []byte    // the first bytes of the client
	errors  int       // answers that began with 5

	mu       sync.Mutex
	failed   *smtp.SMTPError // what every Read returns from now on
	last     *smtp.SMTPError // is written instead of the next answer; then the connection ends
	linger   bool            // before closing, read on what the client still sends
	ended    bool            // nothing is written any more
	draining bool
	evicted  bool // its place was taken

	waiting bool      // for the client
	paid    time.Time // see room.go
	idleEnd time.Time // when the last wait was over

	mail       int // number of the mail under way or of the last one
	inMail     bool
	chunked    bool          // the mail comes by BDAT
	mailWaited time.Duration // for bytes of the mail
	mailRead   int64
	discarding bool  // between the end of Data and its answer, go-smtp reads the rest of the mail
	dialogRead int64 // since the last mail
	commands   int   // since the last mail that was taken
	recipients int   // RCPT commands since then
}

func newConn(nc net.Conn, s *Server, secure bool) *conn {
	now := time.Now()
	c := &conn{Conn: nc, raw: nc, server: s, secure: secure, opened: now, paid: now, idleEnd: now}
	c.in = bufio.NewReaderSize(fromClient{c}, s.limits.commandAtMost)
	peer, socket := peerOf(nc)
	c.identify(peer, socket)
	c.proxied = !socket && within(s.options.Proxies, peer)
	return c
}

// identify says who the client is.
func (c *conn) identify(peer netip.Addr, socket bool) {
	c.peer, c.socket = peer, socket
	c.relay = c.server.options.Relays.Find(c.peerName())
	c.repair = c.server.options.Repair.contain(peer, socket)
}

// peerName is how a client is called in envelopes and in the log.
func (c *conn) peerName() string {
	if c.socket {
		return inbound.SocketPeer
	}
	return c.peer.String()
}

// local reports a client that the operator chose: a named relay, or whoever may
// open the unix socket.
func (c *conn) local() bool { return c.relay != nil || c.socket }

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	for len(c.feed) == 0 {
		answer := c.failure()
		if answer == nil {
			answer = c.fill()
		}
		if answer != nil {
			return 0, c.fail(answer)
		}
	}
	n := copy(p, c.feed)
	c.feed = c.feed[n:]
	return n, nil
}

func (c *conn) failure() *smtp.SMTPError {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

// fromClient is the wire below the buffer of a conn. Its errors are answers.
type fromClient struct{ c *conn }

func (f fromClient) Read(p []byte) (int, error) {
	c := f.c
	if answer := c.prepare(); answer != nil {
		return 0, answer
	}
	start := time.Now()
	n, err := c.Conn.Read(p)
	if answer := c.account(p[:n], time.Since(start), err); answer != nil {
		return 0, answer
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
	if !c.until.IsZero() && c.until.Before(deadline) {
		deadline = c.until
	}
	if c.raw.SetReadDeadline(deadline) != nil {
		return errBroken
	}
	if c.inMail { // while we were at work, it was not the client's turn
		c.paid = c.paid.Add(now.Sub(c.idleEnd))
	}
	c.waiting = true
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
	c.waiting, c.idleEnd = false, time.Now()
	switch {
	case c.failed != nil: // refused from aside, while the read waited
		return c.failed
	case err != nil && c.draining && !c.inMail:
		return errShutdown
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errIdle
	case err != nil:
		return errBroken
	}
	if c.inMail {
		c.mailRead += int64(len(p))
		c.mailWaited += waited
		c.pay(len(p), c.idleEnd)
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
	if more := httpProbe - len(c.first); more > 0 && c.greeted {
		c.first = append(c.first, p[:min(more, len(p))]...)
		if speaksHTTP(c.first) {
			c.server.meter.MailRefused("http")
			return errHTTP
		}
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
		c.failed, c.last, c.linger = answer, answer, stillSending[answer]
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

// Write implements net.Conn; go-smtp writes one line at a time, the greeting
// first.
func (c *conn) Write(p []byte) (int, error) {
	if !c.greeted {
		answer := c.open()
		_ = c.SetWriteDeadline(time.Now().Add(c.server.limits.writeAtMost)) // it counts from here: TLS and a delay took their time
		if c.greeted = true; answer != nil {
			return 0, c.fail(answer)
		}
	}
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
		c.lines = append(c.lines, c.extensions()...)
	default:
		c.lines = append(c.lines, p...)
	}
	if len(p) > 3 && p[3] == '-' {
		return len(p), nil
	}
	return len(p), c.answer()
}

// extensions are the lines of EHLO that go-smtp does not know.
func (c *conn) extensions() string {
	size := fmt.Sprintf("250-SIZE %d\r\n", c.server.messageBytes()) // RFC 1870; go-smtp would refuse a mail of exactly the limit it announces
	if c.server.options.TLS != nil && !c.encrypted {
		return "250-STARTTLS\r\n" + size
	}
	return size
}

// answer writes the lines of an answer, and takes note of it.
func (c *conn) answer() error {
	lines := c.lines
	c.lines = c.lines[:0]
	c.mu.Lock()
	c.waiting, c.paid = true, time.Now() // a client that does not read is one that stalls, from now on
	c.mu.Unlock()
	_, err := c.Conn.Write(lines)
	c.mu.Lock()
	c.waiting, c.idleEnd = false, time.Now()
	c.paid = c.idleEnd
	c.mu.Unlock()
	switch {
	case lines[0] == '3': // RFC 5321 section 4.2.1: of our commands, DATA alone
		c.beginText()
	case lines[0] == '5' && !c.local():
		if c.errors++; c.errors > c.server.limits.Errors {
			c.server.meter.MailRefused("errors")
			c.end(errTooManyErrors, true)
		}
	}
	return err
}

// say is an answer of our own, to a command that go-smtp is not told.
func (c *conn) say(answer *smtp.SMTPError) {
	c.lines = append(c.lines[:0], line(answer)...)
	_ = c.SetWriteDeadline(time.Now().Add(c.server.limits.writeAtMost))
	_ = c.answer() // a client that is gone is noticed when it is read from
}

// goodbye writes the last answer and closes. Closing while the client still
// sends would reset the connection, and it might never see the answer.
func (c *conn) goodbye(answer *smtp.SMTPError, linger bool) {
	c.mu.Lock()
	writeAtMost := c.server.limits.writeAtMost
	if c.evicted { // somebody else has its place
		writeAtMost, linger = time.Second, false
	}
	c.waiting = true
	_ = c.raw.SetWriteDeadline(time.Now().Add(writeAtMost))
	c.mu.Unlock()
	if answer.Code != 0 {
		_, _ = io.WriteString(c.Conn, line(answer)) // a client that is gone needs none
	}
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && linger && half.CloseWrite() == nil {
		c.mu.Lock()
		if !c.draining && !c.evicted {
			_ = c.raw.SetReadDeadline(time.Now().Add(c.server.limits.lingerAtMost))
		}
		c.mu.Unlock()
		_, _ = io.CopyN(io.Discard, c.raw, c.server.limits.discardAtMost)
	}
	_ = c.Close()
}

// SetReadDeadline and SetDeadline are ours alone.
func (c *conn) SetReadDeadline(time.Time) error { return nil }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error { return c.SetWriteDeadline(t) }

// SetWriteDeadline implements net.Conn. A place that is taken is not waited for
// again.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.evicted {
		return nil
	}
	return c.raw.SetWriteDeadline(t)
}
