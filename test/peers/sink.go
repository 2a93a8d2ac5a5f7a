package peers

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// sinkBacklog is what may wait in the kernel for smtp-sink to answer.
const sinkBacklog = "500"

// StartSink starts Debian's smtp-sink, which takes mail and throws it away, and
// tells its port. More options make it refuse or linger (smtp-sink(1)).
func StartSink(t testing.TB, options ...string) int {
	t.Helper()
	port := Port(t)
	StartSinkOn(t, port, options...)
	return port
}

// StartSinkOn is StartSink on a port of the caller's choice.
func StartSinkOn(t testing.TB, port int, options ...string) *Process {
	t.Helper()
	program := Need(t, "smtp-sink", "postfix")
	if os.Getuid() == 0 {
		options = append(options, "-u", "nobody") // it refuses to serve as root
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	p := Start(t, exec.Command(program, append(options, address, sinkBacklog)...))
	p.Answers(t, address)
	return p
}
