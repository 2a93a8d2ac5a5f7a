package smtpd

import (
	"bufio"
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/emersion/go-smtp"
)

// wire knows where on the wire a command, a chunk and a mail end, and hands
// go-smtp no byte beyond. So nothing is read ahead of what it belongs to, and
// nothing inside a mail can be taken for a command.
//
// Whoever reads uses it: go-smtp's goroutine, or that of Data while a mail comes
// in.
type wire struct {
	in    *bufio.Reader // what came and was not handed over
	mode  mode
	chunk int64  // octets that are left of a chunk
	text  text   // of a mail by DATA
	feed  []byte // what go-smtp reads next
	out   []byte // the memory behind feed, for text

	greetedBy bool // EHLO came, since the last STARTTLS
	resumed   bool // TLS began: what was said before it is void
}

// mode is what comes next.
type mode int

const (
	atCommand mode = iota
	atText         // of DATA
	atChunk        // of BDAT
)

// fill brings something to feed.
func (c *conn) fill() *smtp.SMTPError {
	switch c.mode {
	case atText:
		return c.fillText()
	case atChunk:
		return c.fillChunk()
	}
	for len(c.feed) == 0 {
		row, err := c.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return errLongCommand
		}
		if err != nil {
			return asAnswer(err)
		}
		if !bytes.HasSuffix(row, []byte("\r\n")) {
			c.server.meter.MailRefused("line-ending")
			return errLineEnding
		}
		if answer := c.command(string(row[:len(row)-2])); answer != nil {
			return answer
		}
	}
	return nil
}

// asAnswer is an error of fromClient, through the buffer.
func asAnswer(err error) *smtp.SMTPError {
	if answer, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return answer
	}
	return errBroken
}

// buffered is what came, at least one byte.
func (c *conn) buffered() ([]byte, *smtp.SMTPError) {
	if _, err := c.in.Peek(1); err != nil {
		return nil, asAnswer(err)
	}
	b, _ := c.in.Peek(c.in.Buffered())
	return b, nil
}

func (c *conn) beginText() {
	c.mode, c.text = atText, text{mend: c.repair}
}

func (c *conn) fillText() *smtp.SMTPError {
	b, answer := c.buffered()
	if answer != nil {
		return answer
	}
	out, n, ok := c.text.take(c.out[:0], b)
	_, _ = c.in.Discard(n) // no more than was buffered
	if !ok {
		return errLineEnding
	}
	if c.feed, c.out = out, out; c.thrownAway() {
		c.feed = nil // go-smtp would look at each byte of it
	}
	if c.text.ended {
		if c.mode, c.out = atCommand, nil; c.feed == nil { // idle connections keep no memory of mails
			c.feed = []byte("\r\n.\r\n") // it may be within a line
		}
	}
	return nil
}

func (c *conn) fillChunk() *smtp.SMTPError {
	b, answer := c.buffered()
	if answer != nil {
		return answer
	}
	c.feed = b[:min(int64(len(b)), c.chunk)]
	_, _ = c.in.Discard(len(c.feed)) // stays as it is until the next read
	if c.chunk -= int64(len(c.feed)); c.chunk == 0 {
		c.mode = atCommand
	}
	return nil
}

// chunkOf reads a BDAT command as go-smtp does: only then is a chunk skipped with
// a command that is refused.
func chunkOf(row string) (octets int64, ok bool) {
	args := strings.Fields(row[len("BDAT"):])
	if len(args) == 0 || len(args) > 2 || len(args) == 2 && !strings.EqualFold(args[1], "LAST") {
		return 0, false
	}
	n, err := strconv.ParseUint(args[0], 10, 32)
	return int64(n), err == nil
}
