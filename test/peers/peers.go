// Package peers starts, for tests, what Postern talks to in the world: Debian's
// mail servers, and Postern itself as a process of its own. Everything listens on
// loopback alone, in a folder that goes away, and ends with its test.
package peers

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience is how long a test waits for what is under way. It only passes in full
// when something is broken.
const Patience = 30 * time.Second

// Need finds a program of a Debian package. Where it is missing the test is
// skipped, loudly; with CI set it fails: there, everything must be tested.
func Need(t testing.TB, program, debian string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	Missing(t, fmt.Sprintf("%s is not installed (Debian package %s; make setup installs it)", program, debian))
	return ""
}

// Missing skips a test that lacks something here, loudly; with CI set it fails.
func Missing(t testing.TB, why string) {
	t.Helper()
	why += ": NOT TESTED"
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	fmt.Fprintf(os.Stderr, "\n*** %s: %s ***\n\n", t.Name(), why)
	t.Skip(why)
}

// Ports that are given out lie below those that Linux gives to whoever asks for
// none (net.ipv4.ip_local_port_range): all tests at once, and their connections,
// take those.
const (
	firstPort = 10_000
	lastPort  = 32_767
)

// Port is one of 127.0.0.1 that was free a moment ago, and that nobody gets by
// chance.
func Port(t testing.TB) int {
	t.Helper()
	const tries = 100
	for range tries {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// Process is a program that runs.
type Process struct {
	Log *Log
	cmd *exec.Cmd
	end chan struct{}
}

// Log keeps what a program prints. It is safe for concurrent use.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Start runs a program until the test ends. It is told to end then, and killed
// with all that it started when it does not.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{Log: &Log{}, cmd: cmd, end: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = p.Log
	}
	if cmd.Stderr == nil {
		cmd.Stderr = p.Log
	}
	// A group of its own, so that what it started can be ended too.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", cmd.Path, err)
	}
	go func() {
		defer close(p.end)
		_ = cmd.Wait() // it is ended by us
	}()
	t.Cleanup(func() {
		p.Signal(syscall.SIGTERM)
		if !p.Ended(Patience) {
			t.Errorf("%s did not end when told to", cmd.Path)
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // mostly nobody is left
		if t.Failed() {
			t.Logf("%s:\n%s", cmd.Path, tail(p.Log.String()))
		}
	})
	return p
}

// Signal sends a signal; a program that has ended takes none.
func (p *Process) Signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// Pid is the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Kill ends it without a warning and waits until it is gone.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	p.Ended(Patience)
}

// Ended waits for the end, and reports whether it came in time.
func (p *Process) Ended(within time.Duration) bool {
	select {
	case <-p.end:
		return true
	case <-time.After(within):
		return false
	}
}

// Answers waits until something listens on a TCP address.
func (p *Process) Answers(t testing.TB, address string) {
	t.Helper()
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = c.Close()
			return
		}
		if p.Ended(50 * time.Millisecond) {
			break
		}
	}
	t.Fatalf("%s does not listen on %s:\n%s", p.cmd.Path, address, tail(p.Log.String()))
}

// Eventually tries until check is content, and fails with its last complaint.
func Eventually(t testing.TB, within time.Duration, check func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		if err = check(); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond) // between two looks at another process
	}
	t.Fatal(err)
}

// tail is what fits a test's output.
func tail(s string) string {
	const most = 8 << 10
	if len(s) > most {
		return "…" + s[len(s)-most:]
	}
	return s
}
