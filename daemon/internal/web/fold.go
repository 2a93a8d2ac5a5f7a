package web

import (
	"fmt"
	"html/template"
	"text/template/parse"
)

// said are the functions of templates whose answer hangs on the language alone.
var said = map[string]bool{"t": true, "icon": true, "path": true}

// fold writes what templates say with constant words into their text, once for each
// language: a page would look up dozens of texts, and always find the same. It changes
// the trees that the templates run, which must be the page's own, not copies of them:
// nothing would ever run these.
func fold(page *template.Template, funcs template.FuncMap) {
	for _, t := range page.Templates() {
		if t.Tree != nil {
			foldList(t.Tree.Root, funcs)
		}
	}
}

func foldList(list *parse.ListNode, funcs template.FuncMap) {
	if list == nil {
		return
	}
	for i, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.ActionNode:
			if words, ok := constant(n, funcs); ok {
				list.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos, Text: []byte(words)}
			}
		case *parse.IfNode:
			foldBranch(&n.BranchNode, funcs)
		case *parse.RangeNode:
			foldBranch(&n.BranchNode, funcs)
		case *parse.WithNode:
			foldBranch(&n.BranchNode, funcs)
		}
	}
}

func foldBranch(n *parse.BranchNode, funcs template.FuncMap) {
	foldList(n.List, funcs)
	foldList(n.ElseList, funcs)
}

// constant is what {{t "words"}} comes to, fit for a text and for a quoted
// attribute; they stand nowhere else. Whatever is more than that is left.
func constant(n *parse.ActionNode, funcs template.FuncMap) (string, bool) {
	if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 2 {
		return "", false
	}
	function, isFunction := n.Pipe.Cmds[0].Args[0].(*parse.IdentifierNode)
	literal, isLiteral := n.Pipe.Cmds[0].Args[1].(*parse.StringNode)
	if !isFunction || !isLiteral || !said[function.Ident] {
		return "", false
	}
	switch f := funcs[function.Ident].(type) {
	case func(string, ...any) string:
		return template.HTMLEscapeString(f(literal.Text)), true
	case func(string) string:
		return template.HTMLEscapeString(f(literal.Text)), true
	case func(string) (template.HTML, error):
		drawing, err := f(literal.Text)
		if err != nil {
			panic(fmt.Sprintf("read template: %v", err))
		}
		return string(drawing), true
	}
	return "", false
}
