package imappoll

import (
	"bytes"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

const (
	// maxLine is how much of an answer may stand between two literals. The longest
	// honest ones are lists of capabilities and flags, of a few KiB.
	maxLine = 64 << 10

	// maxOtherLiteral is the longest literal while no mail is fetched: some servers
	// send names of folders as literals.
	maxOtherLiteral = 64 << 10
)

// guard is a connection on which a server cannot make us keep more in memory than
// we asked for: go-imap has no such limits. It sits above TLS and follows the
// lines and literals of what comes in (RFC 9051 section 4.3).
type guard struct {
	net.Conn
	most atomic.Int64 // longest literal that is allowed now
	last atomic.Int64 // when something was read last, in Unix nanoseconds

	literal int64 // bytes of one that are still to come
	line    int   // bytes since the last line end or literal
	count   int64 // of "{count}" at the end of what was read, while it may be one
	in      braces
	err     error // what broke a limit: for good
}

// braces is where in "{123}\r\n" the reader is.
type braces int

const (
	outside braces = iota
	opened         // behind {, or its digits
	closed         // behind }
)

func newGuard(conn net.Conn) *guard {
	g := &guard{Conn: conn}
	g.most.Store(maxOtherLiteral)
	g.last.Store(time.Now().UnixNano())
	return g
}

// SetReadDeadline does nothing: go-imap gives a literal five minutes, whatever
// its size, and a server that says nothing all the time there is. How long we
// wait is said for each command.
func (g *guard) SetReadDeadline(time.Time) error { return nil }

// silence is how long nothing has come.
func (g *guard) silence() time.Duration { return time.Since(time.Unix(0, g.last.Load())) }

// Read implements io.Reader. Only one goroutine may read.
func (g *guard) Read(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.Conn.Read(p)
	g.last.Store(time.Now().UnixNano())
	if g.err = g.follow(p[:n]); g.err != nil {
		_ = g.Conn.Close() // it is of no use any more
		return 0, g.err
	}
	return n, err
}

func (g *guard) follow(p []byte) error {
	for len(p) > 0 {
		if g.literal > 0 {
			skip := min(g.literal, int64(len(p)))
			g.literal, p = g.literal-skip, p[skip:]
			continue
		}
		end := bytes.IndexByte(p, '\n') + 1
		if end == 0 {
			end = len(p)
		}
		if g.line += end; g.line > maxLine {
			return fmt.Errorf("the server sent a line of more than %d KiB", maxLine>>10)
		}
		if err := g.scan(p[:end]); err != nil {
			return err
		}
		p = p[end:]
	}
	return nil
}

// scan looks for "{count}" at the end of a line.
func (g *guard) scan(p []byte) error {
	for _, b := range p {
		switch {
		case b == '{':
			g.in, g.count = opened, 0
		case g.in == opened && b >= '0' && b <= '9':
			if g.count = g.count*10 + int64(b-'0'); g.count > 1<<40 {
				g.count = 1 << 40 // more than anything that is allowed
			}
		case g.in == opened && b == '+':
		case g.in == opened && b == '}':
			g.in = closed
		case g.in == closed && b == '\r':
		case b == '\n':
			if g.in == closed {
				if most := g.most.Load(); g.count > most {
					return fmt.Errorf("the server sends %d bytes where at most %d were asked for", g.count, most)
				}
				g.literal = g.count
			}
			g.in, g.line = outside, 0
		default:
			g.in = outside
		}
	}
	return nil
}

// allow sets the longest literal from now on, and returns how to go back.
func (g *guard) allow(bytes int64) (undo func()) {
	g.most.Store(max(bytes, maxOtherLiteral))
	return func() { g.most.Store(maxOtherLiteral) }
}
