package imappoll

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// A server that does not say which UID comes next (RFC 9051 section 7.1 lets it
// leave that out) does not make old mail new.
//
// covers: P01
func TestNewMailWithoutUIDNext(t *testing.T) {
	f := startFake(t, func(f *fake, command string) (string, bool) {
		switch {
		case strings.HasPrefix(command, "SELECT"):
			return "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\nTAG OK [READ-WRITE] open\r\n", true
		case strings.HasPrefix(command, "FETCH 3 "):
			return "* 3 FETCH (UID 3)\r\nTAG OK done\r\n", true
		}
		return "", false
	}, some(3)...)
	o := newOffice(f.box(func(i *helpdesk.IMAP) { i.Start = helpdesk.FromNew }))
	o.pollers(t).run(t)
	o.settled(t, 3)
	f.mu.Lock()
	f.mails[4] = numbered(4)
	f.mu.Unlock()
	o.has(t, []uint32{4}, nil)
}

// Some servers number by the clock: nearly all numbers are holes.
//
// covers: P01
func TestNumbersFarApart(t *testing.T) {
	const uid = 4_000_000_000
	f := startFake(t, func(f *fake, command string) (string, bool) {
		words := append(strings.Fields(command), "", "", "")
		switch {
		case words[0] == "SELECT":
			return fmt.Sprintf("* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT %d] ok\r\nTAG OK open\r\n", uint32(uid+1)), true
		case words[0] == "UID" && words[1] == "FETCH":
			if !contains(words[2], uid, uid) {
				return "TAG OK done\r\n", true
			}
			if strings.Contains(command, "BODY.PEEK[]") {
				return fmt.Sprintf("* 1 FETCH (UID %d BODY[] {%d}\r\n%s)\r\nTAG OK done\r\n", uint32(uid), len(numbered(1)), numbered(1)), true
			}
			return fmt.Sprintf("* 1 FETCH (UID %d FLAGS () INTERNALDATE \"04-Mar-2026 12:00:00 +0000\" RFC822.SIZE %d)\r\nTAG OK done\r\n", uint32(uid), len(numbered(1))), true
		}
		return "", false
	})
	o := newOffice(f.box())
	o.pollers(t).run(t)
	o.has(t, []uint32{uid}, nil)
	o.settled(t, uid)
}

// A mail that claims to have come in the future does not hide others, when the
// server numbers the folder anew.
//
// covers: P01
func TestMailFromTheFuture(t *testing.T) {
	f := startFake(t, func(f *fake, command string) (string, bool) {
		if !strings.HasPrefix(command, "UID FETCH") || strings.Contains(command, "BODY") {
			return "", false
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		said := f.fetch(strings.Fields(command)[2], command)
		today := time.Now().Format("02-Jan-2006 15:04:05 -0700")
		said = strings.ReplaceAll(said, "04-Mar-2026 12:00:00 +0000", today)
		return strings.Replace(said, "UID 1 FLAGS () INTERNALDATE \""+today, "UID 1 FLAGS () INTERNALDATE \"19-Jan-2038 12:00:00 +0000", 1), true
	}, some(2)...)
	o := newOffice(f.box())
	p := o.pollers(t)
	stop := p.run(t)
	o.has(t, []uint32{1, 2}, nil)
	o.settled(t, 2)
	stop()
	f.mu.Lock()
	f.validity, f.mails[3] = 8, numbered(3) // which came while nobody looked
	f.mu.Unlock()
	p.run(t)
	eventually(t, func() error {
		for _, g := range o.all() {
			if g.UID == 3 {
				return nil
			}
		}
		return fmt.Errorf("UID 3 was not taken in: %+v", o.status())
	})
}

func (o *office) all() []got {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]got(nil), o.got...)
}

// A server that was set back, from a backup say, gives UIDs anew that it has given
// before, and often says nothing of it.
//
// covers: P01
func TestServerSetBack(t *testing.T) {
	f := startFake(t, nil, some(5)...)
	o := newOffice(f.box())
	p := o.pollers(t)
	stop := p.run(t)
	o.has(t, []uint32{1, 2, 3, 4, 5}, nil)
	o.settled(t, 5)
	stop()
	f.mu.Lock()
	f.mails = map[uint32]string{1: numbered(1), 2: numbered(6)}
	f.mu.Unlock()
	p.run(t)
	eventually(t, func() error {
		if !slices.ContainsFunc(o.all(), func(g got) bool { return g.Raw == numbered(6) }) {
			return fmt.Errorf("the new mail was not taken in: %+v", o.status())
		}
		return nil
	})
	o.settled(t, 2)
}
