package web_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/posterndesk/postern/daemon/internal/web"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// single is a listener with one connection.
type single struct {
	conn chan net.Conn
	net.Conn
}

func (s *single) Accept() (net.Conn, error) {
	c, ok := <-s.conn
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (s *single) Addr() net.Addr { return s.LocalAddr() }
func (s *single) Close() error   { return nil }

// A connection on which a form begins and does not go on is not held for good,
// whoever asks for what, and whether anybody reads it.
func TestBodiesEnd(t *testing.T) {
	site := webtest.Site(io.Discard, acme)
	reads := site.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := web.ReadForm(r); err != nil {
			site.Fail(w, r, err)
		}
	}))
	form := "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n"
	for _, test := range []struct {
		name, head string
		handler    http.Handler
	}{
		{"read", "POST /submit HTTP/1.1\r\nHost: help.acme.example\r\n" + form, reads},
		{"refused", "POST /submit HTTP/1.1\r\nHost: help.acme.example\r\nOrigin: http://evil.example\r\n" + form, reads},
		{"with a page", "GET / HTTP/1.1\r\nHost: help.acme.example\r\n" + form, site.Handler(failing(site, errors.New("read by nobody")))},
		{"in clear text", "GET / HTTP/1.1\r\nHost: help.acme.example\r\n" + form, site.Redirect()},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				listener := &single{conn: make(chan net.Conn, 1), Conn: theirs}
				listener.conn <- theirs
				server := &http.Server{Handler: test.handler}
				served := make(chan error)
				go func() { served <- server.Serve(listener) }()
				began := time.Now()
				sent := make(chan error, 1)
				go func() {
					_, err := io.WriteString(ours, test.head+"\r\naddress=")
					sent <- err
				}()
				if err := ours.SetReadDeadline(began.Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
				_, err := io.Copy(io.Discard, ours)
				if took := time.Since(began); err != nil || took > 5*time.Minute {
					t.Errorf("the connection ended after %s, %v", took, err)
				}
				if err := <-sent; err != nil {
					t.Log(err)
				}
				close(listener.conn)
				if err := errors.Join(server.Close(), ours.Close()); err != nil {
					t.Error(err)
				}
				<-served
			})
		})
	}
}
