package imappoll

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// some are mails with the UIDs 1 to n.
func some(n int) (mails []string) {
	for i := range n {
		mails = append(mails, numbered(i+1))
	}
	return mails
}

// has waits until these are taken in whole, and those held, each once.
func (o *office) has(t *testing.T, whole, held []uint32) {
	t.Helper()
	eventually(t, func() error {
		gotWhole, gotHeld := o.uids()
		if diff := cmp.Diff([2][]uint32{whole, held}, [2][]uint32{gotWhole, gotHeld}); diff != "" {
			return fmt.Errorf("UIDs taken in, and held (-want +got):\n%s\nstatus: %+v", diff, o.status())
		}
		return nil
	})
}

// settled waits until the cursor stands at a UID and no mark is left.
func (o *office) settled(t *testing.T, uid uint32) {
	t.Helper()
	eventually(t, func() error {
		o.mu.Lock()
		defer o.mu.Unlock()
		if c := o.cursors["support"]; c.Done != uid || len(o.marks) > 0 {
			return fmt.Errorf("the cursor stands at %d with the marks %v, want %d and none", c.Done, o.marks, uid)
		}
		return nil
	})
}

// covers: P01, P04
func TestFetch(t *testing.T) {
	t.Parallel()
	f := startFake(t, nil, some(5)...)
	o := newOffice(f.box())
	o.pollers(t).run(t)
	o.has(t, []uint32{1, 2, 3, 4, 5}, nil)
	o.settled(t, 5)
	f.mu.Lock()
	f.mails[6] = numbered(6)
	f.mu.Unlock()
	o.has(t, []uint32{1, 2, 3, 4, 5, 6}, nil)
	o.settled(t, 6)
	for _, g := range o.got {
		if g.Raw != f.mails[g.UID] {
			t.Errorf("UID %d is not as the server has it", g.UID)
		}
	}
	for _, c := range f.commands("UID FETCH") {
		if strings.Contains(c, "BODY[") || strings.Contains(c, "ENVELOPE") || strings.Contains(c, "STRUCTURE") {
			t.Errorf("asked for what marks mails, or what servers get wrong: %s", c)
		}
	}
	if marked := f.commands("UID STORE"); len(marked) == 0 || slices.ContainsFunc(marked, func(c string) bool { return !strings.Contains(c, `(\Seen)`) }) {
		t.Errorf("marked by %q", marked)
	}
}

// A mail that cannot be had stops no other: it is held after three tries.
//
// covers: P04
func TestOneBadMail(t *testing.T) {
	body := func(command string) bool { return strings.Contains(command, "BODY.PEEK[]") }
	asks := func(command string, uid string) bool {
		set := strings.Fields(command)
		return body(command) && contains(set[2], 3, 5) && uid == "3"
	}
	without3 := func(f *fake, command string) string {
		f.mu.Lock()
		defer f.mu.Unlock()
		var b strings.Builder
		for _, part := range strings.SplitAfter(f.fetch(strings.Fields(command)[2], command), ")\r\n") {
			if !strings.Contains(part, "UID 3 ") {
				b.WriteString(part)
			}
		}
		return b.String()
	}
	tests := []struct {
		name string
		bad  func(f *fake, command string) string
	}{
		{"breaks off", func(f *fake, command string) string { return "* 3 FETCH (UID 3 BODY[] {50}\r\nSubject: 3\r\n" + hangUp }},
		{"unreadable line", func(f *fake, command string) string { return "* 3 FETCH (UID 3 BODY[] {x}\r\nTAG OK done\r\n" }},
		{"endless line", func(f *fake, command string) string {
			return "* 3 FETCH (UID 3 BODY[] \"" + strings.Repeat("x", 2*maxLine)
		}},
		{"huge literal", func(f *fake, command string) string { return "* 3 FETCH (UID 3 BODY[] {300000000}\r\nSubject: 3\r\n" }},
		{"no text", func(f *fake, command string) string { return "* 3 FETCH (UID 3 BODY[] NIL)\r\n" + without3(f, command) }},
		{"empty", func(f *fake, command string) string {
			return "* 3 FETCH (UID 3 BODY[] \"\")\r\n" + without3(f, command)
		}},
		{"left out", without3},
		{"refused", func(f *fake, command string) string {
			return strings.Replace(without3(f, command), "TAG OK", "TAG NO [SERVERBUG] some messages cannot be read", 1)
		}},
		{"another one in its place", func(f *fake, command string) string {
			return "* 3 FETCH (UID 99 BODY[] {2}\r\nhi)\r\n" + without3(f, command)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := startFake(t, func(f *fake, command string) (string, bool) {
				if asks(command, "3") {
					return test.bad(f, command), true
				}
				return "", false
			}, some(5)...)
			o := newOffice(f.box())
			o.pollers(t).run(t)
			o.has(t, []uint32{1, 2, 4, 5}, []uint32{3})
			o.settled(t, 5)
			held := o.got[slices.IndexFunc(o.got, func(g got) bool { return g.UID == 3 })]
			if held.Cause != helpdesk.Unfetchable || !strings.Contains(held.Words, "UID 3") {
				t.Errorf("held as %+v", held)
			}
			if slices.ContainsFunc(f.commands("UID STORE"), func(c string) bool { return contains(strings.Fields(c)[2], 3, 5) }) {
				t.Errorf("the mail was marked: %q", f.commands("UID STORE"))
			}
		})
	}
}

