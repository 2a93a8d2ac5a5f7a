package smtpd

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What an attacker writes behind a false end of data.
const smuggled = "MAIL FROM:<ceo@bank.example>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\nQUIT\r\n"

var falseEnds = []string{
	"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\n.\r", "\r.\n",
	"\r\r\n.\r\n", "\r\n.\r\r\n", "\r\n\x00.\r\n", "\r\n.\x00\r\n", "\n\r.\n\r", "\r\n.\n\r\n", "\r\n..\r\n",
}

// Only CR LF . CR LF ends a mail; each other sequence refuses it and ends the
// connection.
func TestFalseEndsOfData(t *testing.T) {
	for _, end := range falseEnds {
		t.Run(fmt.Sprintf("%q", end), func(t *testing.T) {
			w := start(t, Limits{Idle: 200 * time.Millisecond, lingerAtMost: time.Second})
			c := w.begin(t)
			c.send("Subject: x\r\n\r\nhello" + end + smuggled)
			first := c.reply()
			switch lone := strings.ReplaceAll(end, "\r\n", ""); {
			case strings.ContainsAny(lone, "\r\n"):
				if !strings.HasPrefix(first, "521 5.5.2") {
					t.Errorf("answer %q", first)
				}
				_ = c.Close() // ends the lingering
				w.wantTaken(t, 0)
			default: // whole lines: the smuggled mail is text of the first
				if got := w.taken(); len(got) != 1 || !strings.Contains(got[0].Body, "ceo@bank.example") {
					t.Errorf("taken %q, answer %q", got, first)
				}
			}
		})
	}
}

// covers: P04
func TestLoneLineEnds(t *testing.T) {
	for _, bad := range []string{"a\nb", "a\rb", "\n", "\r\r\n", "a\r\n\nb", strings.Repeat("x", 40_000) + "\n"} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%.10q chunked %v", bad, chunked), func(t *testing.T) {
				w := start(t, Limits{})
				c := w.hello(t)
				c.send("MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\n")
				c.want("250", "250")
				mail := "Subject: x\r\n\r\n" + bad + "\r\n"
				if chunked {
					c.send(fmt.Sprintf("BDAT %d LAST\r\n%s", len(mail), mail) + smuggled)
				} else {
					c.send("DATA\r\n" + mail + ".\r\n" + smuggled)
					c.want("354")
				}
				c.want("521 5.5.2")
				_ = c.Conn.(interface{ CloseWrite() error }).CloseWrite()
				if more := c.rest(); more != "" {
					t.Errorf("after the refusal: %q", more)
				}
				w.wantTaken(t, 0)
				if diff := cmp.Diff(map[string]int{"refused line-ending": 1}, w.meter.read()); diff != "" {
					t.Errorf("meter (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// The answer reaches a client that looks for it only after sending all.
func TestRefusalIsSeenAfterSendingAll(t *testing.T) {
	w := start(t, Limits{})
	c := w.begin(t)
	c.send("a\nb\r\n" + mailOf(8<<20) + ".\r\n")
	c.want("521 5.5.2")
}

// A refusal between two chunks is the answer to the next, never a lost one.
func TestLoneLineEndBetweenChunks(t *testing.T) {
	for range 20 {
		w := start(t, Limits{})
		c := w.hello(t)
		c.send("MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\nBDAT 3\r\na\nbBDAT 3 LAST\r\nabc" + smuggled)
		c.want("250", "250")
		for {
			got := c.reply()
			if strings.HasPrefix(got, "521 5.5.2") {
				break
			}
			if got != "250 2.0.0 Continue\r\n" {
				t.Fatalf("answer %q", got)
			}
		}
		_ = c.Close()
		w.wantTaken(t, 0)
	}
}

// covers: P04
func TestTimingSmuggling(t *testing.T) {
	for name, begin := range map[string]string{"DATA": "DATA\r\n", "BDAT": "BDAT 5000 LAST\r\n"} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Limits{Idle: 100 * time.Millisecond})
			c := w.hello(t)
			c.send("MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\n" + begin + "Subject: x\r\n\r\nslow\r\n")
			c.want("250", "250")
			if name == "DATA" {
				c.want("354")
			}
			c.want(map[string]string{"DATA": "451 4.4.2", "BDAT": "421 4.4.2"}[name]) // past the idle limit
			_, _ = fmt.Fprint(c.Conn, smuggled+"\r\n.\r\n"+smuggled)                  // may fail: closed
			if more := c.rest(); more != "" {
				t.Errorf("after the refusal: %q", more)
			}
			w.wantTaken(t, 0)
		})
	}
}

// go-smtp drops ".\r" at the start of a line, so the mail itself would show
// nothing.
func TestDotAndLoneCR(t *testing.T) {
	for _, end := range []string{"\r\n.\rx\r\n.\r\n", "\r\n.\r\r\n.\r\n"} {
		w := start(t, Limits{})
		c := w.hello(t)
		c.send("MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\nhello" + end)
		c.want("250", "250", "354", "521 5.5.2")
		_ = c.Close()
		w.wantTaken(t, 0)
	}
}
