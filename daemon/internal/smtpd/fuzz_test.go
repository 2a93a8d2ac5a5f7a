package smtpd

import (
	"bytes"
	"errors"
	"io"
	"net"
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

// Whatever a client writes: nothing panics, and there is no more mail than ends
// of data.
func FuzzSession(f *testing.F) {
	const begin = "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@acme.example>\r\n"
	for _, s := range []string{
		begin + "DATA\r\nx\r\n.\r\nQUIT\r\n", begin + "DATA\r\nx\n.\n" + smuggled, begin + "BDAT 3\r\nabcBDAT 0 LAST\r\n",
		begin + "BDAT 100 LAST\r\nabc", begin + "DATA\r\nx\r\n.\rMAIL", "QUIT\r\n" + begin, begin + "BDAT 0\r\nRSET\r\n" + begin[8:] + "DATA\r\n.\r\n",
		"POST / HTTP/1.1\r\n", begin + "QUIT\r\nDATA\r\n.\r\n", begin + "DATA\r\n.\r\nBDAT 4294967295 LAST\r\n",
	} {
		f.Add([]byte(s))
	}
	w := start(f, Limits{PerAddress: 1000, Idle: time.Second, lingerAtMost: 10 * time.Millisecond})
	f.Fuzz(func(t *testing.T, in []byte) {
		w.mu.Lock()
		w.mails = nil
		w.mu.Unlock()
		c, err := net.Dial("tcp", w.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(guard))
		_, _ = c.Write(in)
		_ = c.(*net.TCPConn).CloseWrite()
		out, _ := io.ReadAll(c) // the server may reset
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
		if strings.Contains(string(out), "transaction failed") || strings.Contains(string(out), "421 4.0.0") {
			t.Errorf("an error of ours went out: %q", out)
		}
	})
}
