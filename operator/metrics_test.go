package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// Metrics are read over TLS by whom the cluster allows it, as docs/operator.md says
// how, and by nobody else.
//
// covers: K02
func TestMetricsAreRead(t *testing.T) {
	w := newWorld(t, 1)
	a := w.accounts[0]
	w.replica("postern-1")
	w.kube.Allow(t, w.user, "", rulesIn(t, "rbac/program.yaml", "")...)
	port := peers.Port(t)
	o := w.operator("--metrics", fmt.Sprintf(":%d", port))
	w.listed(o)
	w.kube.Kubectl(t, "create", "serviceaccount", "stranger", "-n", a)
	for _, command := range metricsCommands(t) {
		w.kube.Kubectl(t, strings.Fields(strings.ReplaceAll(command, "monitoring", a))...)
	}
	token := func(of string) string {
		return strings.TrimSpace(w.kube.Kubectl(t, "create", "token", of, "-n", a))
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // it signs its certificate itself
	for _, tt := range []struct {
		name, scheme, token string
		want                int
		says                string
	}{
		{"who may", "https", token("scraper"), http.StatusOK, "postern_operator_store_held_accounts"},
		{"somebody else", "https", token("stranger"), http.StatusForbidden, "Authorization denied"},
		{"nobody", "https", "", http.StatusUnauthorized, "Unauthorized"},
		{"a made-up token", "https", "x.y.z", http.StatusInternalServerError, "Authentication failed"}, // as controller-runtime says it
		{"in the clear", "http", token("scraper"), 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s://127.0.0.1:%d/metrics", tt.scheme, port), nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.token != "" {
				req.Header.Set("Authorization", "Bearer "+tt.token)
			}
			resp, err := client.Do(req)
			if err != nil && tt.want == 0 { // it hangs up
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if tt.want == 0 && resp.StatusCode != http.StatusOK {
				return
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.want || !strings.Contains(string(body), tt.says) {
				t.Errorf("status %d, want %d and %q:\n%.500s", resp.StatusCode, tt.want, tt.says, body)
			}
		})
	}
}

// metricsCommands are those of the manual that let somebody read metrics.
func metricsCommands(t *testing.T) []string {
	t.Helper()
	manual, err := os.ReadFile("../docs/operator.md")
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, found := range regexp.MustCompile(`(?m)^kubectl (create (?:clusterrole|serviceaccount|clusterrolebinding) .*)$`).FindAllStringSubmatch(string(manual), -1) {
		commands = append(commands, found[1])
	}
	if len(commands) != 3 {
		t.Fatalf("the manual has the commands %q", commands)
	}
	return commands
}
