package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"
)

// open is mail n as it goes over the wire.
func (p plan) open(n int, from string) io.Reader {
	text := p.mail(n, from)
	if p.file == 0 {
		return strings.NewReader(text)
	}
	const boundary = "\r\n--b\r\n"
	head, body, _ := strings.Cut(text, "Content-Type: ")
	head += "Content-Type: multipart/mixed; boundary=b\r\n" + boundary + "Content-Type: " + body + boundary +
		"Content-Type: application/zip; name=file.zip\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	return io.MultiReader(strings.NewReader(head), &encoded{left: p.file, noise: rand.New(rand.NewPCG(uint64(n), 1))}, strings.NewReader("--b--\r\n"))
}

// encoded is a file of noise in base64, made while it is sent.
type encoded struct {
	left  int
	noise *rand.Rand
	ready bytes.Buffer
}

func (e *encoded) Read(p []byte) (int, error) {
	var raw [57]byte // a line of 76
	for e.left > 0 && e.ready.Len() < len(p) {
		for i := range raw {
			raw[i] = byte(e.noise.Uint32())
		}
		n := min(e.left, len(raw))
		e.left -= n
		e.ready.WriteString(base64.StdEncoding.EncodeToString(raw[:n]) + "\r\n")
	}
	return e.ready.Read(p)
}

// watch looks at the memory of a process until told is called, which prints the
// most that was seen: of its own, and with the files that it looks at.
func watch(pid int) (told func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	var own, all int
	wg.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // nothing once it has ended
			for line := range strings.Lines(string(status)) {
				var kib int
				if _, err := fmt.Sscanf(line, "RssAnon: %d kB", &kib); err == nil {
					own = max(own, kib)
				}
				if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
					all = max(all, kib)
				}
			}
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
		fmt.Printf("most memory of the process: %d MiB of its own, %d MiB with files that it looked at\n", own>>10, all>>10)
	}
}
