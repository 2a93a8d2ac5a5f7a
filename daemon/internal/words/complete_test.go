package words

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
	"time"
)

// text is one that customers can meet.
type text struct {
	english string // names it
	counts  bool
	at      string
}

// Every language says every text that a customer can meet, with the same places to
// fill in, and nothing that nobody says any more.
// covers: S43
func TestLanguagesAreComplete(t *testing.T) {
	said := map[string]text{}
	for _, one := range texts(t) {
		said[one.english] = one
	}
	if len(said) < 100 {
		t.Fatalf("only %d texts were found", len(said))
	}
	for locale, w := range all {
		if locale == English {
			continue
		}
		for _, english := range slices.Sorted(maps.Keys(said)) {
			own, ok := w.texts[english]
			if !ok {
				t.Errorf("%s lacks %q (%s)", locale, english, said[english].at)
				continue
			}
			checkForms(t, w, said[english], own)
		}
		for _, english := range slices.Sorted(maps.Keys(w.texts)) {
			if _, ok := said[english]; !ok {
				t.Errorf("%s has %q, which nothing says", locale, english)
			}
		}
	}
}

// A text that stands in a file twice would be said as it stands there last.
func TestNoTextTwice(t *testing.T) {
	entry := regexp.MustCompile(`(?m)^  ("(?:[^"\\]|\\.)*"): `)
	for locale, w := range all {
		if locale == English {
			continue
		}
		raw, err := files.ReadFile(locale + ".json")
		if err != nil {
			t.Fatal(err)
		}
		stands := map[string]int{}
		for _, m := range entry.FindAllStringSubmatch(string(raw), -1) {
			if stands[m[1]]++; stands[m[1]] == 2 {
				t.Errorf("%s has %s twice", locale, m[1])
			}
		}
		if len(stands) != len(w.texts) { // or lines of the file are not one text each
			t.Errorf("%s has %d texts, of which %d were found", locale, len(w.texts), len(stands))
		}
	}
}

// checkForms compares the places of a text's forms with those of the English one. A
// form for one thing need not name the number.
func checkForms(t *testing.T, w *Words, one text, own forms) {
	t.Helper()
	want := places(one.english)
	if one.counts {
		for n := range 200 {
			if form := w.form(n); own[form] == "" {
				t.Errorf("%s lacks the form %q of %q", w.Locale, form, one.english)
				return
			}
		}
	}
	for form, says := range own {
		got := places(says)
		if strings.TrimSpace(says) == "" || !one.counts && form != "other" {
			t.Errorf("%s: %q has the form %q, %q", w.Locale, one.english, form, says)
		}
		if !slices.Equal(got, want) && (form == "other" || len(got) > len(want)) {
			t.Errorf("%s: %q has places %q, but %q has %q", w.Locale, says, got, one.english, want)
		}
	}
}

var place = regexp.MustCompile(`%(\[\d+\])?([-+# 0]*[\d.]*)([a-zA-Z%])`)

// places lists the arguments of a text, and as what each is written.
func places(text string) []string {
	var all []string
	next := 1
	for _, m := range place.FindAllStringSubmatch(text, -1) {
		if m[3] == "%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(strings.Trim(m[1], "[]"))
		}
		all = append(all, fmt.Sprintf("%d%s%s", next, m[2], m[3]))
		next++
	}
	slices.Sort(all)
	return all
}

func TestPlaces(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "[]",
		"100 %":                "[]",
		"100%% of %s":          "[1s]",
		"%d of %.1f":           "[1d 2.1f]",
		"%[2]s has %[1]d":      "[1d 2s]",
		"%[2]s and then %s %%": "[2s 3s]",
	} {
		if got := fmt.Sprint(places(text)); got != want {
			t.Errorf("places of %q are %s, want %s", text, got, want)
		}
	}
}

// pageTemplates are those of customers' pages and mails.
var pageTemplates = []string{"../portal/templates/*.html", "../web/templates/*.html", "../outbound/words/customer/*.txt"}

// told are folders of which every text is said to customers, by T, N or HTML.
var told = []string{"../portal", "../web", "../outbound", "../live"}

// refusing are folders of which customers meet the errors that pages show.
var refusing = []string{"../portal", "../web", "../actions", "../helpdesk"}

