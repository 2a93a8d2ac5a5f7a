package charts_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/posterndesk/postern/test/kube"
	"github.com/posterndesk/postern/test/peers"
)

// foreign are the kinds of others that the chart makes objects of, in the modules that
// hack/kinds pins.
var foreign = map[string][]string{
	"sigs.k8s.io/gateway-api":              {"config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"},
	"github.com/cert-manager/cert-manager": {"deploy/crds/cert-manager.io_certificates.yaml", "deploy/crds/cert-manager.io_issuers.yaml"},
	"github.com/prometheus-operator/prometheus-operator": {
		"example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
		"example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
	},
}

// installForeign gives the API server those kinds, as their own charts would.
func installForeign(t *testing.T, cluster *kube.Cluster) {
	t.Helper()
	for module, files := range foreign {
		folder := moduleFolder(t, module)
		for _, file := range files {
			file = filepath.Join(folder, filepath.FromSlash(file))
			cluster.Kubectl(t, "apply", "--server-side", "-f", file)
			// It ends with an error where the kind has no status yet, and is asked again.
			peers.Eventually(t, peers.Patience, func() error {
				_, told, err := cluster.TryKubectl(t, "", "wait", "--for=condition=Established", "--timeout=60s", "-f", file)
				if err != nil {
					return fmt.Errorf("kubectl wait: %w: %s", err, told)
				}
				return nil
			})
		}
	}
}

// moduleFolder downloads a module, if it is not there yet, and tells where it is.
func moduleFolder(t *testing.T, module string) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = root + "/hack/kinds"
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go mod download %s: %v\n%s", module, err, out)
	}
	var told struct{ Dir string }
	if err := json.Unmarshal(out, &told); err != nil || told.Dir == "" {
		t.Fatalf("go mod download %s: %v\n%s", module, err, out)
	}
	return told.Dir
}
