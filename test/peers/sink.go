package peers

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// sinkBacklog is what may wait in the kernel for smtp-sink to answer.
const sinkBacklog = "500"

// StartSink starts Debian's smtp-sink, which takes mail and throws it away, and
// tells its port. More options make it refuse or linger (smtp-sink(1)).
func StartSink(t testing.TB, options ...string) int {
	t.Helper()
	program := Need(t, "smtp-sink", "postfix")
	port := Port(t)
	if os.Getuid() == 0 {
		options = append(options, "-u", "nobody") // it refuses to serve as root
	}
	address := "127.0.0.1:" + strconv.Itoa(port)
	Start(t, exec.Command(program, append(options, address, sinkBacklog)...)).Answers(t, address)
	return port
}

// SinkAddress is where a sink of that port listens.
func SinkAddress(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