// agentsOnly are files in them whose errors only agents and operators meet.
var agentsOnly = []string{
	"../helpdesk/hook.go",
	"../actions/hooks.go",
	"../actions/agents.go",
	"../actions/assign.go",
	"../actions/block.go",
	"../actions/bulk.go",
	"../actions/canned.go",
	"../actions/contactcsv.go",
	"../actions/contactedit.go",
	"../actions/contactimport.go",
	"../actions/contactmerge.go",
	"../actions/crew.go",
	"../actions/decide.go",
	"../actions/detail.go",
	"../actions/edit.go",
	"../actions/erase.go",
	"../actions/export.go",
	"../actions/findterms.go",
	"../actions/held.go",
	"../actions/heldmerge.go",
	"../actions/invite.go",
	"../actions/join.go",
	"../actions/mails.go",
	"../actions/merge.go",
	"../actions/newticket.go",
	"../actions/once.go",
	"../actions/opening.go",
	"../actions/outbox.go",
	"../actions/participants.go",
	"../actions/presence.go",
	"../actions/probe.go",
	"../actions/queues.go",
	"../actions/release.go",
	"../actions/reply.go",
	"../actions/roles.go",
	"../actions/second.go",
	"../actions/settings.go",
	"../actions/sides.go",
	"../actions/snooze.go",
	"../actions/spam.go",
	"../actions/split.go",
	"../actions/teams.go",
	"../actions/tokens.go",
	"../actions/views.go",
	"../actions/watchers.go",
	"../actions/writings.go",
	"../helpdesk/canned.go",
	"../helpdesk/change.go",
	"../helpdesk/delivery.go",
	"../helpdesk/fields.go",
	"../helpdesk/filter.go",
	"../helpdesk/merge.go",
	"../helpdesk/offers.go",
	"../helpdesk/snooze.go",
	"../helpdesk/ticket.go",
	"../helpdesk/work.go",
}

// tables are variables whose texts are all said, and calls of which one argument is.
var (
	tables = []struct{ file, name string }{
		{"../helpdesk/desk.go", "customerStatus"}, {"../portal/account.go", "accountDone"},
		{"../web/status.go", "problems"}, {"../web/status.go", "misdirected"}, {"../web/status.go", "crossOrigin"},
		{"../../../config/fielderror.go", "english"}, {"../web/status.go", "clearText"}, {"../web/status.go", "tooMany"},
	}
	reports = []struct {
		file, function string
		argument       int
	}{
		{"../actions/submit.go", "report", 1},
	}
)

// texts are all that customers can meet.
func texts(t *testing.T) []text {
	t.Helper()
	all := made()
	for _, pattern := range pageTemplates {
		for _, name := range glob(t, pattern) {
			all = append(all, ofTemplate(t, name)...)
		}
	}
	for _, folder := range told {
		for _, name := range sources(t, folder) {
			all = append(all, saidIn(t, name)...)
		}
	}
	for _, folder := range refusing {
		for _, name := range sources(t, folder) {
			if !slices.Contains(agentsOnly, name) {
				all = append(all, refusedIn(t, name)...)
			}
		}
	}
	for _, table := range tables {
		all = append(all, ofTable(t, table.file, table.name)...)
	}
	for _, r := range reports {
		found := calls(t, r.file, func(name string) []int {
			if name == r.function {
				return []int{r.argument}
			}
			return nil
		})
		if len(found) == 0 {
			t.Errorf("%s has no text that is given to %s", r.file, r.function)
		}
		all = append(all, found...)
	}
	return all
}

// made are texts that stand nowhere as they are said.
func made() []text {
	all := []text{
		{english: "1.5", at: "the decimal mark"},
		{english: "bytes", at: "helpdesk.SizeWords"}, {english: "kB", at: "helpdesk.SizeWords"}, {english: "MB", at: "helpdesk.SizeWords"},
	}
	for d := range time.Saturday + 1 {
		all = append(all, text{english: d.String(), at: "package time"})
	}
	for m := range time.December {
		all = append(all, text{english: (m + 1).String(), at: "package time"})
	}
	return all
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	return names
}

func sources(t *testing.T, folder string) []string {
	t.Helper()
	return slices.DeleteFunc(glob(t, folder+"/*.go"), func(name string) bool { return strings.HasSuffix(name, "_test.go") })
}

// ofTemplate finds what t, th and tn say. What they are given has to stand there:
// what does not could not be found here.
func ofTemplate(t *testing.T, name string) []text {
	t.Helper()
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	set := map[string]*parse.Tree{}
	if _, err := tree.Parse(string(source), "", "", set); err != nil {
		t.Fatal(err)
	}
	var all []text
	for _, one := range set {
		eachCommand(one.Root, func(c *parse.CommandNode) {
			function, ok := c.Args[0].(*parse.IdentifierNode)
			if !ok {
				return
			}
			at := map[string]int{"t": 1, "th": 1, "tn": 3}[function.Ident]
			if at == 0 {
				return
			}
			if len(c.Args) <= at {
				t.Errorf("%s: %s has too few arguments", name, c)
				return
			}
			literal, ok := c.Args[at].(*parse.StringNode)
			if !ok {
				t.Errorf("%s: %s says what does not stand there", name, c)
				return
			}
			all = append(all, text{literal.Text, function.Ident == "tn", name})
		})
	}
	return all
}

