package imappoll

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math"
	"net"
	"regexp"
	"strconv"
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
// we asked for: go-imap has no such limits. It sits above TLS and follows the lines
// and literals of what comes in (RFC 9051 section 4.3). Lines that real servers
// get wrong it mends, as go-imap gives up the connection for one.
type guard struct {
	net.Conn
	r    *bufio.Reader
	most atomic.Int64 // longest literal that is allowed now
	last atomic.Int64 // when something was read last, in Unix nanoseconds

	line    []byte // what is left of the line that is being read
	literal int64  // bytes of one that are still to come
	err     error  // what broke a limit: for good
}

func newGuard(conn net.Conn) *guard {
	g := &guard{Conn: conn}
	g.r = bufio.NewReaderSize(readerFunc(g.receive), maxLine+1)
	g.most.Store(maxOtherLiteral)
	g.last.Store(time.Now().UnixNano())
	return g
}

type readerFunc func(p []byte) (int, error)

// Read implements io.Reader.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func (g *guard) receive(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	g.last.Store(time.Now().UnixNano())
	return n, err
}

// SetReadDeadline does nothing: go-imap gives a literal five minutes, whatever
// its size, and a server that says nothing all the time there is. How long we
// wait is said for each command.
func (g *guard) SetReadDeadline(time.Time) error { return nil }

// silence is how long nothing has come.
func (g *guard) silence() time.Duration { return time.Since(time.Unix(0, g.last.Load())) }

// Read implements io.Reader. Only one goroutine may read.
func (g *guard) Read(p []byte) (int, error) {
	if len(g.line) == 0 && g.literal == 0 {
		if err := g.nextLine(); err != nil {
			return 0, err
		}
	}
	if len(g.line) > 0 {
		n := copy(p, g.line)
		g.line = g.line[n:]
		return n, nil
	}
	n, err := g.r.Read(p[:min(int64(len(p)), g.literal)])
	g.literal -= int64(n)
	return n, err
}

// nextLine reads up to a line end, and what literal follows it.
func (g *guard) nextLine() error {
	if g.err != nil {
		return g.err
	}
	line, err := g.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return g.refuse(fmt.Errorf("the server sent a line of more than %d KiB", maxLine>>10))
	}
	g.line = mend(line)
	if g.literal = literalAfter(line); g.literal > g.most.Load() {
		return g.refuse(fmt.Errorf("the server sends %d bytes where at most %d were asked for", g.literal, g.most.Load()))
	}
	if len(line) > 0 {
		return nil // the error comes again
	}
	return err
}

// refuse ends the connection.
func (g *guard) refuse(err error) error {
	g.err, g.line, g.literal = err, nil, 0
	_ = g.Conn.Close() // it is of no use any more
	return err
}

// literalAfter is how many bytes a line announces at its end, as "{123}" or
// "{123+}".
func literalAfter(line []byte) int64 {
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	open := bytes.LastIndexByte(line, '{')
	if open < 0 || line[len(line)-1] != '}' {
		return 0
	}
	digits := bytes.TrimSuffix(line[open+1:len(line)-1], []byte("+"))
	if len(digits) == 0 || bytes.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0
	}
	count, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return math.MaxInt64 // more than anything that is allowed
	}
	return count
}

// statusCode is what stands before the code of a status answer (RFC 9051 section
// 7.1), and the beginning of a code that is none: `* OK [Error="…"]` of Exchange.
var statusCode = regexp.MustCompile(`^(?:\*|[A-Za-z0-9]+) +(?i:OK|NO|BAD|BYE|PREAUTH) +\[[^\] "(){%*\\]*["(){%*\\]`)

// mend makes of a line of a server what it means. It changes nothing of an honest
// one, and no length but for blanks at the beginning.
func mend(line []byte) []byte {
	if rest, ok := bytes.CutPrefix(line, []byte("*  ")); ok { // "*  22279 EXISTS" of DavMail
		line = append([]byte("* "), bytes.TrimLeft(rest, " ")...)
	}
	if at := statusCode.FindIndex(line); at != nil {
		line = bytes.Clone(line)
		line[bytes.IndexByte(line, '[')] = '(' // a text and no code
	}
	return line
}

// allow sets the longest literal from now on, and returns how to go back.
func (g *guard) allow(bytes int64) (undo func()) {
	g.most.Store(max(bytes, maxOtherLiteral))
	return func() { g.most.Store(maxOtherLiteral) }
}
