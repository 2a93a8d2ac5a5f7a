package chrome

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// Finding is one thing that keeps somebody from using a page.
type Finding struct {
	ID     string `json:"id"` // of the rule
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// String tells where it is and what to do.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s", f.ID, f.Impact, f.Help)
	for _, n := range f.Nodes {
		fmt.Fprintf(&b, "\n  %s\n  %s", n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n  "))
	}
	return b.String()
}

// Serious reports whether it keeps people from using the page at all, or nearly.
func (f Finding) Serious() bool { return f.Impact == "serious" || f.Impact == "critical" }

// NeedAxe is for tests that use [Tab.Axe]: without it they are skipped, loudly;
// with CI set they fail.
func NeedAxe(t testing.TB) {
	t.Helper()
	if _, err := axe(); err != nil {
		peers.Missing(t, fmt.Sprintf("axe is not installed (%v; make setup installs it by npm)", err))
	}
}

// Axe looks at the page by the rules of WCAG 2.2 up to AA, and by those that are
// good practice. The page must be allowed to run scripts.
func (tab *Tab) Axe() []Finding {
	tab.t.Helper()
	source, err := axe()
	if err != nil {
		tab.t.Fatal(err)
	}
	// It is put in the way a debugger does, which no policy stops; once a page, for
	// it is long.
	if !Eval[bool](tab, "!!window.axe") {
		Eval[bool](tab, "(() => {"+source+"\n; return true })()")
	}
	return Eval[[]Finding](tab, `axe.run({
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"],
	}).then(r => r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help,
		nodes: v.nodes.map(n => ({html: n.html, failureSummary: n.failureSummary}))})))`)
}

var axe = sync.OnceValues(func() (string, error) {
	root, err := peers.Root()
	if err != nil {
		return "", err
	}
	raw, err := os.ReadFile(filepath.Join(root, "test", "browser", "node_modules", "axe-core", "axe.min.js"))
	return string(raw), err
})
