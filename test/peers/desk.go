package peers

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Program builds postern once for a test process and tells where it is.
func Program(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// RunTests is what TestMain calls: what was built goes again, after
// what else is to be done at the end.
func RunTests(m *testing.M, end ...func()) {
	code := m.Run()
	for _, do := range end {
		do()
	}
	RemovePrograms()
	os.Exit(code)
}

// RemovePrograms takes away what was built, at the end of all tests.
func RemovePrograms() {
	if built != "" {
		_ = os.RemoveAll(built) // a folder of the machine's temporary ones
	}
}

// built is the folder that workFolder made; read after all tests.
var built string

// workFolder is where programs are built.
var workFolder = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "postern-program-")
	built = dir
	return dir, err
})

var build, buildOperator = builder("postern", "daemon"), builder("postern-operator", "operator")

// OperatorProgram is Program for the operator.
func OperatorProgram(t testing.TB) string {
	t.Helper()
	path, err := buildOperator()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func builder(name, folder string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		dir, err := workFolder()
		if err != nil {
			return "", err
		}
		if err := touchSources(); err != nil {
			return "", err
		}
		path := filepath.Join(dir, name)
		out, err := exec.Command("go", "build", "-o", path, "github.com/posterndesk/postern/"+folder).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
		return path, nil
	})
}

// Desk is a real "postern serve" as a process of its own.
type Desk struct {
	*Process
	Dir       string // its state
	Manifests string // its folder of manifests
	Secrets   string // its folder of secrets
	SMTP      string // where it listens
	SMTPS     string // "" unless its arguments have --smtps
	LMTP      string // "" unless its arguments have --lmtp
	HTTP      string
	HTTPS     string // "" unless its arguments have --https
	Admin     string
	Etcd      string // "" unless its arguments have --etcd-listen
	args      []string
}

// StartDesk serves the manifests, in one YAML text, with more arguments of
// "postern serve". It listens on ports of its own choice unless args say others.
func StartDesk(t testing.TB, manifests string, args ...string) *Desk {
	t.Helper()
	dir := t.TempDir()
	d := &Desk{Dir: filepath.Join(dir, "state"), Manifests: filepath.Join(dir, "manifests"), Secrets: filepath.Join(dir, "secrets"), args: args}
	d.Declare(t, manifests)
	d.Restart(t)
	return d
}

// Declare replaces the manifests.
func (d *Desk) Declare(t testing.TB, manifests string) {
	t.Helper()
	write(t, filepath.Join(d.Manifests, "desk.yaml"), manifests)
}

// Secret writes a secret before or while the desk runs.
func (d *Desk) Secret(t testing.TB, account, name, key, value string) {
	t.Helper()
	write(t, filepath.Join(d.Secrets, account, name, key), value)
}

// Restart starts it again over the same state, after Kill or a signal.
func (d *Desk) Restart(t testing.TB) {
	t.Helper()
	all := []string{"serve", "--dir", d.Dir, "--manifests", d.Manifests, "--secrets", d.Secrets,
		"--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"}
	d.Process = Start(t, exec.Command(Program(t), append(all, d.args...)...)) // of a flag twice, the last counts
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); {
		if d.serving() {
			return
		}
		if d.Ended(20 * time.Millisecond) {
			break
		}
	}
	t.Fatalf("postern does not serve:\n%s", d.Log)
}

// serving finds the line of the log that says where it listens.
func (d *Desk) serving() bool {
	for line := range strings.Lines(d.Log.String()) {
		var told struct{ Msg, SMTP, SMTPS, LMTP, HTTP, HTTPS, Admin, Etcd string }
		if json.Unmarshal([]byte(line), &told) == nil && told.Msg == "serving" {
			d.SMTP, d.SMTPS, d.LMTP, d.HTTP, d.HTTPS, d.Admin, d.Etcd = told.SMTP, told.SMTPS, told.LMTP, told.HTTP, told.HTTPS, told.Admin, told.Etcd
			return true
		}
	}
	return false
}

// Command runs a command of the command line over the desk's state and returns
// what it prints.
func (d *Desk) Command(t testing.TB, args ...string) string {
	t.Helper()
	return command(t, d.Dir, args...)
}

func command(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(Program(t), append(args, "--dir", dir)...)
	out, err := cmd.Output()
	if err != nil {
		var words []byte
		if exit, ok := err.(*exec.ExitError); ok {
			words = exit.Stderr
		}
		t.Fatalf("postern %s: %v\n%s%s", strings.Join(args, " "), err, out, words)
	}
	return string(out)
}

// JSON runs a command with --json and reads what it prints.
func (d *Desk) JSON(t testing.TB, into any, args ...string) {
	t.Helper()
	out := d.Command(t, append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("postern %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
