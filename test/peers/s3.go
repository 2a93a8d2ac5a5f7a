package peers

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// S3 is Versity's gateway: an object storage that speaks S3 and keeps objects in a
// folder.
type S3 struct {
	*Process
	URL         string
	Bucket      string
	Credentials string // folder with the files access-key and secret-key
	Folder      string // with a folder for each bucket
	Region      string

	authority string // file, "" without TLS
	address   string
}

// StartS3 starts one with an empty bucket; with TLS it has a certificate of its own.
func StartS3(t testing.TB, withTLS bool) *S3 {
	t.Helper()
	return StartS3On(t, "127.0.0.1", withTLS)
}

// StartS3On is StartS3 at an address that others reach, such as pods of a cluster on
// this machine.
func StartS3On(t testing.TB, ip string, withTLS bool) *S3 {
	t.Helper()
	dir := t.TempDir()
	s := &S3{
		Bucket: "postern", Region: "eu-test-1", Folder: filepath.Join(dir, "objects"), Credentials: filepath.Join(dir, "credentials"),
		address: net.JoinHostPort(ip, strconv.Itoa(Port(t))),
	}
	s.URL = "http://" + s.address
	write(t, filepath.Join(s.Credentials, "access-key"), "postern\n")
	write(t, filepath.Join(s.Credentials, "secret-key"), "not a secret\n")
	for _, folder := range []string{filepath.Join(s.Folder, s.Bucket), filepath.Join(dir, "metadata")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if withTLS {
		s.authority, _ = Certificate(t, dir, ip)
		s.URL = "https://" + s.address
	}
	s.Start(t)
	return s
}

// Authority is the file with what its TLS is believed by, "" without TLS.
func (s *S3) Authority() string { return s.authority }

// Start starts it again after it was ended, with what it has.
func (s *S3) Start(t testing.TB) {
	t.Helper()
	program, err := s3Program()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--access", "postern", "--secret", "not a secret", "--region", s.Region, "--port", s.address, "--quiet"}
	if s.authority != "" {
		args = append(args, "--cert", s.authority, "--key", strings.TrimSuffix(s.authority, ".crt")+".key")
	}
	// What it knows of objects lies beside them, as not every file system keeps it.
	cmd := exec.Command(program, append(args, "posix", "--sidecar", filepath.Join(filepath.Dir(s.Folder), "metadata"), s.Folder)...)
	s.Process = Start(t, cmd)
	s.Answers(t, s.address)
}

// s3Program is where Go has built it, as pinned.
var s3Program = sync.OnceValues(func() (string, error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	cmd := exec.Command("go", "tool", "-modfile=hack/s3/go.mod", "-n", "versitygw")
	cmd.Dir = filepath.Dir(strings.TrimSpace(string(mod)))
	path, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("build versitygw: %w", err)
	}
	return strings.TrimSpace(string(path)), nil
})
