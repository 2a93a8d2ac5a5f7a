package smtpd

import "github.com/emersion/go-smtp"

// What the session tells its connection about the mail under way, and how either
// ends it.

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
		c.dialogRead = 0
	}
}

// answered ends what endMail began: commands follow.
func (c *conn) answered() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.discarding = false
}

// taken is told of a mail that was taken in: its commands were no waste.
func (c *conn) taken() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commands, c.recipients = 0, 0
}

// thrownAway reports that nobody reads the rest of the mail.
func (c *conn) thrownAway() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.discarding
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

// over reports whether the last answer was given or is about to be.
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
		_ = c.raw.SetReadDeadline(longAgo) // wakes a read that waits
	}
}

// abandon closes it from aside, without a word.
func (c *conn) abandon() { _ = c.raw.Close() }

// Close implements net.Conn.
func (c *conn) Close() error {
	c.mu.Lock()
	c.ended = true
	if c.failed == nil {
		c.failed = errBroken
	}
	evicted := c.evicted
	c.mu.Unlock()
	c.server.forget(c)
	if !evicted && c.encrypted {
		_ = c.Conn.Close() // tells the client that this is all
	}
	return c.raw.Close()
}
