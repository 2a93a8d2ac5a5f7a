package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// The variable that conditions read, and its type.
const (
	answersName = "values"
	answersType = "postern.Values"
)

// answers is what the fields of a form hold: by name, without what is empty or
// hidden, in the types that FieldType tells.
type answers map[string]any

// emptyAnswer returns what an expression reads of a field without an answer, nil
// for fields that never have one.
func emptyAnswer(t FieldType) any {
	switch t {
	case Integer:
		return int64(0)
	case Decimal:
		return float64(0)
	case Checkbox, Consent:
		return false
	case MultiSelect, File:
		return []string{}
	case Info:
		return nil
	default:
		return ""
	}
}

func celType(t FieldType) *cel.Type {
	switch emptyAnswer(t).(type) {
	case int64:
		return cel.IntType
	case float64:
		return cel.DoubleType
	case bool:
		return cel.BoolType
	case []string:
		return cel.ListType(cel.StringType)
	default:
		return cel.StringType
	}
}

// answersProvider makes the fields of a form the members of one CEL type, so
// that a condition is checked against them when it is compiled.
type answersProvider struct {
	types.Provider
	fields map[string]Field
}

// FindStructType implements [types.Provider].
func (p answersProvider) FindStructType(name string) (*types.Type, bool) {
	if name == answersType {
		return types.NewTypeTypeWithParam(cel.ObjectType(answersType)), true
	}
	return p.Provider.FindStructType(name)
}

// FindStructFieldNames implements [types.Provider].
func (p answersProvider) FindStructFieldNames(name string) ([]string, bool) {
	if name != answersType {
		return p.Provider.FindStructFieldNames(name)
	}
	return keys(p.fields), true
}

// FindStructFieldType implements [types.Provider].
func (p answersProvider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if name != answersType {
		return p.Provider.FindStructFieldType(name, field)
	}
	f, found := p.fields[field]
	if !found {
		return nil, false
	}
	return &types.FieldType{
		Type: celType(f.Type),
		IsSet: func(target any) bool {
			_, set := target.(answers)[field]
			return set
		},
		GetFrom: func(target any) (any, error) {
			if answer, set := target.(answers)[field]; set {
				return answer, nil
			}
			return emptyAnswer(f.Type), nil
		},
	}, true
}

// expressions compiles the conditions of one form.
type expressions struct {
	env    *cel.Env
	fields map[string]Field
}

func newExpressions(fields []Field) (*expressions, error) {
	e := expressions{fields: map[string]Field{}}
	for _, f := range fields {
		if f.Type != Info {
			e.fields[f.Name] = f
		}
	}
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, fmt.Errorf("set up the type registry: %w", err)
	}
	e.env, err = cel.NewEnv(
		cel.CustomTypeProvider(answersProvider{registry, e.fields}),
		cel.Variable(answersName, cel.ObjectType(answersType)),
		cel.CrossTypeNumericComparisons(true), // values.amount > 500 with a Decimal
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateTimestampLiterals(), cel.ValidateDurationLiterals()),
	)
	if err != nil {
		return nil, fmt.Errorf("set up the expression environment: %w", err)
	}
	return &e, nil
}

// condition is a compiled expression.
type condition struct {
	program cel.Program
	reads   []string // names of the fields it asks about, sorted
}

// compile reads a condition and checks it against the fields of the form. With an
// error, it still tells what the condition reads, as far as that is known.
func (e *expressions) compile(text string) (condition, error) {
	parsed, issues := e.env.Parse(text)
	if err := firstIssue(issues); err != nil {
		return condition{}, err
	}
	reads, err := e.references(parsed.NativeRep().Expr())
	c := condition{reads: reads}
	if err != nil {
		return c, err
	}
	checked, issues := e.env.Check(parsed)
	if err := firstIssue(issues); err != nil {
		return c, e.withPrefix(parsed, err)
	}
	if checked.OutputType() != cel.BoolType {
		return c, fmt.Errorf("must be true or false, not of type %s", checked.OutputType())
	}
	if c.program, err = e.env.Program(checked, cel.CostLimit(maxRuleCost)); err != nil {
		return c, fmt.Errorf("plan the expression: %w", err)
	}
	return c, nil
}

