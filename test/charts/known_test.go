package charts_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFlags holds that the programs know every flag that the chart hands them.
//
// covers: K04
func TestFlags(t *testing.T) {
	h := newHelm(t)
	known := map[string][]byte{"postern": sources(t, "daemon"), "operator": sources(t, "operator")}
	flag := regexp.MustCompile(`^--([a-z0-9-]+)`)
	checked := 0
	everything := []string{"--set", "smtp.lmtp.enabled=true,smtp.smtps=true,portal.https=true,daemon.dns=10.0.0.1:53,smtp.greetingDelay=2s,hostname=mx.acme.example",
		"--set", "s3.enabled=true,s3.endpoint=https://s3.example,s3.bucket=b,s3.authorityConfigMap=a",
		"--set", "tls.acme.enabled=true,tls.acme.directory=https://acme.example/dir,operator.allowMassDelete=true,operator.watchNamespaces={a}",
		"--set", "daemon.issuerNetworks={10.0.0.0/8},daemon.hookNetworks={10.0.0.0/8},smtp.repairLineEnds={10.0.0.0/8},smtp.trustedRelays={10.0.0.0/8}",
		"--set", "portal.trustedProxies={10.0.0.0/8},smtp.proxyProtocol={10.0.0.0/8},relay.server=relay.example:465,relay.user=u,relay.passwordSecret=p"}
	sets := map[string][]string{"everything": everything}
	for name, file := range valueSets(t, "postern*.yaml") {
		sets[name] = []string{"-f", file}
	}
	for name, set := range sets {
		for _, o := range decode(t, h.run(append([]string{"template", "postern", postern}, set...)...)) {
			if o["kind"] != "Deployment" && o["kind"] != "StatefulSet" {
				continue
			}
			container := podOf(o)["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
			for _, arg := range container["args"].([]any) {
				if m := flag.FindStringSubmatch(text(arg)); m != nil {
					checked++
					if !bytes.Contains(known[text(container["name"])], []byte(`"`+m[1]+`"`)) {
						t.Errorf("%s: %v knows no flag --%s", name, container["name"], m[1])
					}
				}
			}
		}
	}
	if checked < 60 {
		t.Errorf("only %d flags were looked at", checked)
	}
}

func podOf(workload map[string]any) map[string]any {
	return workload["spec"].(map[string]any)["template"].(map[string]any)
}

// sources are those of a program.
func sources(t *testing.T, folder string) []byte {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		all = append(all, content...)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: %v", folder, err)
	}
	return all
}