// A server that has trouble with all mail for a moment, however often it says so,
// hands it out later.
//
// covers: P04
func TestTroubleOfTheServer(t *testing.T) {
	var refused atomic.Int64
	f := startFake(t, func(f *fake, command string) (string, bool) {
		if strings.Contains(command, "BODY.PEEK[]") && refused.Add(1) <= 2*mostFailures {
			return "TAG NO internal error\r\n", true
		}
		return "", false
	}, some(1)...)
	o := newOffice(f.box())
	p := o.pollers(t)
	p.illFor = 0
	var past atomic.Int64
	p.Now = func() time.Time { return time.Now().Add(time.Duration(past.Load())) }
	p.run(t)
	for n := range int64(2 * mostFailures) {
		eventually(t, func() error {
			if got := refused.Load(); got <= n {
				return fmt.Errorf("refused %d times, want more than %d", got, n)
			}
			return nil
		})
		past.Add(int64(30 * time.Second)) // it is due again
	}
	o.has(t, []uint32{1}, nil)
	o.settled(t, 1)
}

// covers: P07
func TestOversized(t *testing.T) {
	t.Parallel()
	large := "From: a@customer.example\r\nSubject: large\r\n\r\n" + strings.Repeat("0123456789abcde\n", 1<<16+1)
	f := startFake(t, nil, numbered(1), large, numbered(3))
	o := newOffice(f.box())
	o.pollers(t).run(t)
	o.has(t, []uint32{1, 3}, []uint32{2})
	o.settled(t, 3)
	held := o.got[slices.IndexFunc(o.got, func(g got) bool { return g.UID == 2 })]
	if held.Cause != helpdesk.Oversized || held.Raw != "From: a@customer.example\r\nSubject: large\r\n\r\n" || !strings.Contains(held.Words, "UID 2") {
		t.Errorf("held as %+v", held)
	}
	if slices.ContainsFunc(f.commands("UID FETCH 2 "), func(c string) bool { return strings.Contains(c, "BODY.PEEK[]") }) {
		t.Error("it was fetched whole")
	}
}

// A server that says a mail is small sends no more than it may.
func TestLargerThanItSays(t *testing.T) {
	t.Parallel()
	large := "Subject: large\r\n\r\n" + strings.Repeat("0123456789abcde\n", 1<<16+1)
	f := startFake(t, func(f *fake, command string) (string, bool) {
		if strings.HasPrefix(command, "UID FETCH") && !strings.Contains(command, "BODY") {
			f.mu.Lock()
			defer f.mu.Unlock()
			return strings.ReplaceAll(f.fetch(strings.Fields(command)[2], command), fmt.Sprint(len(large)), "900000"), true
		}
		return "", false
	}, numbered(1), large)
	o := newOffice(f.box())
	o.pollers(t).run(t)
	o.has(t, []uint32{1}, []uint32{2})
	if held := o.got[1]; held.Cause != helpdesk.Oversized {
		t.Errorf("held as %+v", held)
	}
}