// eachCommand walks through a template.
func eachCommand(n parse.Node, visit func(*parse.CommandNode)) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				eachCommand(child, visit)
			}
		}
	case *parse.ActionNode:
		eachCommand(n.Pipe, visit)
	case *parse.TemplateNode:
		eachCommand(n.Pipe, visit)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				eachCommand(c, visit)
			}
		}
	case *parse.CommandNode:
		visit(n)
		for _, argument := range n.Args {
			eachCommand(argument, visit)
		}
	case *parse.IfNode:
		eachBranch(&n.BranchNode, visit)
	case *parse.RangeNode:
		eachBranch(&n.BranchNode, visit)
	case *parse.WithNode:
		eachBranch(&n.BranchNode, visit)
	}
}

func eachBranch(n *parse.BranchNode, visit func(*parse.CommandNode)) {
	eachCommand(n.Pipe, visit)
	eachCommand(n.List, visit)
	eachCommand(n.ElseList, visit)
}

// saidIn finds what a file says by T, N and HTML.
func saidIn(t *testing.T, name string) []text {
	t.Helper()
	all := calls(t, name, func(function string) []int {
		if function == "T" || function == "HTML" {
			return []int{0}
		}
		return nil
	})
	for _, one := range calls(t, name, func(function string) []int {
		if function == "N" {
			return []int{2}
		}
		return nil
	}) {
		one.counts = true
		all = append(all, one)
	}
	return all
}

// shown are the kinds of errors whose words a page shows.
var shown = []string{"Invalid", "TooLarge", "Unavailable"}

// refusedIn finds the words of errors that pages show.
func refusedIn(t *testing.T, name string) []text {
	t.Helper()
	var all []text
	inspect(t, name, func(n ast.Node, at string) {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch function := nameOf(n.Fun); {
			case function == "Errorf" && len(n.Args) > 1 && slices.Contains(shown, nameOf(n.Args[0])):
				all = append(all, literals(n.Args[1], at)...)
			case strings.HasSuffix(function, "Error") && len(n.Args) > 0: // a short name for one kind
				all = append(all, literals(n.Args[0], at)...)
			}
		case *ast.CompositeLit:
			if nameOf(n.Type) != "Error" {
				return
			}
			parts := map[string]ast.Expr{}
			for _, e := range n.Elts {
				if pair, ok := e.(*ast.KeyValueExpr); ok {
					parts[nameOf(pair.Key)] = pair.Value
				}
			}
			if public := parts["Public"]; public != nil && slices.Contains(shown, nameOf(parts["Kind"])) {
				all = append(all, literals(public, at)...)
			}
		}
	})
	return all
}

// ofTable finds the texts of a variable.
func ofTable(t *testing.T, file, variable string) []text {
	t.Helper()
	var all []text
	inspect(t, file, func(n ast.Node, at string) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != variable {
			return
		}
		keys := map[ast.Node]bool{}
		ast.Inspect(spec.Values[0], func(n ast.Node) bool {
			if pair, ok := n.(*ast.KeyValueExpr); ok {
				keys[pair.Key] = true
			}
			if value, ok := n.(ast.Expr); ok && !keys[n] {
				all = append(all, literals(value, at)...)
			}
			return true
		})
	})
	if len(all) == 0 {
		t.Errorf("%s has no texts in %s", file, variable)
	}
	return all
}

// calls finds the texts among the arguments that which names of a function's calls.
func calls(t *testing.T, file string, which func(function string) []int) []text {
	t.Helper()
	var all []text
	inspect(t, file, func(n ast.Node, at string) {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return
		}
		for _, i := range which(nameOf(call.Fun)) {
			if i < len(call.Args) {
				all = append(all, literals(call.Args[i], at)...)
			}
		}
	})
	return all
}

func inspect(t *testing.T, name string, visit func(n ast.Node, at string)) {
	t.Helper()
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if n != nil {
			visit(n, fmt.Sprintf("%s:%d", name, positions.Position(n.Pos()).Line))
		}
		return true
	})
}

// literals is the text that an expression writes down, if it does.
func literals(e ast.Expr, at string) []text {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return nil
	}
	says, err := strconv.Unquote(literal.Value)
	if err != nil || cmp.Or(says, " ") == " " {
		return nil
	}
	return []text{{english: says, at: at}}
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
