package imappoll

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
	"github.com/posterndesk/postern/test/peers"
)

// fake is an IMAP server over real sockets that says what a test wants said, right
// or wrong.
type fake struct {
	t    testing.TB
	l    net.Listener
	caps string
	// answers gives what is said to a command, "TAG" standing for its tag; ok is
	// false for the usual answer. "" hangs up.
	answers func(f *fake, command string) (answer string, ok bool)

	mu       sync.Mutex
	validity uint32
	mails    map[uint32]string
	said     []string // commands, without tags
	conns    int
}

// hangUp at the end of an answer ends the connection behind it.
const hangUp = "\x00"

// startFake serves mails with the UIDs 1, 2, …
func startFake(t testing.TB, answers func(f *fake, command string) (string, bool), mails ...string) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, l: l, caps: "IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE", answers: answers, validity: 7, mails: map[uint32]string{}}
	for i, m := range mails {
		f.mails[uint32(i+1)] = m
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() { f.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		group.Wait()
	})
	return f
}

func (f *fake) serve(conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(f.t.Context(), func() { conn.Close() })
	defer stop()
	f.mu.Lock()
	f.conns++
	f.mu.Unlock()
	if !f.say(conn, "", "greeting") {
		return
	}
	for r := bufio.NewReader(conn); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		f.mu.Lock()
		f.said = append(f.said, command)
		f.mu.Unlock()
		if !f.say(conn, tag, command) {
			return
		}
	}
}

func (f *fake) say(conn net.Conn, tag, command string) bool {
	answer, ok := "", false
	if f.answers != nil {
		answer, ok = f.answers(f, command)
	}
	if !ok {
		answer = f.usual(command)
	}
	answer, hangUp := strings.CutSuffix(answer, hangUp)
	_, err := conn.Write([]byte(strings.ReplaceAll(answer, "TAG", tag)))
	return err == nil && answer != "" && !hangUp
}

// usual is what an honest server says.
func (f *fake) usual(command string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	words := append(strings.Fields(command), "", "", "") // it may be no command at all
	switch words[0] {
	case "greeting":
		return "* OK [CAPABILITY " + f.caps + "] hello\r\n"
	case "CAPABILITY":
		return "* CAPABILITY " + f.caps + "\r\nTAG OK done\r\n"
	case "AUTHENTICATE":
		return "TAG OK [CAPABILITY " + f.caps + "] in\r\n"
	case "SELECT", "EXAMINE":
		return fmt.Sprintf("* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n* OK [UIDNEXT %d] ok\r\nTAG OK [READ-WRITE] open\r\n", len(f.mails), f.validity, f.top()+1)
	case "LOGOUT":
		return "* BYE bye\r\nTAG OK done\r\n"
	case "UID":
		if words[1] == "FETCH" {
			return f.fetch(words[2], command)
		}
	}
	return "TAG OK done\r\n"
}

func (f *fake) top() (top uint32) {
	for uid := range f.mails {
		top = max(top, uid)
	}
	return top
}

func (f *fake) fetch(set, command string) string {
	var b strings.Builder
	for uid := uint32(1); uid <= f.top(); uid++ {
		raw, ok := f.mails[uid]
		if !ok || !contains(set, uid, f.top()) {
			continue
		}
		switch {
		case strings.Contains(command, "BODY.PEEK[HEADER]"):
			head, _, _ := strings.Cut(raw, "\r\n\r\n")
			head += "\r\n\r\n"
			fmt.Fprintf(&b, "* %d FETCH (UID %d BODY[HEADER]<0> {%d}\r\n%s)\r\n", uid, uid, len(head), head)
		case strings.Contains(command, "BODY.PEEK[]"):
			fmt.Fprintf(&b, "* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", uid, uid, len(raw), raw)
		default:
			fmt.Fprintf(&b, "* %d FETCH (UID %d FLAGS () INTERNALDATE \"04-Mar-2026 12:00:00 +0000\" RFC822.SIZE %d)\r\n", uid, uid, len(raw))
		}
	}
	return b.String() + "TAG OK done\r\n"
}

// contains reads a set such as 1:3,7,9:*.
func contains(set string, uid, top uint32) bool {
	return slices.ContainsFunc(strings.Split(set, ","), func(part string) bool {
		first, last, isRange := strings.Cut(strings.ReplaceAll(part, "*", fmt.Sprint(top)), ":")
		var a, b uint32
		fmt.Sscan(first, &a)
		b = a
		if isRange {
			fmt.Sscan(last, &b)
		}
		return uid >= min(a, b) && uid <= max(a, b)
	})
}

// idled is the answer to DONE, which bears no tag: that of IDLE was the last one, of
// the first connection.
func (f *fake) idled() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	tagged := slices.DeleteFunc(slices.Clone(f.said), func(c string) bool { return c == "" })
	return fmt.Sprintf("T%d OK done\r\n", len(tagged))
}

// commands are those that begin with a word.
func (f *fake) commands(prefix string) (found []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.said {
		if strings.HasPrefix(c, prefix) {
			found = append(found, c)
		}
	}
	return found
}

// box is the mailbox at the fake server.
func (f *fake) box(change ...func(*helpdesk.IMAP)) helpdesk.Mailbox {
	box := at(f.t, f.l.Addr().String(), helpdesk.TLSNone)
	box.IMAP.Start, box.IMAP.Afterwards, box.IMAP.Poll = helpdesk.FromAll, helpdesk.MarkSeen, 50*time.Millisecond
	for _, c := range change {
		c(box.IMAP)
	}
	return box
}

