package rest

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

var parsed = sync.OnceValues(func() (*openapi3.T, error) { return openapi3.NewLoader().LoadFromData(document) })

// conforms checks a response against the document.
func conforms(t testing.TB, req *http.Request, got answer) {
	t.Helper()
	doc, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	op := operation(doc, req)
	if op == nil {
		return // metrics, the page, or no such address
	}
	response := op.Responses.Status(got.StatusCode)
	if response == nil {
		if got.StatusCode < 400 {
			t.Fatalf("%s %s answered %d, which the document does not name", req.Method, req.URL.Path, got.StatusCode)
		}
		response = op.Responses.Default()
	}
	media, _, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	content := response.Value.Content.Get(media)
	if err != nil || content == nil {
		t.Fatalf("%s %s answered %d as %q, which the document does not name", req.Method, req.URL.Path, got.StatusCode, media)
	}
	if media == mediaCSV || media == mediaHTML {
		return
	}
	var value any
	if err := json.Unmarshal(got.body, &value); err != nil {
		t.Fatal(err)
	}
	if err := doc.ValidateSchemaJSON(content.Schema.Value, value, openapi3.VisitAsResponse()); err != nil {
		t.Fatalf("%s %s: %v\n%s", req.Method, req.URL.Path, err, got.body)
	}
}

// operation finds the operation of a request; a path without parameters goes before one with.
func operation(doc *openapi3.T, req *http.Request) *openapi3.Operation {
	if item := doc.Paths.Value(req.URL.Path); item != nil {
		return item.GetOperation(req.Method)
	}
	segments := strings.Split(req.URL.Path, "/")
	for path, item := range doc.Paths.Map() {
		if slices.EqualFunc(strings.Split(path, "/"), segments, func(template, segment string) bool {
			return template == segment || strings.HasPrefix(template, "{")
		}) {
			return item.GetOperation(req.Method)
		}
	}
	return nil
}

func TestDocumentIsValid(t *testing.T) {
	doc, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestTypesOfOthersAreDescribed holds the document against the types of other packages that are answered as they are.
func TestTypesOfOthersAreDescribed(t *testing.T) {
	doc, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	for name, kind := range map[string]reflect.Type{
		"RuleSet": reflect.TypeFor[RuleSet](), "RuleTable": reflect.TypeFor[RuleTable](), "RuleRow": reflect.TypeFor[RuleRow](),
		"RulePolicy": reflect.TypeFor[RulePolicy](), "RuleSeason": reflect.TypeFor[RuleSeason](), "TierLevel": reflect.TypeFor[TierLevel](),
		"Explanation": reflect.TypeFor[Explanation](), "TableOutcome": reflect.TypeFor[TableOutcome](),
		"RowOutcome": reflect.TypeFor[RowOutcome](), "Giving": reflect.TypeFor[Giving](), "CutOutcome": reflect.TypeFor[CutOutcome](),
		"RuleFact": reflect.TypeFor[RuleFact](), "Receipt": reflect.TypeFor[Receipt](), "Endorsement": reflect.TypeFor[Endorsement](),
	} {
		schema := doc.Components.Schemas[name].Value
		var fields, required []string
		for i := range kind.NumField() {
			field, options, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
			if fields = append(fields, field); options == "" {
				required = append(required, field)
			}
		}
		slices.Sort(fields)
		slices.Sort(required)
		if described := slices.Sorted(maps.Keys(schema.Properties)); !slices.Equal(described, fields) {
			t.Errorf("%s has %q, and is described with %q", name, fields, described)
		}
		if described := slices.Sorted(slices.Values(schema.Required)); !slices.Equal(described, required) {
			t.Errorf("%s always has %q, and is described to have %q", name, required, described)
		}
	}
}

// TestEveryCodeIsMapped walks the source of both packages, so that a new code cannot be forgotten.
func TestEveryCodeIsMapped(t *testing.T) {
	doc, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	documented := map[dollars.Code]bool{}
	for _, v := range doc.Components.Schemas["Code"].Value.Enum {
		documented[dollars.Code(v.(string))] = true
	}
	known := map[dollars.Code]bool{}
	for _, dir := range []string{"../../chaincode/dollars", "../wallet", "."} {
		for _, code := range codesIn(t, dir) {
			known[code] = true
			if _, ok := statuses[code]; !ok {
				t.Errorf("%s in %s has no HTTP status in problem.go", code, dir)
			}
			if dir == "../../chaincode/dollars" && wallet.Refusal(code) == "" && !withoutWords(code) {
				t.Errorf("%s has no words in wallet/refusals.go", code)
			}
			if !documented[code] {
				t.Errorf("%s in %s is not in openapi.yaml", code, dir)
			}
		}
	}
	for code := range documented {
		if !known[code] {
			t.Errorf("openapi.yaml names %s, which no package has", code)
		}
	}
}

// withoutWords tells codes that no request for an order or change is refused with by the ledger: those of bookings and of
// staff's rules, and of what cannot even be read.
func withoutWords(code dollars.Code) bool {
	switch code {
	case dollars.CodeMalformed, dollars.CodeNotAuthorized, dollars.CodeTooManyCredits, dollars.CodeAmountInvalid, dollars.CodeAmountOverflow,
		dollars.CodeAccountInvalid, dollars.CodeDateInvalid, dollars.CodeKindUnknown, dollars.CodeCurrencyUnknown, dollars.CodeFactInvalid:
		return true
	}
	return strings.HasPrefix(string(code), "rules_") || strings.HasPrefix(string(code), "booking_")
}

// TestRefusalsAreTold holds the document against itself: each code is told of where it can occur.
func TestRefusalsAreTold(t *testing.T) {
	doc, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	told := doc.Info.Description
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			told += op.Description
		}
	}
	// The ledger's answers to what no client of this service can ask.
	never := []dollars.Code{dollars.CodeNotAuthorized, dollars.CodeHoldOpen, dollars.CodeTooManyCredits, wallet.CodeAssetUnknown}
	for _, v := range doc.Components.Schemas["Code"].Value.Enum {
		code := v.(string)
		staff := strings.HasPrefix(code, "rules_")
		if !staff && !slices.Contains(never, dollars.Code(code)) && !strings.Contains(told, "`"+code+"`") {
			t.Errorf("no operation tells of %s", code)
		}
	}
}

// TestWhatMerchantsSignIsTold: the service prepares members' orders, and merchants have nothing but the document.
func TestWhatMerchantsSignIsTold(t *testing.T) {
	doc, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	told := doc.Components.Schemas["MerchantSignature"].Value.Description
	for _, kind := range []dollars.Kind{dollars.KindCapture, dollars.KindRelease, dollars.KindUse} {
		if signed := dollars.FormOf(kind).Type(); !strings.Contains(told, signed+"\n") {
			t.Errorf("the document does not tell of %s", signed)
		}
	}
}

// codesIn finds the constants named Code… or code… in a package's source.
func codesIn(t *testing.T, dir string) (codes []dollars.Code) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !strings.HasPrefix(strings.ToLower(spec.Names[0].Name), "code") {
				return true
			}
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				code, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, dollars.Code(code))
			}
			return true
		})
	}
	return codes
}
