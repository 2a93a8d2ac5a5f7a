package config

import (
	"fmt"
	"io"
	"strings"
	"text/template/parse"
)

// MailText is a template of a mail that was read and can be filled in. Go's own
// text/template would do it too, but it finds methods by name, for which the linker
// keeps every method of everything: a fifth of the operator. Tests hold that both
// make the same.
type MailText struct{ tree *parse.Tree }

// Execute writes the text. facts is a map[string]string with all that [MailFacts]
// lists.
func (m *MailText) Execute(w io.Writer, facts any) error {
	named, ok := facts.(map[string]string)
	if !ok {
		return fmt.Errorf("facts of a mail are a map[string]string, not a %T", facts)
	}
	f := mailFilling{tree: m.tree, facts: named}
	if err := f.list(m.tree.Root, nil); err != nil {
		return err
	}
	_, err := io.WriteString(w, f.out.String())
	return err
}

// mailFilling goes through what templateReader let pass, and through nothing else.
// Values are strings, and bools where not, eq and ne made them.
type mailFilling struct {
	tree  *parse.Tree
	facts map[string]string
	out   strings.Builder
}

func (f *mailFilling) list(l *parse.ListNode, dot any) error {
	if l == nil {
		return nil
	}
	for _, n := range l.Nodes {
		if err := f.node(n, dot); err != nil {
			return err
		}
	}
	return nil
}

func (f *mailFilling) node(n parse.Node, dot any) error {
	switch n := n.(type) {
	case *parse.TextNode:
		f.out.Write(n.Text)
	case *parse.ActionNode:
		value, err := f.pipe(n.Pipe, dot)
		if err != nil {
			return err
		}
		fmt.Fprint(&f.out, value)
	case *parse.IfNode:
		return f.branch(&n.BranchNode, dot, false)
	case *parse.WithNode:
		return f.branch(&n.BranchNode, dot, true)
	}
	return nil
}

func (f *mailFilling) branch(b *parse.BranchNode, dot any, with bool) error {
	value, err := f.pipe(b.Pipe, dot)
	switch {
	case err != nil:
		return err
	case !truth(value):
		return f.list(b.ElseList, dot)
	case with:
		dot = value
	}
	return f.list(b.List, dot)
}

// truth is what counts as there.
func truth(value any) bool { return value != "" && value != false }

func (f *mailFilling) pipe(p *parse.PipeNode, dot any) (any, error) {
	args := p.Cmds[0].Args
	if function, ok := args[0].(*parse.IdentifierNode); ok {
		return f.call(function, args[1:], dot)
	}
	return f.value(args[0], dot)
}

func (f *mailFilling) value(n parse.Node, dot any) (any, error) {
	switch n := n.(type) {
	case *parse.StringNode:
		return n.Text, nil
	case *parse.PipeNode:
		return f.pipe(n, dot)
	case *parse.DotNode:
		return dot, nil
	case *parse.FieldNode:
		return f.fact(n, n.Ident[0])
	case *parse.VariableNode:
		return f.fact(n, n.Ident[1])
	}
	return nil, lineError(f.tree, n, "%s is not available", n)
}

func (f *mailFilling) fact(n parse.Node, name string) (any, error) {
	value, ok := f.facts[name]
	if !ok {
		return nil, lineError(f.tree, n, "nothing is known of %s", n)
	}
	return value, nil
}

// call chooses: and, or stop at the first that settles it.
func (f *mailFilling) call(function *parse.IdentifierNode, args []parse.Node, dot any) (any, error) {
	values := make([]any, len(args))
	for i, arg := range args {
		value, err := f.value(arg, dot)
		if err != nil {
			return nil, err
		}
		if function.Ident == "and" && !truth(value) || function.Ident == "or" && truth(value) {
			return value, nil
		}
		values[i] = value
	}
	switch function.Ident {
	case "and", "or":
		return values[len(values)-1], nil
	case "not":
		return !truth(values[0]), nil
	}
	equal, err := f.equal(function, values[0], values[1:])
	return equal == (function.Ident == "eq"), err
}

// equal says whether a value is one of others. What {{with not .Name}} found is no text.
func (f *mailFilling) equal(function parse.Node, value any, others []any) (bool, error) {
	_, text := value.(string)
	for _, other := range others {
		if _, too := other.(string); too != text {
			return false, lineError(f.tree, function, "%s compares texts", function)
		}
		if value == other {
			return true, nil
		}
	}
	return false, nil
}
