package config

import (
	"fmt"
	"slices"
	"strings"
	"text/template/parse"
)

// mailFacts are what a template of a purpose may name. Those of purposes that
// anybody can have sent to an address of their choice hold nothing that a stranger
// chose, so no template can tell it.
type mailFacts struct {
	may  []string
	must []string // without which the mail would be of no use
}

var (
	ofTicket  = []string{"Center", "Support", "Number", "Link"}
	personal  = slices.Concat(ofTicket, []string{"Hello", "Name", "Subject"})
	ofAccount = []string{"Center", "Support"}

	mailPurposes = map[MailPurpose]mailFacts{
		MailAcknowledgement: {personal, []string{"Link"}},
		MailConfirmation:    {ofTicket, []string{"Link"}},
		MailReply:           {slices.Concat(personal, []string{"Writer", "Text", "Quote"}), []string{"Text", "Link"}},
		MailUpdate:          {slices.Concat(personal, []string{"Writer", "Text", "Files"}), []string{"Text", "Link"}},
		MailJoined:          {slices.Concat(personal, []string{"Writer"}), []string{"Link"}},
		MailAdded:           {ofTicket, []string{"Link"}},
		MailStatusChanged:   {slices.Concat(personal, []string{"Writer", "Status"}), []string{"Status", "Link"}},
		MailOpened:          {slices.Concat(personal, []string{"Writer", "Text"}), []string{"Text", "Link"}},
		MailPeopleChanged:   {slices.Concat(personal, []string{"Writer", "Person"}), []string{"Person", "Link"}},
		MailNewLink:         {slices.Concat(ofTicket, []string{"Lasts"}), []string{"Link"}},
		MailSignUp:          {slices.Concat(ofAccount, []string{"Link", "Lasts"}), []string{"Link"}},
		MailInvitation:      {slices.Concat(ofAccount, []string{"Link", "Lasts"}), []string{"Link"}},
		MailPasswordReset:   {slices.Concat(ofAccount, []string{"Link", "Lasts"}), []string{"Link"}},
		MailSignInCode:      {slices.Concat(ofAccount, []string{"Code", "Lasts"}), []string{"Code"}},
		MailSignInLink:      {slices.Concat(ofAccount, []string{"Link", "Lasts"}), []string{"Link"}},
		MailAccountKnown:    {slices.Concat(ofAccount, []string{"Link"}), []string{"Link"}},
		MailPasswordChanged: {slices.Concat(ofAccount, []string{"Link"}), []string{"Link"}},
		MailSignInAdded:     {slices.Concat(ofAccount, []string{"Link", "Issuer"}), []string{"Link", "Issuer"}},
		MailSignInRemoved:   {slices.Concat(ofAccount, []string{"Link", "Issuer"}), []string{"Link", "Issuer"}},
	}
)

// sometimes are facts that are "" in some mails: the link of a ticket while the portal
// is off, and what nobody told. A template has to be of use without them.
var sometimes = []string{"Link", "Name", "Subject", "Quote", "Files"}

// MailFacts lists what a template of the purpose may name.
func MailFacts(p MailPurpose) []string { return slices.Clone(mailPurposes[p].may) }

// ParseMailTemplate reads a template and proves that it can be filled in: it may name
// what [MailFacts] lists and choose by it, and nothing else. There are no loops, no
// functions that make text and nothing to call, so a mail is as long as its template
// and what it is about.
//
// An error tells the line.
func ParseMailTemplate(p MailPurpose, text string) (*MailText, error) {
	facts, ok := mailPurposes[p]
	if !ok {
		return nil, fmt.Errorf("%s is not a purpose of mail", clip(string(p)))
	}
	trees, err := parse.Parse("body", text, "", "", knownFunctions)
	if err != nil {
		return nil, templateError(err)
	}
	if len(trees) > 1 {
		return nil, fmt.Errorf("a template cannot define others")
	}
	tree := trees["body"]
	if tree == nil || parse.IsEmptyTree(tree.Root) {
		return nil, fmt.Errorf("is required")
	}
	reader := templateReader{facts: facts, tree: tree}
	if err := reader.list(tree.Root, false); err != nil {
		return nil, err
	}
	t := &MailText{tree}
	return t, facts.try(t)
}

// knownFunctions are those of text/template, for the parser: others are mistyped, and
// these are refused by name, but for a few.
var knownFunctions = func() map[string]any {
	all := map[string]any{}
	for name := range strings.FieldsSeq("and or not eq ne lt le gt ge call html index slice js len print printf println urlquery") {
		all[name] = true
	}
	return all
}()

// templateError is what the parser found, without its own names.
func templateError(err error) error {
	message := strings.TrimPrefix(err.Error(), "template: body:")
	line, rest, ok := strings.Cut(message, ": ")
	line, _, _ = strings.Cut(line, ":")
	if !ok || strings.Trim(line, "0123456789") != "" {
		return fmt.Errorf("%s", message)
	}
	return fmt.Errorf("line %s: %s", line, rest)
}

// try fills in the template with and without what is there only sometimes, and looks
// for what the mail is about.
func (f mailFacts) try(t *MailText) error {
	var free []string
	for _, name := range f.may {
		if slices.Contains(sometimes, name) {
			free = append(free, name)
		}
	}
	for without := range 1 << len(free) {
		facts := map[string]string{}
		for _, name := range f.may {
			facts[name] = "\x02" + name + "\x03"
		}
		for i, name := range free {
			if without&(1<<i) != 0 {
				facts[name] = ""
			}
		}
		var out strings.Builder
		if err := t.Execute(&out, facts); err != nil {
			return err
		}
		for _, name := range f.must {
			if !strings.Contains(out.String(), facts[name]) {
				return fmt.Errorf("must hold {{.%s}}, whatever else is there", name)
			}
		}
	}
	return nil
}

