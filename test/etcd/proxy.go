package etcd

import (
	"bytes"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Proxy stands between a client and the server, and forwards all bytes until it
// is told to do otherwise.
type Proxy struct {
	t      testing.TB
	server *Server
	listen net.Listener
	loops  sync.WaitGroup

	mu     sync.Mutex
	moved  *sync.Cond // mu: silent or closed has changed
	silent bool
	closed bool
	open   map[net.Conn]bool
	cut    *cut
}

// cut says when to lose an answer.
type cut struct {
	mark    []byte
	applied func() bool
}

// Proxy starts one, until the test ends.
func (s *Server) Proxy() *Proxy {
	s.t.Helper()
	listen, err := net.Listen("unix", filepath.Join(s.folder, "proxy.sock"))
	if err != nil {
		s.t.Fatal(err)
	}
	p := &Proxy{t: s.t, server: s, listen: listen, open: map[net.Conn]bool{}}
	p.moved = sync.NewCond(&p.mu)
	p.loops.Go(p.accept)
	s.proxies = append(s.proxies, p)
	s.t.Cleanup(p.close)
	return p
}

// Client talks to the server through the proxy, until the test ends.
func (p *Proxy) Client() *clientv3.Client {
	p.t.Helper()
	return dial(p.t, p.listen.Addr().String())
}

// Silence stops forwarding. Connections stay open, and new ones are taken.
func (p *Proxy) Silence() { p.silence(true) }

// Speak forwards again, from where Silence has stopped.
func (p *Proxy) Speak() { p.silence(false) }

func (p *Proxy) silence(silent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = silent
	p.moved.Broadcast()
}

// Break closes all connections. New ones are taken.
func (p *Proxy) Break() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.open {
		_ = conn.Close()
	}
}

// LoseAnswer waits for a request with mark in it, forwards that, holds all answers
// back until applied holds, and then closes all connections: whoever has asked is
// never told what became of it. It does so once.
func (p *Proxy) LoseAnswer(mark string, applied func() bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = &cut{[]byte(mark), applied}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listen.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("unix", p.server.Socket())
		if err != nil {
			_ = client.Close() // the server is away, and the client finds that out so
			continue
		}
		p.mu.Lock()
		p.open[client], p.open[server] = true, true
		p.mu.Unlock()
		p.loops.Go(func() { p.forward(server, client, true) })
		p.loops.Go(func() { p.forward(client, server, false) })
	}
}

func (p *Proxy) forward(to, from net.Conn, requests bool) {
	defer p.drop(to, from)
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !p.wait() {
				return
			}
			lost := requests && p.losing(buffer[:n])
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
			if lost {
				p.lose()
			}
		}
		if err != nil {
			return // io.EOF, or one side is gone
		}
	}
}

// wait waits while it is silent; it reports false at the end of the test.
func (p *Proxy) wait() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.silent && !p.closed {
		p.moved.Wait()
	}
	return !p.closed
}

// losing tells whether these bytes are those that LoseAnswer waits for, and if so
// lets no answer pass.
func (p *Proxy) losing(chunk []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut == nil || !bytes.Contains(chunk, p.cut.mark) {
		return false
	}
	p.silent = true
	return true
}

func (p *Proxy) lose() {
	p.mu.Lock()
	lost := p.cut
	p.cut = nil
	p.mu.Unlock()
	for deadline := time.Now().Add(Patience); !lost.applied(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Errorf("what loses its answer is not applied within %s", Patience)
			break
		}
	}
	p.Break()
	p.Speak()
}

func (p *Proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close()
		delete(p.open, conn)
	}
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	p.moved.Broadcast()
	p.mu.Unlock()
	_ = p.listen.Close()
	p.Break()
	p.loops.Wait()
}
