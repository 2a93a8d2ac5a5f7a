package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// measure asks for b.N pages and tells how many a second, how long they took, and
// how much of the processors the daemon used.
func (w *pagesWorld) measure(b *testing.B, ask func() string) {
	var next, sent atomic.Int64
	took := make([][]time.Duration, *benchConnections)
	errs := make(chan error, *benchConnections)
	w.profile()
	defer w.profile()
	busy := w.busy()
	b.ResetTimer()
	var wg sync.WaitGroup
	for i := range *benchConnections {
		wg.Go(func() {
			errs <- w.connected(func(p *pagesConn) error {
				for next.Add(1) <= int64(b.N) {
					began := time.Now()
					n, err := p.page(ask())
					if err != nil {
						return err
					}
					sent.Add(n)
					took[i] = append(took[i], time.Since(began))
				}
				return nil
			})
		})
	}
	wg.Wait()
	elapsed := b.Elapsed()
	busy = w.busy() - busy
	for range *benchConnections {
		w.answered(b, <-errs)
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	b.ReportMetric(float64(len(all))/elapsed.Seconds(), "pages/s")
	b.ReportMetric(quantile(all, 0.5), "p50-ms")
	b.ReportMetric(quantile(all, 0.99), "p99-ms")
	b.ReportMetric(float64(sent.Load())/float64(len(all)), "bytes/page")
	b.ReportMetric(float64(busy.Microseconds())/1000/float64(len(all)), "cpu-ms/page")
}

// calmRate is how many pages a second a desk of some dozen busy agents asks for.
const calmRate = 20

// calm asks for some pages, each at its time whether or not those before are there,
// and gives how long it took from then, the shortest first.
func (w *pagesWorld) calm(ask func() string) ([]time.Duration, error) {
	due := make(chan time.Time, *benchCalm) // has room for all
	took := make([][]time.Duration, *benchConnections)
	errs := make(chan error, *benchConnections)
	for i := range *benchConnections {
		go func() {
			errs <- w.connected(func(p *pagesConn) error {
				for at := range due {
					if _, err := p.page(ask()); err != nil {
						return err
					}
					took[i] = append(took[i], time.Since(at))
				}
				return nil
			})
		}()
	}
	at := time.Now()
	for range *benchCalm {
		at = at.Add(time.Duration(rand.ExpFloat64() * float64(time.Second) / calmRate))
		time.Sleep(time.Until(at))
		due <- at
	}
	close(due)
	var err error
	for range *benchConnections {
		err = errors.Join(err, <-errs)
	}
	all := slices.Concat(took...)
	slices.Sort(all)
	return all, err
}

// quantile is what so large a share took at most, in ms.
func quantile(sorted []time.Duration, share float64) float64 {
	return float64(sorted[int(share*float64(len(sorted)-1))].Microseconds()) / 1000
}

// answered ends the benchmark if there was an error.
func (w *pagesWorld) answered(b testing.TB, err error) {
	if err != nil {
		w.tell()
		b.Fatal(err)
	}
}

// busy is how long processors have worked for the daemon.
func (w *pagesWorld) busy() time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", w.daemon.Pid))
	w.must(err)
	fields := bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:]) // proc(5): the first is the third
	user, err := strconv.Atoi(string(fields[11]))
	w.must(err)
	system, err := strconv.Atoi(string(fields[12]))
	w.must(err)
	return time.Duration(user+system) * time.Second / 100 // USER_HZ
}

// pagesConn is a connection to the daemon that is kept.
type pagesConn struct {
	net.Conn
	r *bufio.Reader
}

func (w *pagesWorld) connected(do func(*pagesConn) error) error {
	conn, err := net.Dial("tcp", w.http)
	if err != nil {
		return err
	}
	defer conn.Close()
	return do(&pagesConn{conn, bufio.NewReaderSize(conn, 64<<10)})
}

// page asks for one and tells how many bytes it has.
func (p *pagesConn) page(request string) (int64, error) {
	if _, err := io.WriteString(p, request); err != nil {
		return 0, err
	}
	return readPage(p.r)
}

// readPage reads one answer and throws it away: a whole HTTP client would cost as
// much as the server.
func readPage(r *bufio.Reader) (int64, error) {
	status, err := r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200")) {
		return 0, fmt.Errorf("the daemon answers %q", status)
	}
	length, chunked := int64(0), false
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
		}
		chunked = chunked || bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked"))
	}
	if !chunked {
		n, err := r.Discard(int(length))
		return int64(n), err
	}
	var sum int64
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 64)
		if err != nil {
			return 0, err
		}
		if _, err := r.Discard(int(n) + 2); err != nil {
			return 0, err
		}
		if n == 0 {
			return sum, nil
		}
		sum += n
	}
}
