package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// BenchmarkDesk asks the real program for agents' pages over connections that are
// kept: queues, a request, and searches of several kinds. Its tickets have texts of
// five languages, whose words are as frequent as words are. Memory is that of the
// program before the first page and after all of them.
//
// Each kind of page is asked for in two ways: as fast as it is answered, by all
// connections at once, which tells what it costs; and so many times a second as a
// desk would, which tells how long somebody waits.
func BenchmarkDesk(b *testing.B) {
	w := &deskWorld{pagesWorld: pagesWorld{B: b, dir: *benchState}, vocabulary: newVocabulary()}
	if w.dir == "" {
		w.dir = filepath.Join(b.TempDir(), "state")
	}
	w.pagesWorld.vary = w.vary
	_, err := os.Stat(w.dir)
	fresh := errors.Is(err, fs.ErrNotExist)
	if fresh {
		w.seed()
	}
	w.serve()
	if fresh { // of one that is there nothing is told
		took := w.readLog(w.log, "index of searches is up to date")["index of searches is up to date"].Took
		b.Logf("the index of searches was built in %v and takes %d MiB on disk", time.Duration(took).Round(time.Millisecond), w.indexSize()>>20)
	}
	b.Logf("before the first page the program takes %s", w.memory())
	for _, page := range []struct {
		name string
		ask  func() string
	}{
		{"queue-open", func() string { return w.get("/agent/q/open") }},
		{"queue-mine", func() string { return w.get("/agent/q/mine") }},
		{"queue-all", func() string { return w.get("/agent/q/all") }},
		{"ticket", func() string { return w.get("/agent/tickets/" + strconv.Itoa(1+rand.IntN(*benchTickets))) }},
		{"search-common", func() string { return w.search(w.word(0, 20) + " ") }},
		{"search-all", func() string { return w.search("parcel ") }}, // stands in each
		{"search-two", func() string { return w.search(w.word(0, 50) + " " + w.word(0, 50) + " ") }},
		{"search-rare", func() string {
			return w.search("customer" + strconv.Itoa(1+rand.IntN(*benchTickets)) + "@customer.example ")
		}},
		{"search-prefix", func() string { word := w.word(100, 5000); return w.search(cutTo(word, 2+rand.IntN(4))) }},
		{"search-typed", func() string { return w.search(w.word(0, 50)) }}, // nothing behind it: there may be more to come
		{"search-phrase", func() string { return w.search(`"my parcel has not"`) }},
		{"search-tag", func() string { return w.search("parcel tag:rare") }}, // one in a thousand
		{"search-best", func() string { return w.get(searchOf(w.word(0, 50)+" ") + "&order=best") }},
		{"search-mixed", func() string {
			switch rand.IntN(5) {
			case 0:
				return w.search(w.word(0, 50) + " " + w.word(0, 1000) + " ")
			case 1:
				return w.search("#" + strconv.Itoa(1+rand.IntN(*benchTickets)))
			case 2:
				return w.search(w.word(0, 1000) + " status:open")
			case 3:
				return w.search(cutTo(w.word(100, 5000), 4))
			}
			return w.search("from:customer" + strconv.Itoa(1+rand.IntN(*benchTickets)))
		}},
	} {
		calm := sync.OnceValues(func() ([]time.Duration, error) { return w.calm(page.ask) })
		b.Run(page.name, func(b *testing.B) {
			waited, err := calm()
			w.answered(b, err)
			w.measure(b, page.ask)
			b.ReportMetric(quantile(waited, 0.5), "calm-p50-ms")
			b.ReportMetric(quantile(waited, 0.99), "calm-p99-ms")
		})
	}
	b.Logf("after all pages the program takes %s", w.memory())
	if *benchProfile != "" {
		w.must(w.daemon.Signal(syscall.SIGUSR2))
	}
}

// deskWorld is a daemon with an agent who is signed in.
type deskWorld struct {
	pagesWorld
	vocabulary vocabulary
}

const benchAgent helpdesk.ID = "agentagentagent1"

func (w *deskWorld) seed() {
	w.pagesWorld.seed()
	server, err := embedded.Start(w.Context(), filepath.Join(w.dir, "etcd"))
	w.must(err)
	defer server.Close()
	db, err := store.New(server.Client(), "default", store.Local())
	w.must(err)
	defer db.Close()
	agent := &helpdesk.Agent{ID: benchAgent, Name: "Robin Sample", Address: helpdesk.MustAddress("robin@acme.example")}
	w.must(db.Commit(w.Context(), &helpdesk.Change{Account: "support", Agent: agent}))
	sum := sha256.Sum256([]byte("secret-of-robin"))
	w.must(db.PutSession(w.Context(), "support", hex.EncodeToString(sum[:]), helpdesk.Session{Agent: benchAgent, Created: time.Now(), Expires: time.Now().AddDate(0, 0, 30)}))
}

