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
	url := fmt.Sprintf("https://127.0.0.1:%d/metrics", port)
	scraper := token("scraper")
	for _, tt := range []struct {
		name, header string
		want         int
		says         string
	}{
		{"who may", "Bearer " + scraper, http.StatusOK, "postern_operator_store_held_accounts"},
		{"somebody else", "Bearer " + token("stranger"), http.StatusForbidden, "stranger may not get /metrics"},
		{"nobody", "", http.StatusUnauthorized, "A token is needed"},
		{"a made-up token", "Bearer x.y.z", http.StatusUnauthorized, "A token is needed"},
		{"another scheme", "Basic " + scraper, http.StatusUnauthorized, "A token is needed"},
		{"a scheme alone", "Bearer", http.StatusUnauthorized, "A token is needed"},
		{"a token without end", "Bearer " + strings.Repeat("x", maxToken+1), http.StatusUnauthorized, "A token is needed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, body, err := scrape(t, http.MethodGet, url, tt.header)
			if err != nil || status != tt.want || !strings.Contains(body, tt.says) {
				t.Errorf("status %d, want %d and %q: %v\n%.500s", status, tt.want, tt.says, err, body)
			}
		})
	}
	if status, _, err := scrape(t, http.MethodPost, url, "Bearer "+scraper); err != nil || status != http.StatusMethodNotAllowed {
		t.Errorf("with POST: %d, %v", status, err)
	}
	if status, _, err := scrape(t, http.MethodGet, strings.Replace(url, "https", "http", 1), "Bearer "+scraper); err == nil && status == http.StatusOK {
		t.Error("metrics are read in the clear")
	}
	w.strangersAsk(url, scraper)
	// What was decided counts for a moment, and who was never heard of cannot be asked about.
	w.status(url, scraper, http.StatusOK)
	fresh := token("scraper")
	w.kube.KillServer(t)
	w.status(url, fresh, http.StatusServiceUnavailable)
	w.kube.StartServer(t)
	w.status(url, fresh, http.StatusOK)
	w.kube.Kubectl(t, "delete", "clusterrolebinding", "postern-metrics")
	w.status(url, scraper, http.StatusForbidden)
	if strings.Contains(o.logged(), fresh) || strings.Contains(o.logged(), scraper) {
		t.Error("a token is in the log")
	}
}

// strangersAsk sends many tokens that nobody knows at once: most of them are not asked
// about, and who may read still does.
func (w *world) strangersAsk(url, scraper string) {
	w.t.Helper()
	const strangers = 10 * askBurst
	answers := make(chan int, strangers)
	for i := range strangers {
		go func() {
			status, _, err := scrape(w.t, http.MethodGet, url, fmt.Sprintf("Bearer made.up.%d", i))
			if err != nil {
				status = 0
			}
			answers <- status
		}()
	}
	w.status(url, scraper, http.StatusOK)
	counts := map[int]int{}
	for range strangers {
		counts[<-answers]++
	}
	if counts[http.StatusTooManyRequests] == 0 || counts[http.StatusOK] != 0 {
		w.t.Errorf("strangers were answered %v", counts)
	}
}

// status waits for what somebody with the token is answered.
func (w *world) status(url, token string, want int) {
	w.t.Helper()
	w.eventually(func() error {
		status, body, err := scrape(w.t, http.MethodGet, url, "Bearer "+token)
		if err == nil && status != want {
			err = fmt.Errorf("status %d, want %d: %.200s", status, want, body)
		}
		return err
	})
}

func scrape(t testing.TB, method, url, header string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		return 0, "", err
	}
	if header != "" {
		req.Header.Set("Authorization", header)
	}
	resp, err := insecure.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// insecure takes certificates as they are: the operator signs its own.
var insecure = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

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
