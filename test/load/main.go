// Command load sends mails over several SMTP connections and tells how fast
// they were accepted. Every mail is another one: own sender, Message-ID and
// text. It only talks to addresses of this machine.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

// plan is what to send.
type plan struct {
	addr, to    string
	connections int
	mails       int
	size        int
	senders     int
	file        int // bytes
	watched     int
}

func main() {
	var p plan
	flag.StringVar(&p.addr, "addr", "127.0.0.1:2525", "server, on this machine")
	flag.StringVar(&p.to, "to", "support@acme.example", "recipient")
	flag.IntVar(&p.connections, "c", 64, "connections")
	flag.IntVar(&p.mails, "n", 5000, "mails in all")
	flag.IntVar(&p.size, "size", 2048, "bytes of one mail")
	flag.IntVar(&p.senders, "senders", 1000, "different senders")
	flag.IntVar(&p.file, "file", 0, "bytes of a file in each mail, another one each; without it mails are text")
	flag.IntVar(&p.watched, "pid", 0, "process whose most memory meanwhile is told")
	stalled := flag.Int("stalled", 0, "open so many connections that stall instead, and tell how long one mail takes beside them")
	flag.Parse()
	var err error
	if *stalled > 0 {
		err = p.stalled(*stalled)
	} else {
		err = run(p)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// local refuses servers of others.
func (p plan) local() error {
	if addr, err := netip.ParseAddrPort(p.addr); err != nil || !addr.Addr().IsLoopback() {
		return fmt.Errorf("%s is not an address of this machine", p.addr)
	}
	return nil
}

func run(p plan) error {
	if err := p.local(); err != nil {
		return err
	}
	latencies := make([][]time.Duration, p.connections)
	errs := make([]error, p.connections)
	var next atomic.Int64
	told := func() {}
	if p.watched != 0 {
		told = watch(p.watched)
	}
	start := time.Now()
	var wg sync.WaitGroup
	for i := range p.connections {
		wg.Go(func() { latencies[i], errs[i] = p.connection(&next) })
	}
	wg.Wait()
	took := time.Since(start)
	told()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	all := slices.Concat(latencies...)
	slices.Sort(all)
	at := func(share float64) time.Duration {
		return all[min(int(share*float64(len(all))), len(all)-1)].Round(10 * time.Microsecond)
	}
	fmt.Printf("%d mails, %d connections: %.0f mails/s, p50 %v, p95 %v, p99 %v\n",
		len(all), p.connections, float64(len(all))/took.Seconds(), at(0.50), at(0.95), at(0.99))
	return nil
}

// connection sends mails over one connection until all are sent, and tells how
// long each took from MAIL to the final answer.
func (p plan) connection(next *atomic.Int64) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		return nil, err
	}
	client := smtp.NewClient(conn)
	defer client.Close()
	var took []time.Duration
	for {
		n := int(next.Add(1))
		if n > p.mails {
			return took, client.Quit()
		}
		from := fmt.Sprintf("sender%d@customer.example", n%p.senders)
		start := time.Now()
		if err := client.SendMail(from, []string{p.to}, p.open(n, from)); err != nil {
			return nil, fmt.Errorf("mail %d: %w", n, err)
		}
		took = append(took, time.Since(start))
	}
}

func (p plan) mail(n int, from string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: Sender %d <%s>\r\nTo: %s\r\nSubject: Question %d\r\nMessage-ID: <%d.%d@customer.example>\r\n"+
		"Date: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
		n, from, p.to, n, n, time.Now().UnixNano(), time.Now().Format(time.RFC1123Z))
	for b.Len() < p.size-70 {
		b.WriteString("The parcel has not come yet, and I would like to know where it is.\r\n")
	}
	return b.String()
}