// covers: P01
func TestServersThatFail(t *testing.T) {
	on := func(command, answer string) func(*fake, string) (string, bool) {
		return func(_ *fake, c string) (string, bool) { return answer, strings.HasPrefix(c, command) }
	}
	tests := []struct {
		name    string
		answers func(*fake, string) (string, bool)
		mode    helpdesk.TLSMode
		step    Step
		words   string
		setup   bool
	}{
		{"lets everybody in", on("greeting", "* PREAUTH hello\r\n"), helpdesk.TLSNone, StepAuth, "PREAUTH", true},
		{"has no room", on("greeting", "* BYE too many connections\r\n"), helpdesk.TLSNone, StepAuth, "too many connections", false},
		{"hangs up", on("greeting", ""), helpdesk.TLSNone, StepAuth, "greeting", false},
		{"says nothing", on("greeting", "\r"), helpdesk.TLSNone, StepAuth, "did not answer in time", false},
		{"falls silent", on("SELECT", "* 5 EXISTS\r\n"), helpdesk.TLSNone, StepSelect, "did not answer in time", false},
		{"offers no password", on("greeting", "* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] hello\r\n"), helpdesk.TLSNone, StepAuth, "XOAUTH2", true},
		{"refuses", on("AUTHENTICATE", "TAG NO [AUTHENTICATIONFAILED] wrong \x1b[31mpassword\r\n"), helpdesk.TLSNone, StepAuth, "refused the sign-in", false},
		{"is busy", on("AUTHENTICATE", "TAG NO [UNAVAILABLE] later\r\n"), helpdesk.TLSNone, StepAuth, "later", false},
		{"gives no UIDVALIDITY", on("SELECT", "* 5 EXISTS\r\nTAG OK open\r\n"), helpdesk.TLSNone, StepSelect, "UIDVALIDITY", true},
		{"knows nobody", on("SELECT", "TAG BAD User is authenticated but not connected.\r\n"), helpdesk.TLSNone, StepSelect, "no mailbox for it", true},
		{"STARTTLS left out", on("STARTTLS", "TAG BAD what?\r\n"), helpdesk.TLSStartTLS, StepTLS, "gives no STARTTLS", false},
		{"PREAUTH before STARTTLS", on("greeting", "* PREAUTH hello\r\n"), helpdesk.TLSStartTLS, StepTLS, "PREAUTH", false},
		{"words put behind STARTTLS", on("STARTTLS", "TAG OK go\r\nTAG OK in\r\n* PREAUTH hello\r\n"), helpdesk.TLSStartTLS, StepTLS, "TLS", false},
		{"endless line before STARTTLS", on("greeting", "* OK "+strings.Repeat("x", 2*maxPlainLine)), helpdesk.TLSStartTLS, StepTLS, "endless line", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := startFake(t, test.answers, some(1)...)
			box := f.box(func(i *helpdesk.IMAP) { i.TLS = test.mode })
			c, err := Dialer{stall: time.Second}.open(t.Context(), box.IMAP, logins())
			if err == nil {
				_, err = c.open(t.Context(), "INBOX", false)
				c.logout()
			}
			fail, ok := errors.AsType[*Failure](err)
			if !ok || fail.Step != test.step || fail.Setup != test.setup || !strings.Contains(fail.Words(), test.words) {
				t.Fatalf("got %v, want step %s, setup %v, with %q", err, test.step, test.setup, test.words)
			}
			if strings.Contains(fail.Words(), "\x1b") {
				t.Error("control characters of the server come through")
			}
			if errors.Is(err, ErrRefused) != (test.name == "refuses") {
				t.Errorf("refused: %v", errors.Is(err, ErrRefused))
			}
			if test.mode == helpdesk.TLSStartTLS && len(f.commands("AUTHENTICATE")) > 0 {
				t.Error("the password was sent in the clear")
			}
		})
	}
}

// One that has news as soon as we wait for any is asked a few times a second.
//
// covers: P01
func TestNewsAtOnce(t *testing.T) {
	f := startFake(t, func(f *fake, command string) (string, bool) {
		switch command {
		case "IDLE":
			return "+ go on\r\n* 1 EXISTS\r\n", true
		case "":
			return f.idled(), true
		}
		return "", false
	}, some(1)...)
	f.caps += " IDLE"
	began, waits := time.Now(), 4
	newOffice(f.box()).pollers(t).run(t)
	eventually(t, func() error {
		if n := len(f.commands("IDLE")); n < waits {
			return fmt.Errorf("%d IDLE", n)
		}
		return nil
	})
	if took := time.Since(began); took < time.Duration(waits-1)*leastWait {
		t.Errorf("waited for news %d times in %v", waits, took)
	}
}

