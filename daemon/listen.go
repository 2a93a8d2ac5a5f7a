package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/posterndesk/postern/daemon/internal/admin"
)

// listeners are opened before anything else is: a port that is taken is the
// most common mistake, and must not cost a start of the database.
type listeners struct {
	smtp, http, admin, socket   net.Listener
	smtps, lmtp, https, catcher net.Listener // nil when they are not wanted
}

func listen(s *settings) (*listeners, error) {
	ls := &listeners{}
	for _, want := range []struct {
		flag, address string
		to            *net.Listener
	}{
		{"--smtp", s.smtp, &ls.smtp},
		{"--smtps", s.smtps, &ls.smtps},
		{"--lmtp", s.lmtp, &ls.lmtp},
		{"--http", s.http, &ls.http},
		{"--https", s.https, &ls.https},
		{"--admin", s.admin, &ls.admin},
	} {
		if want.address == "" {
			continue
		}
		l, err := listenOn(want.address)
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

// unixPrefix begins the address of a socket in the file system.
const unixPrefix = "unix:"

func listenOn(address string) (net.Listener, error) {
	path, ok := strings.CutPrefix(address, unixPrefix)
	if !ok {
		return net.Listen("tcp", address)
	}
	// A socket that nobody answers at was left by a process that was killed.
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeSocket {
		if c, err := net.Dial("unix", path); err == nil {
			_ = c.Close()
			return nil, syscall.EADDRINUSE
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove old socket: %w", err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	// For the owner and the group: that of the folder, if it has the setgid bit.
	if err := os.Chmod(path, 0o660); err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
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
	for _, maybe := range []struct {
		name string
		l    net.Listener
	}{{"smtps", ls.smtps}, {"lmtp", ls.lmtp}, {"https", ls.https}} {
		if maybe.l != nil {
			told = append(told, maybe.name, maybe.l.Addr().String())
		}
	}
	return told
}

// told are all addresses for the log, with that of the etcd inside.
func (d *daemon) told() []any {
	told := d.listen.told()
	if d.db.inside != nil {
		for _, a := range d.db.inside.Addresses() {
			told = append(told, "etcd", a.String())
		}
	}
	return told
}

func (ls *listeners) close() {
	for _, l := range []net.Listener{ls.smtp, ls.smtps, ls.lmtp, ls.http, ls.https, ls.admin, ls.socket, ls.catcher} {
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
