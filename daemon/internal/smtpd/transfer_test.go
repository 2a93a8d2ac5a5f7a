package smtpd

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// mailOf has n octets, CR LF at its end included.
func mailOf(n int) string {
	const row = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n" // 64
	return strings.Repeat("x", n%len(row)) + strings.Repeat(row, n/len(row))
}

func TestSizes(t *testing.T) {
	const limit = 1 << 20
	tests := []struct {
		name   string
		to     string
		bytes  int
		answer string
	}{
		{"exactly the limit", "support", limit, "250"},
		{"one more", "support", limit + 1, "552 5.3.4"},
		{"much more", "support", 4 * limit, "552 5.3.4"},
		{"exactly the mailbox's limit", "sales", smallMailbox, "250"},
		{"one more than the mailbox's", "sales", smallMailbox + 1, "552 5.3.4"},
	}
	for _, tt := range tests {
		mail := mailOf(tt.bytes)
		for name, transfer := range map[string]string{
			"DATA":        "DATA\r\n" + mail + ".\r\n",
			"BDAT":        fmt.Sprintf("BDAT %d LAST\r\n%s", len(mail), mail),
			"BDAT chunks": fmt.Sprintf("BDAT 100\r\n%sBDAT %d LAST\r\n%s", mail[:100], len(mail)-100, mail[100:]),
		} {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				w := start(t, Limits{MessageBytes: limit})
				c := w.hello(t)
				c.send("MAIL FROM:<a@customer.example>\r\nRCPT TO:<" + tt.to + "@acme.example>\r\n" + transfer)
				c.want("250", "250")
				switch name {
				case "DATA":
					c.want("354")
				case "BDAT chunks":
					c.want("250")
				}
				c.want(tt.answer)
				c.alive("in step")
				var want []int
				if tt.answer == "250" {
					want = append(want, tt.bytes)
				}
				want = append(want, len("in step\r\n"))
				var got []int
				for _, m := range w.taken() {
					got = append(got, len(m.Body))
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("octets taken in (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestHugeMailAtDefaultLimits(t *testing.T) {
	w := serve(t, Options{Largest: func() int64 { return 36 << 20 }})
	c := w.begin(t)
	go func() { _, _ = fmt.Fprint(c.Conn, mailOf(40<<20)+".\r\n") }()
	c.want("552 5.3.4")
	c.alive("in step")
	w.wantTaken(t, 1)
}

func TestAnnouncedSize(t *testing.T) {
	w := start(t, Limits{MessageBytes: 10_000})
	c := w.hello(t)
	c.send("MAIL FROM:<> SIZE=10001\r\nMAIL FROM:<> SIZE=99999999999\r\nMAIL FROM:<> SIZE=10000\r\n")
	c.want("552 5.3.4", "501", "250")
	c.send("RCPT TO:<sales@acme.example>\r\nRCPT TO:<support@acme.example>\r\n")
	c.want("552 5.3.4", "250")
}

// What the largest mailbox takes is told and held to, also when that changes.
//
// covers: P12
func TestSizeOfTheLargestMailbox(t *testing.T) {
	var largest atomic.Int64
	w := serve(t, Options{Limits: Limits{MessageBytes: 10_000}, Largest: largest.Load})
	for _, tt := range []struct {
		name    string
		largest int64
		want    string
	}{{"none is declared", 0, "10000"}, {"small ones", 5000, "5000"}, {"more than we take", 50_000, "10000"}} {
		largest.Store(tt.largest)
		c := w.dial(t)
		c.want("220")
		c.send("EHLO client.example\r\n")
		told := ""
		for line := ""; !strings.HasPrefix(line, "250 "); {
			var err error
			if line, err = c.r.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			if size, ok := strings.CutPrefix(line, "250-SIZE "); ok {
				told = strings.TrimSpace(size)
			}
		}
		if told != tt.want {
			t.Errorf("%s: SIZE %s, want %s", tt.name, told, tt.want)
		}
		c.send("MAIL FROM:<> SIZE=" + tt.want + "1\r\nMAIL FROM:<> SIZE=" + tt.want + "\r\n")
		c.want("552 5.3.4", "250")
	}
}

// What is thrown away is bounded too, and its end is not a command.
func TestDiscardIsBounded(t *testing.T) {
	for name, send := range map[string]string{
		"DATA":                    "MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\n",
		"BDAT":                    "MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\nBDAT 4294967295 LAST\r\n",
		"BDAT without recipients": "BDAT 4294967295 LAST\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, Limits{MessageBytes: 1000, discardAtMost: 100_000, lingerAtMost: time.Second})
			c := w.hello(t)
			c.send(send)
			go func() { _, _ = fmt.Fprint(c.Conn, strings.Repeat(mailOf(64), 100_000)) }()
			c.rest()
			w.wantTaken(t, 0)
		})
	}
}

func TestChunking(t *testing.T) {
	const begin = "MAIL FROM:<a@customer.example>\r\nRCPT TO:<support@acme.example>\r\n"
	one := func(b string) []taken {
		return []taken{{From: "a@customer.example", To: []string{"support@acme.example"}, Body: b}}
	}
	tests := []struct {
		name  string
		send  string
		codes string
		want  []taken
	}{
		{"one chunk", begin + "BDAT 4 LAST\r\na\r\n.", "250 250 250", one("a\r\n.")},
		{"three chunks", begin + "BDAT 2\r\naaBDAT 3\r\nb\r\nBDAT 0 LAST\r\n", "250 250 250 250 250", one("aab\r\n")},
		{"CR LF parted by a chunk's end", begin + "BDAT 2\r\na\rBDAT 1 LAST\r\n\n", "250 250 250 250", one("a\r\n")},
		{"end of data is data", begin + "BDAT 7 LAST\r\na\r\n.\r\nb", "250 250 250", one("a\r\n.\r\nb")},
		{"chunk after a refused one is no command", "BDAT 10 LAST\r\nRSET\r\nEHLOBDAT 6\r\nQUIT\r\n", "502 502", nil},
		{"no DATA within", begin + "BDAT 1\r\naDATA\r\nBDAT 1 LAST\r\nb", "250 250 250 502 250", one("ab")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t, Limits{})
			c := w.hello(t)
			c.send(tt.send)
			c.want(strings.Fields(tt.codes)...)
			if diff := cmp.Diff(tt.want, w.taken()); diff != "" {
				t.Errorf("taken (-want +got):\n%s", diff)
			}
			c.send("QUIT\r\n")
			c.want("221")
		})
	}
}