// office takes in what is fetched, and remembers it: store and pipeline in one.
type office struct {
	mu      sync.Mutex
	polls   map[string]helpdesk.Poll
	cursors map[string]helpdesk.Cursor
	marks   map[helpdesk.Mark]bool
	got     []got
	boxes   []helpdesk.Mailbox
	fail    func(uid uint32, raw string) error // before a mail is taken in; nil: never
	before  func(uid uint32)                   // the same, at the same time for several; nil: nothing
	rev     int64

	unfetched []time.Time // as was told, one after the other
}

// got is a mail that was taken in.
type got struct {
	UID   uint32
	Raw   string
	Cause helpdesk.Cause
	Words string
}

func newOffice(boxes ...helpdesk.Mailbox) *office {
	return &office{polls: map[string]helpdesk.Poll{}, cursors: map[string]helpdesk.Cursor{}, marks: map[helpdesk.Mark]bool{}, boxes: boxes}
}

func (o *office) Mailboxes() []helpdesk.Mailbox {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.boxes)
}

func (o *office) AcceptFetched(_ context.Context, f inbound.Fetched) (helpdesk.Outcome, error) {
	var raw strings.Builder
	if _, err := bufio.NewReader(f.Raw).WriteTo(&raw); err != nil {
		return helpdesk.Outcome{}, err
	}
	if o.before != nil {
		o.before(f.Mark.UID)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		if err := o.fail(f.Mark.UID, raw.String()); err != nil {
			return helpdesk.Outcome{}, err
		}
	}
	f.Mark.Mailbox = f.Mailbox.Name
	o.marks[f.Mark] = true
	o.got = append(o.got, got{f.Mark.UID, raw.String(), f.Cause, f.Words})
	return helpdesk.Outcome{Result: helpdesk.Created}, nil
}

func (o *office) Poll(_ context.Context, _, mailbox string) (*helpdesk.Poll, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.polls[mailbox]
	p.Mailbox = mailbox
	return &p, nil
}

func (o *office) SavePoll(_ context.Context, _ string, p *helpdesk.Poll) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.polls[p.Mailbox].Rev != p.Rev {
		return helpdesk.Errorf(helpdesk.Conflict, "changed")
	}
	o.rev++
	p.Rev = o.rev
	o.polls[p.Mailbox] = *p
	return nil
}

func (o *office) Cursor(_ context.Context, _, mailbox string) (*helpdesk.Cursor, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c, ok := o.cursors[mailbox]
	if !ok {
		return nil, nil
	}
	return &c, nil
}

func (o *office) SaveCursor(_ context.Context, _ string, c *helpdesk.Cursor, forget ...helpdesk.Mark) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cursors[c.Mailbox].Rev != c.Rev {
		return helpdesk.Errorf(helpdesk.Conflict, "changed")
	}
	o.rev++
	c.Rev = o.rev
	o.cursors[c.Mailbox] = *c
	for _, m := range forget {
		delete(o.marks, m)
		m.Stay = true
		delete(o.marks, m)
	}
	return nil
}

func (o *office) Marks(_ context.Context, _, mailbox string, numbering int64, _ int) (found []helpdesk.Mark, _ error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for m := range o.marks {
		if m.Mailbox == mailbox && m.Numbering == numbering {
			found = append(found, m)
		}
	}
	return found, nil
}

func (o *office) ForgetMarks(_ context.Context, _, mailbox string, before int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for m := range o.marks {
		if m.Mailbox == mailbox && m.Numbering < before {
			delete(o.marks, m)
		}
	}
	return nil
}

func (o *office) MailIn(string)                {}
func (o *office) Polling(string, string, bool) {}
func (o *office) PollingEnded(string, string)  {}

func (o *office) Unfetched(_, _ string, since time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.unfetched = append(o.unfetched, since)
}

// uids are those that were taken in whole, and those that were held.
func (o *office) uids() (whole, held []uint32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.got {
		if g.Cause == "" {
			whole = append(whole, g.UID)
		} else {
			held = append(held, g.UID)
		}
	}
	slices.Sort(whole)
	slices.Sort(held)
	return whole, held
}

// pollers for an office, which hold a mail as soon as it has failed often enough.
func (o *office) pollers(t testing.TB) *Pollers {
	return &Pollers{
		Store: o, Inbox: o, Directory: o, Logins: logins(), Meter: o, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Dir: t.TempDir(), Replica: "one", Exclusive: true, illFor: 1,
	}
}

// run polls until the test ends, or until stop is called.
func (p *Pollers) run(t testing.TB) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	t.Cleanup(stop)
	return stop
}

// status is what the store knows of the mailbox.
func (o *office) status() helpdesk.Poll {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.polls["support"]
}

// eventually waits for what pollers do.
func eventually(t testing.TB, check func() error) {
	t.Helper()
	peers.Eventually(t, peers.Patience, check)
}

func numbered(n int) string {
	return fmt.Sprintf("From: c%d@customer.example\r\nMessage-ID: <m%d@customer.example>\r\nSubject: %d\r\n\r\nwords of %d\r\n", n, n, n, n)
}
