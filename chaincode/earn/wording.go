package earn

import (
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
)

// maxComplaints is how many complaints about one condition are told; the rest are mostly echoes.
const maxComplaints = 5

// at puts the place inside of the condition before a complaint.
func at(l common.Location, detail string) string {
	if l == nil || l.Line() < 1 {
		return detail
	}
	return fmt.Sprintf("%d:%d: %s", l.Line(), max(0, l.Column())+1, detail)
}

func placed(complaints []complaint, source *ast.SourceInfo) []string {
	var says []string
	for _, c := range complaints[:min(maxComplaints, len(complaints))] {
		says = append(says, at(source.GetStartLocation(c.node), c.detail))
	}
	return says
}

// syntaxComplaint says what the parser stumbled over first; what it reports after that is mostly about the same.
func syntaxComplaint(text string, issues *cel.Issues) []string {
	first := issues.Errors()[0]
	return []string{at(first.Location, syntaxDetail(text, first))}
}

var (
	unexpected   = regexp.MustCompile(`(?:extraneous|mismatched) input '(.*?)' expecting`)
	unrecognized = regexp.MustCompile(`token recognition error at: '(.*)'`)
	missing      = regexp.MustCompile(`missing '(.*)' at`)
)

// syntaxDetail puts the parser's message into words for people who write tables rather than programs.
func syntaxDetail(text string, e *cel.Error) string {
	message := strings.TrimPrefix(e.Message, "Syntax error: ")
	if m := unrecognized.FindStringSubmatch(message); m != nil {
		switch token := m[1]; {
		case strings.HasPrefix(token, "="):
			return "to compare, write =="
		case strings.HasPrefix(token, "&"), strings.HasPrefix(token, "|"):
			return fmt.Sprintf("write %s twice", token[:1])
		case strings.HasPrefix(token, `"`), strings.HasPrefix(token, `'`):
			return "the text that begins here does not end"
		case strings.ContainsAny(token, "“”„‘’«»"):
			return `write texts between straight quotes: "`
		default:
			return fmt.Sprintf("%.40s means nothing here", token)
		}
	}
	if m := unexpected.FindStringSubmatch(message); m != nil {
		switch token := m[1]; strings.ToLower(token) {
		case "<eof>":
			if strings.TrimSpace(text) == "" {
				return "the condition is blank: leave it empty or write one"
			}
			return "the condition ends in the middle"
		case "and":
			return "for and, write &&"
		case "or":
			return "for or, write ||"
		case "not":
			return "for not, write !"
		case ">":
			if strings.Contains(text, "<>") {
				return "for not equal, write !="
			}
			return "> is not expected here"
		default:
			return fmt.Sprintf("%.40s is not expected here", token)
		}
	}
	if m := missing.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("%s is missing", m[1])
	}
	switch {
	case strings.Contains(message, "recursion"):
		return fmt.Sprintf("the condition is nested more than %d deep", maxNesting)
	case strings.Contains(message, "node count"):
		return fmt.Sprintf("the condition has more than %d parts", maxNodes)
	case strings.HasPrefix(message, "reserved identifier: "):
		return fmt.Sprintf("the word %s cannot be used", strings.TrimPrefix(message, "reserved identifier: "))
	case strings.Contains(message, "invalid int literal"):
		return "the number is too large"
	case strings.Contains(message, "error recovery"), strings.Contains(message, "no viable alternative"):
		return "this is not a condition"
	}
	return message
}

var (
	overload = regexp.MustCompile(`found no matching overload for '(.*)' applied to '(.*)'`)
	mismatch = regexp.MustCompile(`expected type '(.*)' but found '(.*)'`)
)

// typeWords says a type of CEL as people would.
var typeWords = strings.NewReplacer(
	"list(int)", "a list of numbers", "list(string)", "a list of texts", "int", "a number", "string", "a text", "bool", "true or false",
)

// typeComplaints says which values do not go together. Unknown names are not among these: unfit has found them.
func typeComplaints(issues *cel.Issues) []string {
	var says []string
	for _, e := range issues.Errors() {
		detail := e.Message
		if m := overload.FindStringSubmatch(detail); m != nil {
			detail = overloadDetail(m[1], m[2])
		} else if m := mismatch.FindStringSubmatch(detail); m != nil {
			detail = fmt.Sprintf("this is %s where %s is needed", typeWords.Replace(m[2]), typeWords.Replace(m[1]))
		}
		if says = append(says, at(e.Location, detail)); len(says) == maxComplaints {
			break
		}
	}
	return says
}

func overloadDetail(function, arguments string) string {
	target, rest, member := strings.Cut(arguments, ".(")
	if !member {
		target, rest = "", strings.TrimPrefix(arguments, "(")
	}
	all := strings.Split(strings.TrimSuffix(rest, ")"), ", ")
	if member {
		all = append([]string{target}, all...)
	}
	for i := range all {
		all[i] = typeWords.Replace(all[i])
	}
	sign := signs[function].sign
	if len(all) == 1 {
		return fmt.Sprintf("%s cannot be before %s", sign, all[0])
	}
	return fmt.Sprintf("%s does not work with %s and %s", sign, strings.Join(all[:len(all)-1], ", "), all[len(all)-1])
}
