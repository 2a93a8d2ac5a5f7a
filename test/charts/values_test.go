package charts_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// outside are values of an etcd and a bucket outside.
const outside = "etcd.mode=External,etcd.external.endpoints={https://etcd:2379},etcd.external.clientSecret=e,s3.enabled=true,s3.endpoint=https://s3.acme.example,s3.bucket=b"

// TestRefusedValues holds that a mistake in values is refused before anything is
// installed, and that the words say where it is.
//
// covers: K04
func TestRefusedValues(t *testing.T) {
	h := newHelm(t)
	for _, tt := range []struct {
		name  string
		chart string
		set   string
		want  []string // parts of what is said
	}{
		{"a typo", postern, "daemon.replica=2", []string{"/daemon", "replica", "not allowed"}},
		{"a typo at the top", postern, "hostName=mx.acme.example", []string{"hostName", "not allowed"}},
		{"two replicas with etcd inside", postern, "daemon.replicas=2", []string{"/daemon/replicas", "must be 1"}},
		{"scaled with etcd inside", postern, "daemon.autoscaling.enabled=true", []string{"/daemon/autoscaling/enabled", "must be false"}},
		{"a mode that is not there", postern, "etcd.mode=Outside", []string{"/etcd/mode", "'Embedded', 'External'"}},
		{"etcd outside without endpoints", postern, "etcd.mode=External", []string{"/etcd/external/endpoints", "minItems"}},
		{"etcd outside without a bucket", postern, "etcd.mode=External,etcd.external.endpoints={https://etcd:2379},etcd.external.clientSecret=e", []string{"/s3/enabled", "must be true"}},
		{"etcd outside in clear text", postern, "etcd.external.endpoints={http://etcd:2379}", []string{"/etcd/external/endpoints/0", "does not match"}},
		{"a bucket without its name", postern, "s3.enabled=true", []string{"/s3/bucket"}},
		{"certificates of yours that are not named", postern, "etcd.embedded.tls.source=Secrets", []string{"/etcd/embedded/tls/serverSecret"}},
		{"TLS without certificates", postern, "smtp.smtps=true", []string{"/tls/secrets"}},
		{"cert-manager without an issuer", postern, "hostname=mx.acme.example,tls.certManager.enabled=true", []string{"/tls/certManager/issuerRef/name"}},
		{"ACME without a name", postern, "tls.acme.enabled=true", []string{"/hostname"}},
		{"a route to nowhere", postern, "portal.httpRoute.enabled=true", []string{"/portal/httpRoute/parentRefs"}},
		{"an Ingress without hosts", postern, "portal.ingress.enabled=true", []string{"/portal/ingress/hosts"}},
		{"a sign-in without a relay", postern, "relay.user=postern", []string{"/relay/server"}},
		{"a network that is none", postern, "smtp.trustedRelays={postfix}", []string{"/smtp/trustedRelays/0", "does not match"}},
		{"a label that selects", postern, "daemon.podLabels.app\\.kubernetes\\.io/name=x", []string{"invalid propertyName 'app.kubernetes.io/name'"}},
		{"too little time to end", postern, "daemon.terminationGracePeriodSeconds=30", []string{"/daemon/terminationGracePeriodSeconds", "45"}},
		{"a network that is too narrow", postern, "smtp.trustedRelays={10.0.0.0/99}", []string{"/smtp/trustedRelays/0", "does not match"}},
		{"a word of the letters of a network", postern, "portal.trustedProxies={cafe}", []string{"/portal/trustedProxies/0", "does not match"}},
		{"results of a name", postern, "smtp.relayResults={postfix=mx.acme.example}", []string{"/smtp/relayResults/0", "does not match"}},
		{"a DNS server by its name", postern, "daemon.dns=dns.acme.example:53", []string{"/daemon/dns", "does not match"}},
		{"an address where a balancer wants a network", postern, "smtp.service.loadBalancerSourceRanges={192.0.2.1}", []string{"/smtp/service/loadBalancerSourceRanges/0"}},
		{"a name that is none", postern, "nameOverride=Help Desk", []string{"/nameOverride", "does not match"}},
		{"a prefix that begins with a slash", postern, "s3.prefix=/mail", []string{"/s3/prefix", "does not match"}},
		{"an Ingress that would lead to itself", postern, "tls.secrets={a},portal.https=true,portal.ingress.enabled=true,portal.ingress.hosts={help.acme.example}", []string{"/portal/ingress/enabled", "must be false"}},
		{"a route that would lead to itself", postern, "tls.secrets={a},portal.https=true,portal.httpRoute.enabled=true,portal.httpRoute.parentRefs[0].name=a", []string{"/portal/httpRoute/enabled", "must be false"}},
		{"more replicas at least than at most", postern, outside + ",daemon.autoscaling.enabled=true,daemon.autoscaling.minReplicas=6", []string{"minReplicas is more than maxReplicas"}},
		{"scaled by nothing", postern, outside + ",daemon.autoscaling.enabled=true,daemon.resources.requests.cpu=null", []string{"daemon.resources.requests.cpu is not set"}},
		{"a typo in a spec", account, "helpCenters.acme.hots=help.acme.example", []string{"/helpCenters/acme", "hots", "not allowed"}},
		{"a word that a kind does not know", account, "mailboxes.support.inbound.type=POP3", []string{"/mailboxes/support/inbound/type", "'SMTP', 'IMAP'"}},
		{"a mailbox without an address", account, "mailboxes.support.displayName=Support", []string{"/mailboxes/support", "address"}},
		{"a kind that is not there", account, "helpcenters.acme.host=help.acme.example", []string{"helpcenters", "not allowed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, told, err := h.try("template", "x", tt.chart, "--set", tt.set)
			if err == nil {
				t.Fatalf("it is taken:\n%s", out)
			}
			for _, want := range tt.want {
				if !strings.Contains(told, want) {
					t.Errorf("it does not say %q:\n%s", want, told)
				}
			}
		})
	}
}

// TestValuesInGitOps holds that the values in the examples of Flux and Argo CD are ones
// that the charts take.
//
// covers: K04
func TestValuesInGitOps(t *testing.T) {
	h := newHelm(t)
	for file, find := range map[string]func(spec map[string]any) (chart string, values any){
		"flux.yaml": func(spec map[string]any) (string, any) {
			chart, _ := spec["chart"].(map[string]any)
			inner, _ := chart["spec"].(map[string]any)
			return text(inner["chart"]), spec["values"]
		},
		"argocd.yaml": func(spec map[string]any) (string, any) {
			source, _ := spec["source"].(map[string]any)
			inner, _ := source["helm"].(map[string]any)
			return text(source["path"]), inner["valuesObject"]
		},
	} {
		content, err := os.ReadFile(filepath.Join(examples, file))
		if err != nil {
			t.Fatal(err)
		}
		tried := 0
		for _, o := range decode(t, string(content)) {
			spec, _ := o["spec"].(map[string]any)
			chart, values := find(spec)
			if chart == "" {
				continue
			}
			tried++
			text, err := json.Marshal(values)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(t.TempDir(), "values.json")
			if err := os.WriteFile(name, text, 0o600); err != nil {
				t.Fatal(err)
			}
			h.run("lint", "--strict", filepath.Join(root, chart), "-f", name)
		}
		if tried != 2 {
			t.Errorf("%s has %d releases, want one of each chart", file, tried)
		}
	}
}