// withPrefix makes err tell of the prefix that a field name needs, if one stands
// without it.
func (e *expressions) withPrefix(parsed *cel.Ast, err error) error {
	ast.PreOrderVisit(parsed.NativeRep().Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		if x.Kind() != ast.IdentKind {
			return
		}
		if name := x.AsIdent(); strings.HasPrefix(err.Error(), "undeclared reference to '"+name+"'") {
			if _, isField := e.fields[name]; isField {
				err = fmt.Errorf("%w (did you mean %s.%s?)", err, answersName, name)
			}
		}
	}))
	return err
}

// holds evaluates the condition. One that cannot be computed (a division by
// zero, a cost beyond the limit) does not hold: it is the same on every replica
// and keeps no customer from writing.
func (c condition) holds(values answers) bool {
	result, _, err := c.program.Eval(map[string]any{answersName: values})
	return err == nil && result == types.True
}

// references returns the fields that an expression asks about. It refuses what
// would hide some: the answers may only be read as values.NAME.
func (e *expressions) references(root ast.Expr) ([]string, error) {
	var names []string
	var problem error
	owned := map[int64]bool{} // the identifiers that are part of values.NAME
	ast.PreOrderVisit(root, ast.NewExprVisitor(func(x ast.Expr) {
		if problem != nil {
			return
		}
		switch x.Kind() {
		case ast.SelectKind:
			name, ok := answerName(x)
			if !ok {
				return
			}
			owned[x.AsSelect().Operand().ID()] = true
			names = append(names, name)
			if _, known := e.fields[name]; !known {
				problem = e.noField(name)
			}
		case ast.IdentKind:
			if x.AsIdent() == answersName && !owned[x.ID()] {
				problem = errors.New("answers are read as values.NAME, with the name of a field")
			}
		case ast.StructKind:
			problem = errors.New("a condition cannot make objects")
		case ast.CallKind:
			problem = e.literals(x.AsCall())
		}
	}))
	slices.Sort(names)
	return slices.Compact(names), problem
}

func (e *expressions) noField(name string) error {
	hint, _ := didYouMean(name, keys(e.fields))
	return fmt.Errorf("the form has no field %s with an answer%s", clip(name), hint)
}

// literals refuses a comparison of a choice with a text that is none of its
// options: it could never hold, and is most likely a slip.
func (e *expressions) literals(call ast.CallExpr) error {
	args := call.Args()
	if len(args) != 2 {
		return nil
	}
	left, right := args[0], args[1]
	switch call.FunctionName() {
	case operators.Equals, operators.NotEquals:
		if left.Kind() == ast.LiteralKind {
			left, right = right, left
		}
		return e.literal(left, right)
	case operators.In: // 'a' in values.many, or values.one in ['a', 'b']
		if right.Kind() != ast.ListKind {
			return e.literal(right, left)
		}
		for _, item := range right.AsList().Elements() {
			if err := e.literal(left, item); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *expressions) literal(answer, value ast.Expr) error {
	name, ok := answerName(answer)
	field := e.fields[name]
	if !ok || len(field.Options) == 0 || value.Kind() != ast.LiteralKind {
		return nil
	}
	text, ok := value.AsLiteral().(types.String)
	if !ok || text == "" { // '' asks whether there is an answer
		return nil
	}
	known := field.Choices()
	if slices.Contains(known, string(text)) {
		return nil
	}
	hint, _ := didYouMean(string(text), known)
	return fmt.Errorf("field %s has no choice %s%s", name, clip(string(text)), hint)
}

// answerName returns the name in values.NAME.
func answerName(x ast.Expr) (name string, ok bool) {
	if x.Kind() != ast.SelectKind {
		return "", false
	}
	operand := x.AsSelect().Operand()
	if operand.Kind() != ast.IdentKind || operand.AsIdent() != answersName {
		return "", false
	}
	return x.AsSelect().FieldName(), true
}

// firstIssue returns the first error of the CEL compiler in one line; what it
// tells after that mostly follows from it.
func firstIssue(issues *cel.Issues) error {
	if issues.Err() == nil {
		return nil
	}
	first := issues.Errors()[0]
	message, _, _ := strings.Cut(first.Message, " expecting {") // every token that could stand there
	message, _, _ = strings.Cut(message, " (in container")      // there is none
	return fmt.Errorf("%s, at character %d", message, first.Location.Column()+1)
}