// A mail that is taken back between its chunks ends the connection; its result
// must never be told as that of the next one.
func TestChunksTakenBack(t *testing.T) {
	const begin = "MAIL FROM:<a@customer.example>\r\nRCPT TO:<support@acme.example>\r\n"
	for _, chunk := range []string{"BDAT 2\r\naa", "BDAT 0\r\n"} {
		for range 20 {
			w := start(t, Limits{})
			c := w.hello(t)
			c.send(begin + chunk)
			c.want("250", "250", "250")
			c.send("RSET\r\n" + begin + "BDAT 1 LAST\r\nb")
			_ = c.Conn.(interface{ CloseWrite() error }).CloseWrite()
			all := c.rest()
			w.server.Shutdown(t.Context())
			got := w.taken()
			if strings.Contains(all, "queued") && len(got) != 1 || len(got) > 1 || len(got) == 1 && got[0].Body != "b" {
				t.Fatalf("answers %q, taken %q", all, got)
			}
			if chunk != "BDAT 0\r\n" && all != "421 4.5.0 The mail was taken back; connect again\r\n" {
				t.Fatalf("answers %q", all)
			}
		}
	}
}

func TestChunkDesync(t *testing.T) {
	const evil = "MAIL FROM:<evil@x.example>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\nevil\r\n.\r\n"
	w := start(t, Limits{MessageBytes: 1000})
	c := w.hello(t)
	big := mailOf(2000)
	c.send("MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\n" +
		fmt.Sprintf("BDAT %d\r\n%sBDAT %d\r\n%sBDAT %d LAST\r\n%s", len(big), big, len(evil), evil, len(evil), evil))
	c.want("250", "250")
	// The refusal may come with the first chunk or, if all of that was read
	// before it was looked at, with the second.
	first := c.reply()
	if got := first + c.reply() + c.reply(); strings.Count(got, "552 5.3.4") != 1 || strings.Contains(got, "queued") {
		t.Errorf("answers %q", got)
	}
	c.alive("in step")
	w.wantTaken(t, 1)
}

// A client that goes away within a mail has not sent one.
func TestTruncated(t *testing.T) {
	const begin = "MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\n"
	for _, transfer := range []string{
		"DATA\r\n" + sample, "DATA\r\n" + sample + ".", "DATA\r\n" + sample + ".\r", "DATA\r\n",
		"BDAT 100 LAST\r\n" + sample, "BDAT 100 LAST\r\n", "BDAT 5\r\nabc\r\n", "BDAT 5\r\nabc\r\nBDAT 5 LAST\r\nab",
	} {
		t.Run(transfer, func(t *testing.T) {
			w := start(t, Limits{})
			c := w.hello(t)
			c.send(begin + transfer)
			_ = c.Conn.(interface{ CloseWrite() error }).CloseWrite()
			if all := c.rest(); strings.Contains(all, "queued") || strings.Contains(all, "127.0.0.1") {
				t.Errorf("answers %q", all)
			}
			w.server.Shutdown(context.Background()) // no transfer is left after it
			w.wantTaken(t, 0)
		})
	}
}
