package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/posterndesk/postern/daemon/internal/smtpd"
)

const stateDir = "/var/lib/postern"

// hostSettings are what the program makes of the arguments in an example, with a
// folder of the test for its state.
func hostSettings(t *testing.T, args []string) *settings {
	t.Helper()
	if len(args) == 0 || args[0] != "serve" {
		t.Fatalf("it is started with %q", args)
	}
	t.Setenv("POSTERN_DIR", t.TempDir())
	var own []string
	for _, arg := range args[1:] {
		own = append(own, strings.ReplaceAll(arg, stateDir, os.Getenv("POSTERN_DIR")))
	}
	s, err := serveSettings(own, io.Discard)
	if err != nil {
		t.Fatalf("the program does not take %q: %v", args, err)
	}
	if s.manifests != "/etc/postern/manifests" || s.secrets != "/etc/postern/secrets" {
		t.Errorf("manifests and secrets are in %s and %s", s.manifests, s.secrets)
	}
	if s.relay.Host == "" {
		t.Error("outgoing mail has no way out")
	}
	return s
}

// longStop is what an orderly end may take: mails under way, then pages.
var longStop = smtpd.DefaultLimits().Drain + drainPages

// covers: K03
func TestSystemdUnit(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "examples", "systemd", "postern.service"))
	if err != nil {
		t.Fatal(err)
	}
	unit := map[string]string{}
	for line := range strings.Lines(strings.ReplaceAll(string(content), "\\\n", " ")) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			unit[name] = value
		}
	}
	command := strings.Fields(unit["ExecStart"])
	if len(command) == 0 {
		t.Fatal("the unit starts nothing")
	}
	s := hostSettings(t, command[1:])
	if s.dir != os.Getenv("POSTERN_DIR") || "/var/lib/"+unit["StateDirectory"] != stateDir {
		t.Errorf("state is in %s, and StateDirectory is %q", s.dir, unit["StateDirectory"])
	}
	if unit["AmbientCapabilities"] == "" && (lowPort(s.smtp) || lowPort(s.http) || lowPort(s.admin)) {
		t.Errorf("%s, %s and %s need a right that is not given", s.smtp, s.http, s.admin)
	}
	if stop, err := time.ParseDuration(unit["TimeoutStopSec"] + "s"); err != nil || stop <= longStop {
		t.Errorf("TimeoutStopSec=%s, and an orderly end may take %v", unit["TimeoutStopSec"], longStop)
	}
	// What the daemon says is what systemd waits for: TestServeTellsSystemd.
	if unit["Type"] != "notify" {
		t.Errorf("Type=%s", unit["Type"])
	}
}

func lowPort(address string) bool {
	_, port, err := net.SplitHostPort(address)
	n, numErr := strconv.Atoi(port)
	return err != nil || numErr != nil || n < 1024
}

// covers: K03
func TestComposeFile(t *testing.T) {
	folder := filepath.Join("..", "examples", "compose")
	content, err := os.ReadFile(filepath.Join(folder, "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Command, Ports, Volumes []string
			ReadOnly                bool   `yaml:"read_only"`
			Grace                   string `yaml:"stop_grace_period"`
			Healthcheck             struct{ Test []string }
		}
		Networks map[string]struct {
			IPAM struct{ Config []struct{ Gateway string } }
		}
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	postern := file.Services["postern"]
	given := strings.NewReplacer("${POSTERN_HOSTNAME:?", "mx.acme.example ${", "${POSTERN_RELAY:?", "smtp.acme.example:465 ${")
	var args []string
	for _, arg := range postern.Command {
		value, _, _ := strings.Cut(given.Replace(arg), " ")
		args = append(args, value)
	}
	// A command of compose reads all of the file, so what it wants lies beside it: what is
	// exported is gone with the shell.
	manual, err := os.ReadFile(filepath.Join("..", "docs", "install.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, commands, _ := strings.Cut(string(manual), "## Compose")
	written, _, _ := strings.Cut(commands, "> .env\n")
	for _, wanted := range regexp.MustCompile(`\$\{([A-Z_]+):\?`).FindAllStringSubmatch(string(content), -1) {
		if !strings.Contains(written, " "+wanted[1]+"=") {
			t.Errorf("docs/install.md writes no %s into .env", wanted[1])
		}
	}
	s := hostSettings(t, args)
	// What is published is what it listens on.
	published := strings.Join(postern.Ports, "\n") + "\n"
	for _, address := range []string{s.smtp, s.http, s.admin} {
		if !strings.Contains(published, address+"\n") {
			t.Errorf("it listens on %s, and published are\n%s", address, published)
		}
	}
	// The image keeps its state there, and nothing else can be written.
	if !postern.ReadOnly || len(postern.Volumes) == 0 || postern.Volumes[0] != "state:"+stateDir {
		t.Errorf("read-only: %v, volumes: %q", postern.ReadOnly, postern.Volumes)
	}
	if grace, err := time.ParseDuration(postern.Grace); err != nil || grace <= longStop {
		t.Errorf("stop_grace_period: %s, and an orderly end may take %v", postern.Grace, longStop)
	}
	gateways := file.Networks["default"].IPAM.Config
	if len(gateways) != 1 || len(s.proxies) != 1 || s.proxies[0].String() != gateways[0].Gateway+"/32" {
		t.Errorf("believed as a web server is %v, and what comes through the published port comes from %v", s.proxies, gateways)
	}
	if test := postern.Healthcheck.Test; len(test) < 3 || test[0] != "CMD" || test[2] != "probe" || !strings.Contains(test[3], s.admin+"/readyz") {
		t.Errorf("health is looked at with %q", test)
	}
	if err := runCheck(t.Context(), []string{filepath.Join(folder, "manifests")}, io.Discard, io.Discard); err != nil {
		t.Errorf("the sample desk: %v", err)
	}
}
