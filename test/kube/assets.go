package kube

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Generous, as a machine may do much else at the time.
const (
	startTimeout = 2 * time.Minute
	stopTimeout  = time.Minute
)

// moduleRoot finds the folder that has hack/kube from that of the test.
func moduleRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "hack", "kube", "build")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("no folder above has hack/kube/build")
		}
		folder = parent
	}
}

// findAssets returns the folder of the programs, which it may have to build first.
func findAssets(root string) (string, error) {
	build := exec.Command(filepath.Join(root, "hack", "kube", "build"))
	var told strings.Builder
	build.Stderr = &told
	out, err := build.Output()
	if err != nil {
		return "", fmt.Errorf("hack/kube/build: %w\n%s\nlet it run by hand, or name a folder with kube-apiserver, etcd and kubectl in KUBEBUILDER_ASSETS", err, told.String())
	}
	folder := strings.TrimSpace(string(out))
	for _, program := range []string{"kube-apiserver", "etcd", "kubectl"} {
		if _, err := exec.LookPath(filepath.Join(folder, program)); err != nil {
			return "", fmt.Errorf("the folder of programs for tests has no %s: %w", program, err)
		}
	}
	return folder, nil
}

// boundToUs returns a program that starts another one and lets it end with this
// process, however that comes about: a test that panics or takes too long would
// leave it behind. Which process that is stands in a file.
func boundToUs(folder, program string) (string, error) {
	bind := ""
	if setpriv, err := exec.LookPath("setpriv"); err == nil { // of util-linux
		bind = fmt.Sprintf("%q --pdeathsig KILL", setpriv)
	}
	script := filepath.Join(folder, filepath.Base(program))
	text := fmt.Sprintf("#!/bin/sh\necho $$ >%q\nexec %s %q \"$@\"\n", script+".pid", bind, program)
	return script, os.WriteFile(script, []byte(text), 0o700)
}
