package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/posterndesk/postern/daemon/internal/admin"
)

// listeners are opened before anything else is: a port that is taken is the
// most common mistake, and must not cost a start of the database.
type listeners struct {
	smtp, http, https, admin, socket, catcher net.Listener // https and catcher may be nil
}

func listen(s *settings) (*listeners, error) {
	ls := &listeners{}
	for _, want := range []struct {
		flag, address string
		to            *net.Listener
	}{
		{"--smtp", s.smtp, &ls.smtp},
		{"--http", s.http, &ls.http},
		{"--https", s.https, &ls.https},
		{"--admin", s.admin, &ls.admin},
	} {
		if want.address == "" {
			continue
		}
		l, err := net.Listen("tcp", want.address)
		if err != nil {
			ls.close()
			return nil, listenError(want.flag, want.address, err)
		}
		*want.to = l
	}
	if s.dev {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			ls.close()
			return nil, fmt.Errorf("listen for caught mail: %w", err)
		}
		ls.catcher = l
	}
	return ls, nil
}

// listenSocket is for later: only who has the folder's lock may replace the
// socket of a dead process.
func (ls *listeners) listenSocket(s *settings) (err error) {
	ls.socket, err = admin.Listen(s.dir)
	return err
}

// told are the addresses for the log.
func (ls *listeners) told() []any {
	told := []any{"smtp", ls.smtp.Addr().String(), "http", ls.http.Addr().String(), "admin", ls.admin.Addr().String()}
	if ls.https != nil {
		told = append(told, "https", ls.https.Addr().String())
	}
	return told
}

func (ls *listeners) close() {
	for _, l := range []net.Listener{ls.smtp, ls.http, ls.https, ls.admin, ls.socket, ls.catcher} {
		if l != nil {
			_ = l.Close() // closed already when its server has stopped
		}
	}
}

func listenError(flag, address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is taken by another program, perhaps another postern: choose another address with %s", address, flag)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s may not be used by this user: choose a port from 1024 up with %s, or give the right to bind", address, flag)
	}
	return fmt.Errorf("listen on %s (%s): %w", address, flag, err)
}
