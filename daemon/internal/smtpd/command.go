package smtpd

import (
	"strings"

	"github.com/emersion/go-smtp"
)

// command looks at a command line before go-smtp does, answers what go-smtp has no
// answer for, and puts the rest into feed. It returns the last answer if this is
// the end.
func (c *conn) command(row string) *smtp.SMTPError {
	verb := verbOf(row)
	if answer := c.countCommand(verb, row); answer != nil {
		return answer
	}
	switch verb {
	case "STARTTLS":
		return c.startTLS(row)
	case "EHLO", "HELO", "LHLO":
		// RFC 2920 section 3.1: nothing may follow it before its answer. Who does
		// not wait for that did not wait for the greeting either.
		if !c.greetedBy && !c.local() && c.in.Buffered() > 0 {
			c.server.meter.MailRefused("early")
			return errEarly
		}
		c.greetedBy, c.resumed = true, false
	case "HELP":
		c.say(answerHelp)
		return nil
	case "AUTH":
		c.say(errNoAuth)
		return nil
	case "MAIL", "RCPT", "DATA", "BDAT":
		if c.resumed { // RFC 3207 section 4.2: what was said before TLS is void
			if verb == "BDAT" {
				return errNoHello // its chunk is not looked for
			}
			c.say(errNoHello)
			return nil
		}
	}
	switch verb {
	case "BDAT":
		if octets, ok := chunkOf(row); ok && octets > 0 {
			c.mode, c.chunk = atChunk, octets
		}
	case "RCPT":
		row = c.completePostmaster(row)
	}
	c.feed = []byte(row + "\r\n")
	return nil
}

// verbOf reads a command as go-smtp does, in upper case; "" for what is none.
func verbOf(row string) string {
	const startTLS = "STARTTLS"
	switch {
	case len(row) >= len(startTLS) && strings.EqualFold(row[:len(startTLS)], startTLS):
		return startTLS
	case len(row) == 4, len(row) > 5 && row[4] == ' ':
		return strings.ToUpper(row[:4])
	}
	return ""
}

// countCommand counts what brings no mail nearer. Recipients and chunks are
// commands too, but a mail may have many of them.
func (c *conn) countCommand(verb, row string) *smtp.SMTPError {
	c.mu.Lock()
	defer c.mu.Unlock()
	limits := &c.server.limits
	switch verb {
	case "RCPT":
		if c.recipients++; c.recipients <= limits.Recipients {
			return nil
		}
	case "BDAT":
		if octets, ok := chunkOf(row); ok && octets >= limits.smallChunk {
			return nil
		}
	}
	if c.commands++; c.commands > limits.Commands && !c.local() {
		c.server.meter.MailRefused("commands")
		return errTooManyCommands
	}
	return nil
}

// completePostmaster gives the one recipient that needs no domain (RFC 5321
// section 4.5.1) ours.
func (c *conn) completePostmaster(row string) string {
	const bare = "RCPT TO:<postmaster>"
	to := strings.Replace(row, ": <", ":<", 1) // go-smtp is as lenient
	if len(to) >= len(bare) && strings.EqualFold(to[:len(bare)], bare) {
		return "RCPT TO:<" + postmaster + "@" + c.server.options.Domain + ">" + to[len(bare):]
	}
	return row
}

const postmaster = "postmaster"