// templateReader walks through a template and refuses what it may not do.
type templateReader struct {
	facts mailFacts
	tree  *parse.Tree
}

func (r templateReader) errorf(n parse.Node, format string, args ...any) error {
	return lineError(r.tree, n, format, args...)
}

// lineError tells the line of a node.
func lineError(tree *parse.Tree, n parse.Node, format string, args ...any) error {
	place, _ := tree.ErrorContext(n)
	parts := strings.Split(place, ":")
	if len(parts) > 1 {
		return fmt.Errorf("line %s: %s", parts[1], fmt.Sprintf(format, args...))
	}
	return fmt.Errorf(format, args...)
}

// list reads what stands one after the other. inside says that a dot is the text that
// {{with}} found.
func (r templateReader) list(l *parse.ListNode, inside bool) error {
	if l == nil {
		return nil
	}
	for _, n := range l.Nodes {
		if err := r.node(n, inside); err != nil {
			return err
		}
	}
	return nil
}

func (r templateReader) node(n parse.Node, inside bool) error {
	switch n := n.(type) {
	case *parse.TextNode, *parse.CommentNode:
		return nil
	case *parse.ActionNode:
		return r.pipe(n.Pipe, inside)
	case *parse.IfNode:
		return r.branch(&n.BranchNode, inside, inside)
	case *parse.WithNode:
		return r.branch(&n.BranchNode, inside, true)
	}
	word, _, _ := strings.Cut(strings.Trim(n.String(), "{} "), " ")
	return r.errorf(n, "{{%s}} is not available; there are {{if}}, {{with}} and {{else}}", word)
}

func (r templateReader) branch(b *parse.BranchNode, inside, then bool) error {
	if err := r.pipe(b.Pipe, inside); err != nil {
		return err
	}
	if err := r.list(b.List, then); err != nil {
		return err
	}
	return r.list(b.ElseList, inside)
}

func (r templateReader) pipe(p *parse.PipeNode, inside bool) error {
	if len(p.Decl) > 0 {
		return r.errorf(p, "variables are not available")
	}
	if len(p.Cmds) != 1 {
		return r.errorf(p, "pipes are not available")
	}
	args := p.Cmds[0].Args
	function, ok := args[0].(*parse.IdentifierNode)
	if !ok {
		if len(args) > 1 {
			return r.errorf(p, "%s takes nothing behind it", args[0])
		}
		return r.argument(args[0], inside)
	}
	return r.call(function, args[1:], inside)
}

// call reads the functions that choose. What they compare are texts, so that they
// never fail.
func (r templateReader) call(function *parse.IdentifierNode, args []parse.Node, inside bool) error {
	least, most, texts := 1, 8, false
	switch function.Ident {
	case "and", "or":
	case "not":
		most = 1
	case "eq":
		least, texts = 2, true
	case "ne":
		least, most, texts = 2, 2, true
	default:
		return r.errorf(function, "the function %s is not available; there are and, or, not, eq and ne", function.Ident)
	}
	if len(args) < least || len(args) > most {
		return r.errorf(function, "%s takes %d to %d values", function.Ident, least, most)
	}
	for _, arg := range args {
		if _, nested := arg.(*parse.PipeNode); nested && texts {
			return r.errorf(arg, "%s compares texts", function.Ident)
		}
		if err := r.argument(arg, inside); err != nil {
			return err
		}
	}
	return nil
}

func (r templateReader) argument(n parse.Node, inside bool) error {
	switch n := n.(type) {
	case *parse.StringNode:
		return nil
	case *parse.PipeNode:
		return r.pipe(n, inside)
	case *parse.DotNode:
		if inside {
			return nil
		}
		return r.errorf(n, "{{.}} has a meaning only inside {{with}}")
	case *parse.FieldNode:
		if inside {
			return r.errorf(n, "inside {{with}} write $%s", n)
		}
		return r.fact(n, n.Ident)
	case *parse.VariableNode:
		if n.Ident[0] == "$" && len(n.Ident) > 1 {
			return r.fact(n, n.Ident[1:])
		}
	}
	return r.errorf(n, "%s is not available", n)
}

func (r templateReader) fact(n parse.Node, path []string) error {
	if len(path) == 1 && slices.Contains(r.facts.may, path[0]) {
		return nil
	}
	return r.errorf(n, "there is no %s in this mail; there are .%s", n, strings.Join(r.facts.may, ", ."))
}

func (c *checker) mail(path string, m Mail) {
	c.count(path+".templates", len(m.Templates), len(mailPurposes))
	c.unique(path+".templates", ".purpose", texts(m.Templates, func(t MailTemplate) string { return string(t.Purpose) }))
	for i := range m.Templates {
		t := &m.Templates[i]
		at := element(path+".templates", i)
		if t.Purpose == "" {
			c.addf(at+".purpose", "is required")
			continue
		}
		c.localized(at+".body", &t.Body, maxText)
		one := func(path, text string) {
			if _, err := ParseMailTemplate(t.Purpose, text); err != nil && strings.TrimSpace(text) != "" && mailPurposes[t.Purpose].may != nil {
				c.addf(path, "%v", err)
			}
		}
		one(at+".body.default", t.Body.Default)
		for j, translation := range t.Body.Translations {
			one(element(at+".body.translations", j)+".text", translation.Text)
		}
	}
}
