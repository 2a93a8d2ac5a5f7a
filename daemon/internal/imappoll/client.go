package imappoll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// commandTimeout bounds a command whose answer is short.
	commandTimeout = time.Minute

	// stallTimeout is how long a server may be silent within a command.
	stallTimeout = time.Minute

	// leastRate in bytes a second is below every line that mail is read over.
	leastRate = 8 << 10

	// farewell bounds a LOGOUT that nobody waits for.
	farewell = 2 * time.Second
)

// client is the part of go-imap that is used, with the limits that it lacks: every
// command ends in time, and its error says what the server said. One command at a
// time.
type client struct {
	imap  *imapclient.Client
	guard *guard
	news  chan struct{} // holds one: the server told of mail
	late  atomic.Bool   // a command was cut off
	stall time.Duration
}

// folder is what the server says of the one that is open.
type folder struct {
	mails    uint32 // how many
	validity uint32
	next     uint32      // above all UIDs that there are; 0 if the server does not say
	flags    []imap.Flag // that can be set for good; nil if the server does not say
}

// listed is a mail as the server lists it.
type listed struct {
	uid  uint32
	size int64
	at   time.Time // when the server got it
}

// open goes from a name to a session that is signed in.
func (d Dialer) open(ctx context.Context, box *helpdesk.IMAP, logins Logins) (*client, error) {
	conn, err := d.dial(ctx, box)
	if err != nil {
		return nil, err
	}
	c := &client{guard: newGuard(conn), news: make(chan struct{}, 1), stall: cmp.Or(d.stall, stallTimeout)}
	c.imap = imapclient.New(c.guard, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		// Called by what reads from the server: it must not wait, and give no commands.
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				select {
				case c.news <- struct{}{}:
				default:
				}
			}
		},
	}})
	if err := c.within(ctx, commandTimeout, c.greeting); err != nil {
		c.close()
		return nil, failed(StepAuth, fmt.Errorf("wait for the greeting: %w", err))
	}
	if err := c.signIn(ctx, box, logins); err != nil {
		c.close()
		return nil, failed(StepAuth, err)
	}
	return c, nil
}

// greeting waits for the server's first words. Of a server that says why it lets
// nobody in, and hangs up, go-imap tells by chance the one or the other. Once it is
// over it answers at once, so it is asked until it tells the words, or surely has
// none.
func (c *client) greeting() (err error) {
	const surely = 64 // by chance not once in 2^64
	for range surely {
		err = c.imap.WaitGreeting()
		if _, said := errors.AsType[*imap.Error](err); err == nil || said {
			return err
		}
	}
	return err
}

// within does something that waits for the server, and hangs up when it takes
// longer than limit, when the server falls silent, or when ctx ends: go-imap can
// be ended in no other way.
func (c *client) within(ctx context.Context, limit time.Duration, act func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, c.close)
	defer stop()
	end := time.Now().Add(limit)
	c.guard.last.Store(time.Now().UnixNano()) // silence counts from here
	var timer *time.Timer
	timer = time.AfterFunc(min(limit, c.stall), func() {
		if left := min(time.Until(end), c.stall-c.guard.silence()); left > 0 {
			timer.Reset(left)
			return
		}
		c.late.Store(true)
		c.close()
	})
	defer timer.Stop()
	switch err := act(); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case c.late.Load():
		return fmt.Errorf("the server did not answer in time: %w", err)
	case hungUp(err):
		return goneError{err}
	default:
		return err
	}
}

// hungUp reports a connection that ended without a word.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}

// goneError says so in words for people: the library tells what its parser was
// looking for at that moment.
type goneError struct{ cause error }

func (goneError) Error() string { return "the server hung up" }

func (e goneError) Unwrap() error { return e.cause }

// close hangs up at once. It may be called at any time, and more than once.
func (c *client) close() { _ = c.guard.Conn.Close() }

// logout says farewell and hangs up.
func (c *client) logout() {
	_ = c.within(context.Background(), farewell, func() error { return c.imap.Logout().Wait() })
	c.close()
}

func (c *client) has(capability imap.Cap) bool { return c.imap.Caps().Has(capability) }

// open opens a folder, to look only or to change it too.
func (c *client) open(ctx context.Context, name string, look bool) (folder, error) {
	var f folder
	err := c.within(ctx, commandTimeout, func() error {
		data, err := c.imap.Select(name, &imap.SelectOptions{ReadOnly: look}).Wait()
		if err == nil {
			f = folder{mails: data.NumMessages, validity: data.UIDValidity, next: uint32(data.UIDNext), flags: data.PermanentFlags}
		}
		return err
	})
	if answer, ok := errors.AsType[*imap.Error](err); ok {
		return f, refusedFolder(name, answer)
	}
	if err == nil && f.validity == 0 {
		// RFC 9051 section 2.3.1.1: without it UIDs mean nothing in the next session.
		return f, misconfigured(StepSelect, "the server gives the folder %q no UIDVALIDITY: mail cannot be fetched from it safely", name)
	}
	return f, failed(StepSelect, err)
}