func (w *deskWorld) get(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: help.acme.example\r\nAccept-Encoding: gzip\r\nCookie: __Host-postern_agent=secret-of-robin\r\n\r\n"
}

func (w *deskWorld) search(typed string) string { return w.get(searchOf(typed)) }

func searchOf(typed string) string { return "/agent/search?q=" + url.QueryEscape(typed) }

// word is one of the words of that many ranks.
func (w *deskWorld) word(from, to int) string {
	all := w.vocabulary.words[rand.IntN(2)] // of the two languages that are written most
	return all[from+rand.IntN(to-from)]
}

func cutTo(word string, letters int) string {
	all := []rune(word)
	return string(all[:min(len(all), letters)])
}

// vary gives a ticket texts, and what it is sorted by.
func (w *deskWorld) vary(n int, t *helpdesk.Ticket, entries []helpdesk.Entry) {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	t.Status = []helpdesk.Status{helpdesk.Open, helpdesk.Open, helpdesk.Pending, helpdesk.Resolved, helpdesk.Closed, helpdesk.Closed}[r.IntN(6)]
	t.Priority = helpdesk.Priorities[r.IntN(4)]
	t.Assignee = []helpdesk.ID{benchAgent, "", "somebodyelse0001", "somebodyelse0002"}[r.IntN(4)]
	t.Tags = []string{[]string{"refund", "delivery", "invoice", "bug"}[r.IntN(4)]}
	if n%1000 == 0 {
		t.Tags = append(t.Tags, "rare")
	}
	language := []int{0, 0, 0, 0, 1, 1, 2, 2, 3, 4}[r.IntN(10)]
	t.Subject = "Parcel " + strconv.Itoa(n) + " " + w.vocabulary.text(r, language, 4)
	for i := range entries {
		entries[i].Text = w.vocabulary.text(r, language, 10+int(r.ExpFloat64()*50))
	}
	entries[0].Text += "\n" + []string{"Where is it?", "I think my parcel has not come.", "Thanks."}[min(n%20, 2)]
}

// vocabulary are words of five languages, the most frequent first, made of their
// syllables; the last language has pairs of letters and no blanks.
type vocabulary struct {
	words [][]string
	share []float64 // of the words up to each, by Zipf's law
}

func newVocabulary() vocabulary {
	syllables := []string{
		"the er ing tion an re st con pro ble ly ment or in de al ic ous ate able um for ex per", "ge ung ver ein heit keit lich sch be ent auf ab ig er zu rech nung lie fer bar ü ö ä ße vor",
		"tion eur ment é pré con dé ais ance eau aux re fac ture li vrai son ne oui ç où ê tre par", "про при за на ость ение ова ть ка ни пере раз под вы от до мо же ст чет зак аз дос та",
	}
	const many = 30_000
	r := rand.New(rand.NewPCG(1, 2))
	v := vocabulary{}
	for _, s := range syllables {
		all, known := []string{}, map[string]bool{}
		for parts := strings.Fields(s); len(all) < many; {
			word := ""
			for range 2 + r.IntN(2+min(len(all)/200, 2)) {
				word += parts[r.IntN(len(parts))]
			}
			if !known[word] {
				known[word] = true
				all = append(all, word)
			}
		}
		v.words = append(v.words, all)
	}
	var pairs []string
	for range many {
		letter := func() rune { x := r.Float64(); return rune(0x4e00 + int(x*x*3000)) }
		pairs = append(pairs, string([]rune{letter(), letter()}))
	}
	v.words = append(v.words, pairs)
	sum := 0.0
	for i := range many {
		sum += 1 / math.Pow(float64(i)+2.7, 1)
		v.share = append(v.share, sum)
	}
	return v
}

func (v *vocabulary) text(r *rand.Rand, language, words int) string {
	var b strings.Builder
	for i := range words {
		at, _ := slices.BinarySearch(v.share, r.Float64()*v.share[len(v.share)-1])
		b.WriteString(v.words[language][at])
		switch {
		case language == 4:
		case i%12 == 11:
			b.WriteString(".\n")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// memory is what the program has of the machine's, and how much of it is its own.
func (w *deskWorld) memory() string {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.daemon.Pid))
	w.must(err)
	var all []string
	for line := range bytes.Lines(raw) {
		for _, name := range []string{"VmRSS:", "RssAnon:", "VmHWM:"} {
			if rest, ok := bytes.CutPrefix(line, []byte(name)); ok {
				kib, _ := strconv.Atoi(string(bytes.Fields(rest)[0]))
				all = append(all, fmt.Sprintf("%s %d MiB", name, kib>>10))
			}
		}
	}
	return strings.Join(all, ", ")
}

func (w *deskWorld) indexSize() (sum int64) {
	w.must(filepath.WalkDir(filepath.Join(w.dir, "search"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil
	}))
	return sum
}