// What real servers get wrong, and go-imap gives up the connection for.
func TestServersThatErr(t *testing.T) {
	t.Parallel()
	f := startFake(t, func(f *fake, command string) (string, bool) {
		switch {
		case command == "NOOP":
			return "*  22279 EXISTS\r\nTAG OK done\r\n", true
		case strings.HasPrefix(command, "AUTHENTICATE"):
			return `TAG OK [Error="x y" Proxy=z] AUTHENTICATE completed.` + "\r\n", true
		}
		return "", false
	}, some(2)...)
	o := newOffice(f.box())
	o.pollers(t).run(t)
	o.has(t, []uint32{1, 2}, nil)
	eventually(t, func() error {
		if n := len(f.commands("NOOP")); n < 3 {
			return fmt.Errorf("looked %d times", n)
		}
		return nil
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conns != 1 {
		t.Errorf("%d connections, want 1", f.conns)
	}
}

// covers: P01
func TestThrottled(t *testing.T) {
	t.Parallel()
	var refused atomic.Int64
	f := startFake(t, func(f *fake, command string) (string, bool) {
		if strings.HasPrefix(command, "SELECT") && refused.CompareAndSwap(0, time.Now().UnixNano()) {
			return "TAG BAD Request is throttled. Suggested Backoff Time: 1500 milliseconds\r\n", true
		}
		return "", false
	}, some(1)...)
	o := newOffice(f.box())
	o.pollers(t).run(t)
	o.has(t, []uint32{1}, nil)
	if waited := time.Since(time.Unix(0, refused.Load())); waited < 1500*time.Millisecond {
		t.Errorf("came back after %s", waited)
	}
}

// Whoever is refused three times leaves the account alone, until the secret changes.
//
// covers: P01
func TestLockOut(t *testing.T) {
	t.Parallel()
	var good atomic.Bool
	f := startFake(t, func(f *fake, command string) (string, bool) {
		return "TAG NO [AUTHENTICATIONFAILED] no\r\n", strings.HasPrefix(command, "AUTHENTICATE") && !good.Load()
	}, some(1)...)
	o := newOffice(f.box())
	secrets := shelf{"mail": "falsch"}
	p := o.pollers(t)
	p.Logins = newLogins(secrets)
	p.run(t)
	eventually(t, func() error {
		if s := o.status(); s.Step != "AUTH" || time.Until(s.Next) < lockOutWait/2 {
			return fmt.Errorf("status %+v, want a long wait", s)
		}
		return nil
	})
	if tries := len(f.commands("AUTHENTICATE")); tries != mostRefusals {
		t.Errorf("%d sign-ins were tried, want %d", tries, mostRefusals)
	}
	good.Store(true)
	secrets.set("mail", password)
	o.has(t, []uint32{1}, nil)
	if tries := len(f.commands("AUTHENTICATE")); tries != mostRefusals+1 {
		t.Errorf("%d sign-ins were tried, want one more", tries)
	}
}

// A server that tells how much mail there is whenever it is asked anything is not
// asked all the time.
//
// covers: P01
func TestTalkativeServer(t *testing.T) {
	f := startFake(t, func(f *fake, command string) (string, bool) {
		switch {
		case command == "NOOP", strings.HasPrefix(command, "UID STORE"):
			return "* 1 EXISTS\r\nTAG OK done\r\n", true
		case command == "IDLE":
			return "+ go on\r\n", true
		case command == "":
			return f.idled(), true
		}
		return "", false
	}, some(1)...)
	f.caps += " IDLE"
	o := newOffice(f.box())
	stop := o.pollers(t).run(t)
	o.has(t, []uint32{1}, nil)
	eventually(t, func() error {
		if n := len(f.commands("IDLE")); n < 2 {
			return fmt.Errorf("%d IDLE", n)
		}
		return nil
	})
	o.settled(t, 1)
	stop()
	if idles := len(f.commands("IDLE")); idles > 2 {
		t.Errorf("waited for news %d times, want twice: once for what the first look brought", idles)
	}
}