// list tells the mails from one UID to another, 0 for the last one that there is.
// It keeps at most so many, and returns the lowest UID that it left out, 0 if none.
func (c *client) list(ctx context.Context, from, to uint32, most int) (found []listed, left uint32, err error) {
	options := &imap.FetchOptions{UID: true, Flags: true, InternalDate: true, RFC822Size: true}
	err = c.within(ctx, listTimeout, func() error {
		cmd := c.imap.Fetch(imap.UIDSet{{Start: imap.UID(from), Stop: imap.UID(to)}}, options)
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			l := readListed(msg)
			switch {
			case l.uid < from: // "n:*" is the last mail, even below n (RFC 9051 section 9, sequence-set)
			case len(found) < most:
				found = append(found, l)
			case left == 0 || l.uid < left:
				left = l.uid
			}
		}
		return cmd.Close()
	})
	return found, left, failed(StepFetch, err)
}

// uid tells the UID of the mail with a sequence number, 0 for the number 0. go-imap
// gives no answer to a UID of "*" when it is below what was asked for.
func (c *client) uid(ctx context.Context, number uint32) (uid uint32, err error) {
	if number == 0 {
		return 0, nil
	}
	err = c.within(ctx, commandTimeout, func() error {
		cmd := c.imap.Fetch(imap.SeqSetNum(number), &imap.FetchOptions{UID: true})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			uid = max(uid, readListed(msg).uid)
		}
		return cmd.Close()
	})
	if err == nil && uid == 0 {
		err = fmt.Errorf("the server does not tell the UID of mail %d, the last one", number)
	}
	return uid, failed(StepFetch, err)
}

// listTimeout bounds a list: a large folder is listed in windows.
const listTimeout = 5 * time.Minute

func readListed(msg *imapclient.FetchMessageData) (l listed) {
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			l.uid = uint32(item.UID)
		case imapclient.FetchItemDataRFC822Size:
			l.size = item.Size
		case imapclient.FetchItemDataInternalDate:
			l.at = item.Time
		}
	}
	return l
}

// fetch reads mails whole, or their headers alone. keep is told of each that the
// server sends; what it leaves unread of one is skipped, and its error ends all.
// Nothing is marked as seen.
func (c *client) fetch(ctx context.Context, uids []uint32, section imap.FetchItemBodySection, most, total int64, keep func(uid uint32, body io.Reader) error) error {
	section.Peek = true
	defer c.guard.allow(most)()
	limit := commandTimeout + time.Duration(total/leastRate)*time.Second
	var kept error
	err := c.within(ctx, limit, func() error {
		cmd := c.imap.Fetch(uidSet(uids), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{&section}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			if kept == nil {
				if kept = c.readBody(msg, keep); kept != nil {
					c.close() // the rest is of no use
				}
			}
		}
		return cmd.Close()
	})
	if kept != nil {
		return kept
	}
	return failed(StepFetch, err)
}

func (c *client) readBody(msg *imapclient.FetchMessageData, keep func(uid uint32, body io.Reader) error) error {
	var uid uint32
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = uint32(item.UID)
		case imapclient.FetchItemDataBodySection:
			if uid == 0 || item.Literal == nil {
				continue // NIL: the server cannot read it
			}
			body := &whole{r: item.Literal, left: item.Literal.Size()}
			err := keep(uid, body)
			if body.broke {
				// go-imap reads on by itself then, and would skip the rest at the same time.
				c.close()
				<-c.imap.Closed()
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// whole makes an end before the announced size an error.
type whole struct {
	r     io.Reader
	left  int64
	broke bool // there was an error, an early end among them
}

// Read implements io.Reader.
func (w *whole) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if w.left -= int64(n); err == io.EOF && w.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	w.broke = w.broke || err != nil && err != io.EOF
	return n, err
}

// noop lets the server tell what is new.
func (c *client) noop(ctx context.Context) error {
	return failed(StepFetch, c.within(ctx, commandTimeout, func() error { return c.imap.Noop().Wait() }))
}

// idle waits until the server tells of mail, or for so long. That it tells is only
// a hint.
func (c *client) idle(ctx context.Context, wait time.Duration) error {
	var idle *imapclient.IdleCommand
	err := c.within(ctx, commandTimeout, func() (err error) {
		idle, err = c.imap.Idle()
		return err
	})
	if err != nil {
		return failed(StepFetch, fmt.Errorf("begin to wait for news (IDLE): %w", err))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-c.news:
	case <-timer.C:
	case <-ctx.Done():
	case <-c.imap.Closed():
	}
	// Said even if ctx has ended: LOGOUT follows.
	err = c.within(context.WithoutCancel(ctx), commandTimeout, func() error {
		return errors.Join(idle.Close(), idle.Wait())
	})
	return failed(StepFetch, err)
}

func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, uid := range uids {
		set.AddNum(imap.UID(uid))
	}
	return set
}
