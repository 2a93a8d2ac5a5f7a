package charts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFlagsStayWhole holds that a value is one flag, whatever YAML would make of it.
//
// covers: K04
func TestFlagsStayWhole(t *testing.T) {
	flags := flagsOf(t, newHelm(t), "testdata/values/everything-inside.yaml")
	for program, want := range map[string][]string{
		"StatefulSet": {"--installation=a:", "--s3-prefix=a #b/", "--relay-user=a: b #c", "--acme-ca=a: b", "--dns=[fd00::10]:5353", "--relay-results=10.0.1.0/24=mx.acme.example"},
		"Deployment":  {"--installation=a:"},
	} {
		for _, flag := range want {
			if !slices.Contains(flags[program], flag) {
				t.Errorf("the %s has no %q: %q", program, flag, flags[program])
			}
		}
	}
}

// flagsOf are the arguments of the programs, by the kind that runs them.
func flagsOf(t *testing.T, h *helm, file string) map[string][]string {
	t.Helper()
	flags := map[string][]string{}
	for _, o := range decode(t, h.run("template", "postern", postern, "-f", file)) {
		if o["kind"] != "StatefulSet" && o["kind"] != "Deployment" {
			continue
		}
		container := podOf(o)["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
		for _, arg := range container["args"].([]any) {
			flags[text(o["kind"])] = append(flags[text(o["kind"])], text(arg))
		}
	}
	return flags
}

// TestPolicyKnowsItsPorts holds that a NetworkPolicy lets through what other values
// name, and whom it is told to let in.
//
// covers: K04
func TestPolicyKnowsItsPorts(t *testing.T) {
	h := newHelm(t)
	for _, tt := range []struct {
		name, file string
		out        []string // ports that the daemon goes out to
		mail       string   // who brings mail: its peers
	}{
		{"inside", "testdata/values/everything-inside.yaml", []string{"53 UDP", "5353 UDP", "9000", "2525", "25", "993", "443"}, "192.0.2.0/24"},
		{"outside", "testdata/values/everything-outside.yaml", []string{"53 TCP", "443", "12379", "2379"}, ""},
		{"behind Postfix", examples + "/postern-behind-postfix.yaml", []string{"587"}, "postfix"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			policy := networkPolicy(t, decode(t, h.run("template", "postern", postern, "-f", tt.file)))
			out := map[string]bool{}
			for _, rule := range policy["egress"].([]any) {
				for _, p := range rule.(map[string]any)["ports"].([]any) {
					port := p.(map[string]any)
					out[strings.TrimSpace(fmt.Sprint(port["port"], " ", text(port["protocol"])))] = true
				}
			}
			for _, port := range tt.out {
				if !out[port] {
					t.Errorf("the daemon does not get out to %s: %v", port, out)
				}
			}
			mail := policy["ingress"].([]any)[0].(map[string]any)
			if from := fmt.Sprint(mail["from"]); (mail["from"] == nil) != (tt.mail == "") || !strings.Contains(from, tt.mail) {
				t.Errorf("mail is taken from %s, want %q", from, tt.mail)
			}
		})
	}
}

// networkPolicy is what is said of the daemon.
func networkPolicy(t *testing.T, objects []map[string]any) map[string]any {
	t.Helper()
	for _, o := range objects {
		metadata, _ := o["metadata"].(map[string]any)
		labels, _ := metadata["labels"].(map[string]any)
		if o["kind"] == "NetworkPolicy" && labels["app.kubernetes.io/component"] == "daemon" {
			return o["spec"].(map[string]any)
		}
	}
	t.Fatal("there is no NetworkPolicy of the daemon")
	return nil
}

// TestUsefulValues holds that what people need elsewhere is taken, and what comes of it.
//
// covers: K04
func TestUsefulValues(t *testing.T) {
	h := newHelm(t)
	for _, tt := range []struct {
		name, release, chart, set string
		want                      []string
	}{
		{"part of another chart", "desk", postern, "enabled=true,global.region=eu", []string{"name: desk-postern\n"}},
		{"accounts as part of another chart", "desk", account, "enabled=true,global.region=eu,helpCenters.acme.host=help.acme.example,helpCenters.acme.displayName=A,helpCenters.acme.mailboxRef.name=s,helpCenters.acme.portal.ticketSubmission=Enabled", []string{"name: acme\n"}},
		{"a release with dots", "my.desk", postern, "", []string{"name: my-desk-postern\n", "--daemon-service=default/my-desk-postern\n"}},
		{"every host of a domain", "postern", postern, "portal.ingress.enabled=true,portal.ingress.hosts={*.acme.example}", []string{`host: "*.acme.example"`}},
		{"ACME for the mail server", "postern", postern, "hostname=mx.acme.example,tls.acme.enabled=true", []string{"--acme=on", "leads here, at this port.\n  - {name: http, port: 80, targetPort: http}"}},
		{"a certificate that is named twice", "postern", postern, "hostname=mx.acme.example,tls.secrets={postern-tls},tls.certManager.enabled=true,tls.certManager.issuerRef.name=a", []string{"secretName: postern-tls"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rendered := h.run("template", tt.release, tt.chart, "--set", tt.set)
			for _, o := range decode(t, rendered) {
				namedOnce(t, text(o["kind"]), o)
			}
			for _, want := range tt.want {
				if !strings.Contains(rendered, want) {
					t.Errorf("it does not render %q", want)
				}
			}
		})
	}
}

// TestNotesTellWhereMailGoes holds that nobody is told to put an address of the cluster
// into DNS.
//
// covers: K04
func TestNotesTellWhereMailGoes(t *testing.T) {
	h := newHelm(t)
	got := map[string]bool{}
	for _, service := range []string{"LoadBalancer", "NodePort", "ClusterIP"} {
		out := h.run("install", "postern", postern, "--dry-run=client", "--set", "hostname=mx.acme.example,smtp.service.type="+service)
		_, notes, _ := strings.Cut(out, "NOTES:")
		got[service] = strings.Contains(notes, "mx.acme.example.  A, AAAA")
		if !strings.Contains(notes, "MX 10") {
			t.Errorf("%s: the notes tell nothing of the MX:\n%s", service, notes)
		}
	}
	if diff := cmp.Diff(map[string]bool{"LoadBalancer": true, "NodePort": true, "ClusterIP": false}, got); diff != "" {
		t.Errorf("whether the notes point the MX to the Service (-want +got):\n%s", diff)
	}
}
