package search

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

var benchDocuments = flag.Int("documents", 100_000, "documents of BenchmarkFind")

// spent is the processor time of this process: other work on the machine does not
// count.
func spent() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkFind tells what processor time the engine takes to bring documents in,
// and to find the newest of them with words of several kinds.
func BenchmarkFind(b *testing.B) {
	f, err := openFile(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer f.close()
	r := rand.New(rand.NewPCG(1, 2))
	zipf := func(n int) int { x := r.Float64(); return int(float64(n) * x * x * x * x) }
	word := func(n int) string { return fmt.Sprintf("%c%c%cword%d", 'a'+n%23, 'a'+n/23%23, 'a'+n/529%23, n) }
	began := spent()
	for from := 0; from < *benchDocuments; from += batchTickets {
		in := &batch{rev: int64(from + 1)}
		for n := from; n < min(from+batchTickets, *benchDocuments); n++ {
			t := &helpdesk.Ticket{ID: helpdesk.TicketID(n + 1), Number: int64(n + 1), Subject: "Parcel " + word(zipf(30000)), Said: noon.Add(time.Duration(n) * time.Minute),
				Participants: []helpdesk.Participant{{Name: fmt.Sprintf("Customer %d", n), Address: helpdesk.MustAddress(fmt.Sprintf("customer%d@customer.example", n))}}}
			var entries []helpdesk.Entry
			for range 3 {
				var text strings.Builder
				for range 10 + int(r.ExpFloat64()*40) {
					text.WriteString(word(zipf(30000)) + " ")
				}
				entries = append(entries, helpdesk.Entry{Kind: helpdesk.Message, Author: helpdesk.Author{Role: helpdesk.Customer}, Text: text.String() + "where is my parcel"})
			}
			in.docs = append(in.docs, newDocument(t, entries))
		}
		if err := f.put(b.Context(), in, noon); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("%d documents took %v of processor time, and take %d MiB", *benchDocuments, (spent() - began).Round(time.Millisecond), f.size()>>20)
	odd := func(id helpdesk.TicketID) bool { return id%1000 == 1 }
	few := func(n int) (few []helpdesk.TicketID) {
		for id := 1; id <= *benchDocuments && len(few) < n; id += 1000 {
			few = append(few, helpdesk.TicketID(id))
		}
		return few
	}
	for _, tt := range []struct {
		name, typed string
		keep        func(helpdesk.TicketID) bool
		few         []helpdesk.TicketID
	}{
		{"in all", "parcel ", all, nil}, {"frequent", word(0) + " ", all, nil}, {"two", word(1) + " " + word(3) + " ", all, nil}, {"rare", "customer77@customer.example ", all, nil},
		{"beginning of 2", "bc", all, nil}, {"beginning of 3", "bcd", all, nil}, {"beginning of 4", "bcdw", all, nil}, {"beginning of 5", "bcdwo", all, nil}, {"phrase", `"where is my parcel"`, all, nil}, {"number", "#77", all, nil},
		{"a filter that few pass", "parcel ", odd, nil}, {"known few", "parcel ", odd, few(1000)}, {"known few, two", "parcel " + word(1) + " ", odd, few(1000)}, {"known few, phrase", `"where is my parcel"`, odd, few(1000)},
		{"known few, beginning", "parc", odd, few(1000)}, {"known few, long beginning", "parcel", odd, few(1000)}, {"known few, everything", "", odd, few(1000)}, {"everything", "", all, nil},
	} {
		b.Run(tt.name, func(b *testing.B) {
			terms, _ := Parse(tt.typed)
			q := Query{Keep: tt.keep, Few: tt.few, Limit: 25, Count: 1000}
			if q.Match, err = NewMatch(terms); err != nil {
				b.Fatal(err)
			}
			began := spent()
			for b.Loop() {
				if found, err := f.find(b.Context(), q, anywhere, 1<<62); err != nil || found.Total == 0 {
					b.Fatalf("%+v, %v", found, err)
				}
			}
			b.ReportMetric(float64((spent()-began).Microseconds())/float64(b.N)/1000, "cpu-ms/op")
		})
	}
}
