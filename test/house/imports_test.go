// Package house holds the tests that keep the code a house one would live in:
// who may import whom, one comment for each package, and a table of
// requirements that tells the truth.
package house

import (
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/posterndesk/postern/"

// goPackage is what `go list -json` tells of a package.
type goPackage struct {
	ImportPath string
	Dir        string
	Standard   bool
	GoFiles    []string
	Imports    []string
	Deps       []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-tags", "grpcnotrace", "-json=ImportPath,Dir,Standard,GoFiles,Imports,Deps", "./...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// importRule forbids packages under from to import anything under not, but for
// what is under but: our own inner packages by short name, others in full. With deep, nothing on the way may either.
type importRule struct {
	from, not string
	but       []string
	deep      bool
	why       string
}

const internal = module + "daemon/internal/"

var importRules = []importRule{
	{from: internal + "helpdesk", not: module, deep: true, why: "the vocabulary knows nobody"},
	{from: internal + "helpdesk", not: "golang.org/", deep: true, why: "the vocabulary is the standard library's alone"},
	{from: internal + "helpdesk", not: "go.etcd.io/", deep: true, why: "the domain knows no database"},
	{from: module + "config/wire", not: "go.etcd.io/", deep: true, why: "what is said does not depend on how it is carried"},
	{from: module + "config/mirror", not: module, deep: true, why: "it copies what lies in etcd, and knows nothing of what it means"},
	{from: module + "config", not: "go.etcd.io/etcd/server", deep: true, why: "both programs are clients of etcd; only the daemon has one of its own"},
	{from: module + "config", not: module, why: "both programs import it, so it imports neither"},
	{from: module + "config", not: "k8s.io/", deep: true, why: "the same files drive a daemon without Kubernetes"},
	{from: module + "config", not: "sigs.k8s.io/", deep: true, why: "the same files drive a daemon without Kubernetes"},
	{from: module + "daemon", not: "k8s.io/", but: []string{"k8s.io/utils"}, deep: true, why: "the daemon runs without a cluster; etcd itself uses a tree of k8s.io/utils"},
	{from: module + "daemon", not: "sigs.k8s.io/", but: []string{"sigs.k8s.io/yaml"}, deep: true, why: "the daemon runs without a cluster"},
	{from: module + "operator", not: module + "daemon", deep: true, why: "the programs meet in config alone"},
	{from: module + "operator", not: module + "test", deep: true, why: "what tests start is not in a program"},
	{from: module + "test/kube", not: module + "daemon", deep: true, why: "it runs an API server, and knows only what is declared"},
	{from: module + "operator", not: "html/template", deep: true, why: "it has no pages; what finds methods by name makes the linker keep all, a fifth of the program"},
	{from: module + "config", not: "text/template", but: []string{"text/template/parse"}, why: "the operator links it: see config.MailText"},
	{from: module + "operator", not: "k8s.io/apiserver", deep: true, why: "it is a client of the API server; a part of that server makes the program a seventh larger"},
	{from: module + "operator/internal/store", not: "sigs.k8s.io/controller-runtime/pkg/client", why: "it writes to etcd what was decided, and never asks the API server"},
	{from: module + "operator/internal/store", not: module + "operator/internal/controller", why: "the controller drives it, not the other way round"},
	{from: module + "operator/internal/plan", not: module, but: []string{module + "config", module + "operator/api"}, why: "what an account comes to is decided from what is declared, and by nothing else"},
	{from: module + "operator/internal/plan", not: "sigs.k8s.io/controller-runtime", deep: true, why: "it decides, and does nothing itself"},
	{from: module + "operator/internal/plan", not: "k8s.io/client-go", deep: true, why: "it decides, and does nothing itself"},
	{from: module + "operator/internal/plan", not: "go.etcd.io/", deep: true, why: "it decides, and does nothing itself"},
	{from: module + "operator/internal/plan", not: "net", why: "it decides, and does nothing itself"},
	{from: module + "operator/internal/controller", not: module, but: []string{module + "config", module + "operator/api", module + "operator/internal/plan", module + "operator/internal/store"}, why: "it brings API server, plan and store together, and knows no flag"},
	{from: internal + "links", not: internal, but: []string{"helpdesk"}, why: "tools keep no state and know no use case"},
	{from: internal + "blob", not: internal, but: []string{"helpdesk", "blob"}, why: "tools know no use case"},
	{from: internal + "eml", not: internal, but: []string{"helpdesk"}, why: "tools know no use case"},
	{from: internal + "mailauth", not: internal, but: []string{"helpdesk", "eml"}, why: "it judges what eml reads, and knows no use case"},
	{from: internal + "notice", not: internal, but: []string{"helpdesk", "eml"}, why: "it reads what eml reads, and knows no use case"},
	{from: internal + "safehtml", not: module, deep: true, why: "what stands between strangers' HTML and a browser rests on nothing of ours"},
	{from: internal + "quotes", not: internal, but: []string{"eml"}, why: "it reads what eml reads, and knows no use case"},
	{from: internal + "archive", not: internal, but: []string{"eml"}, why: "it reads files of mail, and knows nothing of what becomes of them"},
	{from: internal + "inspect", not: internal, but: []string{"helpdesk", "eml", "notice", "quotes"}, why: "it only tells how a mail is read"},
	{from: internal + "store", not: internal, but: []string{"helpdesk", "embedded"}, why: "the store implements what use cases ask for"},
	{from: internal + "embedded", not: internal, why: "it runs etcd and knows nothing of what is in it"},
	{from: internal + "inbound", not: internal, but: []string{"helpdesk", "eml", "notice", "quotes", "mailauth", "links", "blob", "store", "outbound", "ages"}, why: "use cases know tools, never edges"},
	{from: internal + "follow", not: internal, but: []string{"helpdesk", "store"}, why: "it tells of tickets, and knows nothing of what is made of them"},
	{from: internal + "search", not: internal, but: []string{"helpdesk", "store", "follow"}, why: "it keeps the words of what the store tells, for use cases to find"},
	{from: internal + "index", not: internal, but: []string{"helpdesk", "store", "follow"}, why: "it keeps in memory what the store tells, for use cases to find"},
	{from: internal + "roster", not: internal, but: []string{"helpdesk", "store", "follow"}, why: "it keeps in memory what the store tells, for use cases to find"},
	{from: internal + "held", not: internal, but: []string{"helpdesk", "store", "follow", "ages"}, why: "it counts what the store tells, for metrics"},
	{from: internal + "ages", not: module, deep: true, why: "it compares times, and knows nobody"},
	{from: internal + "actions", not: internal, but: []string{"helpdesk", "eml", "guessable", "index", "roster", "search", "links", "blob", "safehtml", "store", "outbound"}, why: "use cases know tools, never edges"},
	{from: internal + "outbound", not: internal, but: []string{"helpdesk", "eml", "links", "blob", "store", "dkim", "words", "ages"}, why: "use cases know tools, never edges"},
	{from: internal + "dkim", not: internal, why: "it signs bytes, and knows nobody"},
	{from: internal + "smtpd", not: internal, but: []string{"helpdesk", "inbound", "eml"}, why: "edges know use cases, never each other"},
	{from: internal + "imappoll", not: internal, but: []string{"helpdesk", "inbound", "login", "eml"}, why: "edges know use cases, never each other"},
	{from: internal + "secrets", not: internal, but: []string{"helpdesk"}, why: "tools know no use case"},
	{from: internal + "certs", not: internal, why: "it gives edges their certificates, and knows none of them"},
	{from: internal + "login", not: internal, but: []string{"helpdesk"}, why: "it signs in for outbound and for edges, and knows neither"},
	{from: internal + "openid", not: internal, but: []string{"helpdesk", "outside"}, why: "tools know no use case"},
	{from: internal + "portal", not: internal, but: []string{"helpdesk", "actions", "web", "words"}, why: "edges know use cases, never each other"},
	{from: internal + "gallery", not: internal, but: []string{"helpdesk", "actions", "live", "portal", "console", "web", "words"}, why: "it shows the pages of customers and agents, and puts made-up answers behind them"},
	{from: internal + "outside", not: module, deep: true, why: "it goes out for others, and knows nobody"},
	{from: internal + "hooks", not: internal, but: []string{"helpdesk", "outside"}, why: "it tells what happened, and knows neither acts nor edges"},
	{from: internal + "api", not: internal, but: []string{"helpdesk", "actions", "web"}, why: "edges know use cases, never each other"},
	{from: internal + "console", not: internal, but: []string{"helpdesk", "actions", "web"}, why: "edges know use cases, never each other"},
	{from: internal + "doctor", not: internal, but: []string{"helpdesk", "mailauth", "outbound"}, why: "it looks from outside; what only the daemon can do it is handed"},
	{from: internal + "admin", not: internal, but: []string{"helpdesk", "actions", "outbound", "doctor"}, why: "edges know use cases, never each other"},
	{from: internal + "guessable", not: module, deep: true, why: "it judges passwords, and knows nobody"},
	{from: internal + "words", not: module, deep: true, why: "languages know nobody"},
	{from: internal + "web", not: internal, but: []string{"helpdesk", "words"}, why: "what pages share knows no page"},
	{from: internal + "live", not: internal, but: []string{"helpdesk", "links", "words"}, why: "it turns what is declared into the domain's words, and knows nobody who uses them"},
	{from: internal, not: module + "config", but: nil, why: "inner packages take small structs, not the whole configuration"},
}

// mayUseConfig are the inner packages that turn configuration into small
// structs, and so have to know it.
var mayUseConfig = map[string]bool{internal + "live": true}

// covers: K03
func TestImports(t *testing.T) {
	checked := map[int]bool{}
	for _, p := range listPackages(t) {
		for i, rule := range importRules {
			if !under(p.ImportPath, rule.from) || rule.not == module+"config" && mayUseConfig[p.ImportPath] {
				continue
			}
			checked[i] = true
			imports := p.Imports
			if rule.deep {
				imports = p.Deps
			}
			for _, dep := range imports {
				if under(dep, rule.not) && !under(dep, rule.from) && !excepted(dep, rule) {
					t.Errorf("%s imports %s: %s", p.ImportPath, dep, rule.why)
				}
			}
		}
	}
	for i, rule := range importRules {
		if !checked[i] {
			t.Errorf("the rule for %s watches over no package", rule.from)
		}
	}
}

func under(path, prefix string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

func excepted(dep string, rule importRule) bool {
	for _, but := range rule.but {
		if under(dep, internal+but) || under(dep, but) {
			return true
		}
	}
	return false
}
