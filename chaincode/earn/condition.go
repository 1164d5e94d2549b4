package earn

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/parser"
)

// Bounds on what conditions may take, in the units of CEL's cost estimator: about one for every access and comparison
// and for every ten characters compared. There are no loops, so the estimate made before anything is evaluated bounds
// every evaluation, and nothing need be counted while one runs. A condition that CEL's interpreter must run counts ten
// times: a unit of it takes up to 330 ns, where a native one takes a few. So no item takes much above a millisecond,
// and a thousand rows of ten comparisons each pass, as does a list of 300 countries.
const (
	maxConditionCost = 1_000  // before it counts ten times
	maxCost          = 50_000 // of all conditions: one item may be held against every row
	interpreted      = 10
)

// maxText is the most bytes a variable's text has; codes of bookings are shorter than names of tiers.
const maxText = MaxName

// condition is a compiled When: all of its conjuncts must hold.
type condition struct {
	expr      ast.Expr
	conjuncts []conjunct
	cost      uint64 // an item's, as CEL estimates it
}

// weight is what the condition counts towards maxCost.
func (c *condition) weight() uint64 {
	for i := range c.conjuncts {
		if c.conjuncts[i].program != nil {
			return interpreted * c.cost
		}
	}
	return c.cost
}

// conjunct is a part of a condition between its outermost &&. An error in one, which only integers that overflow can
// cause, makes the condition fail just as false does; so conjuncts can be asked one by one and in any order.
type conjunct struct {
	expr    ast.Expr
	text    string      // in CEL's own spelling
	reads   variableSet // what it asks of the item
	native  node        // what it tests; its operation is 0 where the program must be run
	program cel.Program // nil where it need not
}

// rank is the lower, the sooner a conjunct should be asked.
func (c *conjunct) rank() int {
	if c.native.op != 0 {
		return 0
	}
	return 1
}

// checkText says what keeps a condition from being read by people as it is by machines: who approves a rule set must
// see all of it.
func checkText(text string) string {
	if len(text) > MaxCondition {
		return fmt.Sprintf("the condition has %d bytes, more than %d", len(text), MaxCondition)
	}
	if !utf8.ValidString(text) {
		return "the condition is not UTF-8"
	}
	for i, r := range text {
		if r != '\n' && unseen(r) {
			return fmt.Sprintf("the character U+%04X at byte %d of the condition cannot be seen: remove it", r, i+1)
		}
	}
	if strings.Contains(text, "//") {
		return "remarks (//) have no place in a condition"
	}
	return ""
}

// compileCondition answers the condition, or what is wrong with it.
func compileCondition(text string) (*condition, []string) {
	parsed, issues := language().Parse(text)
	if issues.Err() != nil {
		return nil, syntaxComplaint(text, issues)
	}
	if found := unfit(parsed.NativeRep().Expr(), nil); len(found) > 0 {
		return nil, placed(found, parsed.NativeRep().SourceInfo())
	}
	checked, issues := language().Check(parsed)
	if issues.Err() != nil {
		return nil, typeComplaints(issues)
	}
	if t := checked.OutputType(); !t.IsExactType(cel.BoolType) {
		return nil, []string{fmt.Sprintf("the condition is %s, not true or false", typeWords.Replace(t.String()))}
	}
	estimate, err := language().EstimateCost(checked, sizes{})
	if err != nil {
		return nil, []string{fmt.Sprintf("the cost of the condition cannot be estimated: %v", err)}
	}
	c := &condition{expr: checked.NativeRep().Expr(), cost: estimate.Max}
	for _, e := range split(c.expr, nil) {
		part, err := newConjunct(checked.NativeRep(), e)
		if err != nil {
			return nil, []string{fmt.Sprintf("the condition cannot be compiled: %v", err)}
		}
		c.conjuncts = append(c.conjuncts, part)
	}
	return c, nil
}

func newConjunct(tree *ast.AST, e ast.Expr) (conjunct, error) {
	text, err := parser.Unparse(e, tree.SourceInfo(), parser.WrapOnOperators()) // On one line, that is.
	if err != nil {
		return conjunct{}, err
	}
	c := conjunct{expr: e, text: text}
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.IdentKind {
			c.reads |= 1 << variableIndex[e.AsIdent()]
		}
	}))
	if n := translate(e); n != nil {
		c.native = *n
	} else {
		c.program, err = newProgram(tree, e)
	}
	return c, err
}

// newProgram makes a part of a checked condition a program of its own.
func newProgram(tree *ast.AST, e ast.Expr) (cel.Program, error) {
	part := ast.NewCheckedAST(ast.NewAST(e, tree.SourceInfo()), tree.TypeMap(), tree.ReferenceMap())
	return language().PlanProgram(part, cel.EvalOptions(cel.OptOptimize))
}

// split appends the conjuncts of e.
func split(e ast.Expr, to []ast.Expr) []ast.Expr {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.LogicalAnd {
		return append(to, e)
	}
	for _, arg := range e.AsCall().Args() {
		to = split(arg, to)
	}
	return to
}

// sizes tells CEL's cost estimator how long the variables' texts may be.
type sizes struct{}

// EstimateSize knows variables; the estimator knows the rest.
func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	if n.Expr().Kind() != ast.IdentKind {
		return nil
	}
	size := cost.FixedSizeEstimate(maxText)
	return &size
}

// EstimateCallCost leaves the functions, all of them CEL's own, to the estimator.
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}
