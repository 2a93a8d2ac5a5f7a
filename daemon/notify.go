package main

import (
	"net"
	"os"

	"github.com/posterndesk/postern/config/wire"
)

// notifyPhases are what systemd is told of a phase (sd_notify(3)): programs that
// come after Postern are started when it serves, not while it opens its state.
var notifyPhases = map[wire.Phase]string{wire.Serving: "READY=1", wire.Draining: "STOPPING=1"}

// notify tells systemd, where it asks for it (Type=notify). A datagram that cannot
// be sent is told and no more: mail is taken with or without whoever listens.
func (d *daemon) notify(p wire.Phase) {
	path, said := os.Getenv("NOTIFY_SOCKET"), notifyPhases[p]
	if path == "" || said == "" {
		return
	}
	// A leading @ is a name in the abstract namespace, for the net package too.
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err == nil {
		_, err = c.Write([]byte(said))
		_ = c.Close() // the datagram is sent, or the error is known
	}
	if err != nil {
		d.log.Warn("systemd cannot be told", "state", said, "error", err)
	}
}
