package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// stalls are what a client says before it stalls; it waits for as many answers as
// there are lines, but for the last one if that is not whole.
var stalls = []string{
	"",
	"EHLO stalled.example\r\n",
	"EHL",
	"EHLO stalled.example\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\n",
	"EHLO stalled.example\r\nMAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\nSubj",
}

// stalled opens so many connections from as many addresses of this machine as one
// may open twenty from, and tells how long a mail takes beside them.
func (p plan) stalled(n int) error {
	if err := p.local(); err != nil {
		return err
	}
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	for i := range n {
		c, err := p.stall(i)
		if err != nil {
			return fmt.Errorf("stalled connection %d: %w", i, err)
		}
		open = append(open, c)
	}
	start := time.Now()
	client, err := smtp.Dial(p.addr)
	if err != nil {
		return err
	}
	defer client.Close()
	from := "canary@customer.example"
	if err := client.SendMail(from, []string{p.to}, strings.NewReader(p.mail(0, from))); err != nil {
		return err
	}
	took := time.Since(start)
	closed := 0
	for _, c := range open {
		_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := io.Copy(io.Discard, c); err == nil {
			closed++ // a deadline would be an error
		}
	}
	fmt.Printf("%d stalled connections, %d still open: connecting and one mail took %v\n", n, n-closed, took.Round(100*time.Microsecond))
	return client.Quit()
}

func (p plan) stall(i int) (net.Conn, error) {
	const perAddress = 19 // one below the limit
	at := i / perAddress
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(at/250), byte(1+at%250))}}
	c, err := d.Dial("tcp", p.addr)
	if err != nil {
		return nil, err
	}
	r := bufio.NewReader(c)
	if err := answer(r); err != nil {
		return c, err
	}
	says := stalls[i%len(stalls)]
	if strings.Contains(says, "%s") {
		says = fmt.Sprintf(says, p.to)
	}
	for row := range strings.Lines(says) {
		if _, err := io.WriteString(c, row); err != nil {
			return c, err
		}
		if strings.HasSuffix(row, "\n") {
			if err := answer(r); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// answer reads one, of several lines maybe.
func answer(r *bufio.Reader) error {
	for {
		row, err := r.ReadString('\n')
		switch {
		case err != nil:
			return err
		case row[0] > '3':
			return errors.New(strings.TrimSpace(row))
		case row[3] != '-':
			return nil
		}
	}
}
