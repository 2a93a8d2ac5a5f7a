package smtpd

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

var lone = regexp.MustCompile(`(^|[^\r])\n|\r([^\n]|$)`)

func FuzzBody(f *testing.F) {
	for _, s := range []string{"", "a\r\nb", "\n", "\r", "\r\r\n", "a\r\n\r\n", "a\nb", "a\rb", "x\r\n.\r\n"} {
		f.Add([]byte(s), int64(5))
	}
	f.Fuzz(func(t *testing.T, in []byte, limit int64) {
		if limit < 0 {
			return
		}
		for name, r := range map[string]io.Reader{
			"whole": bytes.NewReader(in), "bytes": iotest.OneByteReader(bytes.NewReader(in)), "end with data": iotest.DataErrReader(bytes.NewReader(in)),
		} {
			b := &body{r: r, left: limit}
			out, err := io.ReadAll(b)
			long, bad := int64(len(in)) > limit, lone.Match(in)
			switch {
			case !long && !bad && (err != nil || !b.ended || !bytes.Equal(out, in)):
				t.Errorf("%s: refused with %v", name, err)
			case bad && !long && !errors.Is(err, errLineEnding), long && !bad && !errors.Is(err, errTooLarge), (bad || long) && (err == nil || b.ended):
				t.Errorf("%s: long %v, bad %v, but error %v", name, long, bad, err)
			}
		}
	})
}

// Whatever a client writes after hello, by SMTP or LMTP, as a stranger, behind a
// proxy, or as a relay whose lines are repaired: nothing panics, there is no more
// mail than ends of data, and none has a lone CR or LF.
func FuzzSession(f *testing.F) {
	const begin = "MAIL FROM:<a@b.example>\r\nRCPT TO:<support@acme.example>\r\n"
	for _, s := range []string{
		begin + "DATA\r\nx\r\n.\r\nQUIT\r\n", begin + "DATA\r\nx\n.\n" + smuggled, begin + "BDAT 3\r\nabcBDAT 0 LAST\r\n",
		begin + "BDAT 100 LAST\r\nabc", begin + "DATA\r\nx\r\n.\rMAIL", "QUIT\r\n" + begin, begin + "BDAT 0\r\nRSET\r\n" + begin + "DATA\r\n.\r\n",
		"POST / HTTP/1.1\r\n", begin + "QUIT\r\nDATA\r\n.\r\n", begin + "DATA\r\n.\r\nBDAT 4294967295 LAST\r\n", "RCPT TO:<postmaster>\r\n",
		begin + "RCPT TO:<sales@acme.example>\r\nRCPT TO:<SALES@acme.example>\r\nDATA\r\nx\r\n.\r\n", "STARTTLS\r\n" + begin, "AUTH PLAIN\r\nHELP\r\nLHLO x\r\nEHLO x\r\n" + begin,
		begin + "BDAT 2\r\na\rBDAT 1 LAST\r\nb" + begin + "DATA\r\na\r\r\n.\r\n", begin + "BDAT 5 LAST extra\r\nBDAT -1\r\nBDAT 5x\r\n" + begin,
	} {
		for mode := range byte(8) {
			f.Add(mode, []byte(s))
		}
	}
	worlds := make([]*world, 8)
	for mode := range worlds {
		options := Options{Limits: Limits{PerAddress: 1000, Idle: time.Second, lingerAtMost: 10 * time.Millisecond}, LMTP: mode&1 != 0}
		if mode&2 != 0 {
			options.Repair.Networks = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
		}
		if mode&4 != 0 {
			options = behindProxy(options)
		}
		worlds[mode] = serve(f, options)
	}
	f.Fuzz(func(t *testing.T, mode byte, in []byte) {
		mode %= byte(len(worlds))
		w := worlds[mode]
		w.mu.Lock()
		w.mails = nil
		w.mu.Unlock()
		out := w.exchange(t, mode, in)
		ends := strings.Count(string(in), "\n.\r\n") + strings.Count(strings.ToUpper(string(in)), "LAST")
		mails := w.taken()
		if len(mails) > ends {
			t.Errorf("%d mails of %d ends; answers %q", len(mails), ends, out)
		}
		for _, m := range mails {
			if lone.MatchString(m.Body) {
				t.Errorf("taken with a lone CR or LF: %q", m.Body)
			}
		}
		if strings.Contains(out, "transaction failed") || strings.Contains(out, "421 4.0.0") {
			t.Errorf("an error of ours went out: %q", out)
		}
	})
}

// exchange says hello, sends in, and returns all answers after that.
func (w *world) exchange(t *testing.T, mode byte, in []byte) string {
	c := w.dial(t)
	defer c.Close()
	if mode&4 != 0 {
		c.send(proxyHeader("192.0.2.7"))
	}
	c.want("220")
	if mode&1 != 0 {
		c.send("LHLO x\r\n")
	} else {
		c.send("EHLO x\r\n")
	}
	c.want("250")
	_, _ = c.Write(in) // the server may close before it is all sent
	_ = c.Conn.(*net.TCPConn).CloseWrite()
	out, _ := io.ReadAll(c.r) // the server may reset
	return string(out)
}
