package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestExecute(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		out  string // part of what is printed
		want int
	}{
		{"help", []string{"--help"}, "--etcd", exitOK},
		{"version", []string{"--version"}, "postern-operator dev", exitOK},
		{"without etcd", nil, "--etcd is missing", exitUsage},
		{"unknown flag", []string{"--namespace", "x"}, "not defined: -namespace; see --help", exitUsage},
		{"a word", []string{"start"}, `"start" is no flag`, exitUsage},
		{"half a certificate", []string{"--etcd", "x:1", "--etcd-cert", "c"}, "belong together", exitUsage},
		{"installation", []string{"--etcd", "x:1", "--installation", "a/b"}, "plain word", exitUsage},
		{"namespaces", []string{"--etcd", "x:1", "--watch-namespaces", "a,B"}, `"B" is not the name of a namespace`, exitUsage},
		{"no namespace", []string{"--etcd", "x:1", "--watch-namespaces", ""}, `it names nothing`, exitUsage},
		{"only commas", []string{"--etcd", "x:1", "--watch-namespaces", " ,"}, `it names nothing`, exitUsage},
		{"metrics", []string{"--etcd", "x:1", "--metrics", "8443"}, "such as :8443, nor off", exitUsage},
		{"service", []string{"--etcd", "x:1", "--daemon-service", "postern"}, "NAMESPACE/NAME", exitUsage},
		{"lease", []string{"--etcd", "x:1", "--leader-election-namespace", "x"}, "only with --leader-elect", exitUsage},
		{"no kubeconfig", []string{"--etcd", "127.0.0.1:1", "--kubeconfig", "/nowhere"}, "--kubeconfig says where", exitFailed},
		{"no certificate authority", []string{"--etcd", "127.0.0.1:1", "--kubeconfig", "testdata/kubeconfig", "--etcd-ca", "/nowhere"}, "read --etcd-ca", exitFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if got := execute(t.Context(), tt.args, &out, &out); got != tt.want || !strings.Contains(out.String(), tt.out) {
				t.Errorf("status %d, printed %q; want %d and %q", got, out.String(), tt.want, tt.out)
			}
		})
	}
}

func TestNamespacesAreRepeated(t *testing.T) {
	o, err := parse([]string{"--etcd", "x:1", "--watch-namespaces", "a,b,", "--watch-namespaces=c"}, io.Discard)
	if err != nil || !slices.Equal(o.namespaces, []string{"a", "b", "c"}) {
		t.Errorf("%v, %v", o, err)
	}
}

func TestMetricsAreForWhoMayReadThem(t *testing.T) {
	for _, tt := range []struct {
		name, address string
		secure        bool
	}{
		{"everywhere", ":8443", true},
		{"an address", "10.0.0.1:8443", true},
		{"this machine", "127.0.0.1:8080", false},
		{"this machine, IPv6", "[::1]:8080", false},
		{"this machine, by name", "localhost:8080", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := metricsOptions(tt.address)
			if m.SecureServing != tt.secure || (m.FilterProvider != nil) != tt.secure || m.BindAddress != tt.address {
				t.Errorf("got %+v; want secure %v", m, tt.secure)
			}
		})
	}
	if m := metricsOptions(""); m.BindAddress != "0" {
		t.Errorf("without an address it listens on %q", m.BindAddress)
	}
}
