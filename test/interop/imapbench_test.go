package interop

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/test/peers"
)

// BenchmarkFetch fetches b.N mails of 4 KB from Dovecot over one connection, with
// the program as it is served: each is a request of a customer of its own, with
// its confirmation.
//
//	go test -run '^$' -bench Fetch -benchtime 5000x ./test/interop
func BenchmarkFetch(b *testing.B) {
	if b.N == 1 { // the trial run of the testing package
		return
	}
	dovecot := peers.StartDovecot(b, map[string]string{fetched: password})
	mails := make([][]byte, b.N)
	for i := range mails {
		mails[i] = append(fetchMail(i), strings.Repeat("All of it is still missing, and nobody tells me why that is so.\r\n", 58)...)
	}
	dovecot.Deliver(b, fetched, "", mails...)
	b.Setenv("SSL_CERT_FILE", dovecot.CA)
	d := peers.StartDesk(b, polledDesk(dovecot.IMAPS, byPassword, "start: All"), withSecrets(b, "mail/password", password)...)
	for deadline := time.Now().Add(4 * time.Minute); strings.Count(d.Log.String(), mailIn) < b.N; {
		if time.Now().After(deadline) {
			b.Fatalf("too slow: %s", d.Command(b, "mailbox", "list"))
		}
		time.Sleep(500 * time.Millisecond) // between two looks; each costs what is measured
	}
	_, first, last := mailsIn(d.Log.String())
	took := last.Sub(first)
	b.ReportMetric(float64(b.N)/took.Seconds(), "mails/s")
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(processorTime(b, d.Pid()).Microseconds())/float64(b.N), "processor-µs/mail")
}

// processorTime is what a process has used of all processors: it tells more than
// the rate where others use them too.
func processorTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // behind the name
	fields := strings.Fields(rest)
	var ticks int64
	for _, field := range fields[11:13] { // utime and stime, proc(5)
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	const ticksPerSecond = 100
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// mailIn stands in the line of each mail in the log.
const mailIn = `"msg":"mail in"`

// mailsIn counts the mails of a log.
func mailsIn(log string) (n int, first, last time.Time) {
	for line := range strings.Lines(log) {
		var told struct{ Time time.Time }
		if !strings.Contains(line, mailIn) || json.Unmarshal([]byte(line), &told) != nil {
			continue
		}
		if n++; n == 1 {
			first = told.Time
		}
		last = told.Time
	}
	return n, first, last
}
