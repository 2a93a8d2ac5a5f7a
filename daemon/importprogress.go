package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// progress tells a person how far an import is: on a terminal on one line that is
// written over, else in lines of their own, less often.
type progress struct {
	out      io.Writer
	terminal bool
	every    time.Duration

	total   int
	started time.Time
	done    atomic.Int64
	told    time.Time // while reading
}

const (
	progressOnTerminal = 200 * time.Millisecond
	progressInLog      = 10 * time.Second
)

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, every: progressInLog, told: time.Now()}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if p.terminal {
		p.every = progressOnTerminal
	}
	return p
}

// reading tells how much was looked through before anything is taken in.
func (p *progress) reading(mails int, bytes int64) {
	if now := time.Now(); now.Sub(p.told) >= p.every {
		p.told = now
		p.say(fmt.Sprintf("looking through: %d mails, %d MiB", mails, bytes>>20))
	}
}

// start begins to tell how many of total are done, until the returned function is
// called.
func (p *progress) start(total int) (stop func()) {
	p.total, p.started = total, time.Now()
	end := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		ticker := time.NewTicker(p.every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.say(p.words(time.Since(p.started)))
			case <-end:
				return
			}
		}
	})
	return func() {
		close(end)
		telling.Wait()
		if p.say(p.words(time.Since(p.started))); p.terminal {
			fmt.Fprintln(p.out)
		}
	}
}

func (p *progress) step() { p.done.Add(1) }

func (p *progress) steps() int { return int(p.done.Load()) }

func (p *progress) words(since time.Duration) string {
	done := p.steps()
	words := fmt.Sprintf("%d of %d mails", done, p.total)
	if seconds := since.Seconds(); seconds > 0 && done > 0 {
		rate := float64(done) / seconds
		words += fmt.Sprintf(", %.0f a second", rate)
		if left := p.total - done; left > 0 {
			words += fmt.Sprintf(", %s to go", time.Duration(float64(left)/rate*float64(time.Second)).Round(time.Second))
		}
	}
	return words
}

func (p *progress) say(words string) {
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%s", words)
		return
	}
	fmt.Fprintln(p.out, words)
}
