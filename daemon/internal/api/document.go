package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Description is the OpenAPI description of a table of operations.
type Description struct{ root object }

// JSON writes it.
func (d Description) JSON() []byte {
	raw, err := json.Marshal(d.root)
	if err != nil {
		panic(fmt.Sprintf("api: write description: %v", err)) // texts and lists of them always can be
	}
	return raw
}

const about = `Everything that agents do on Postern's pages, for programs. Ask the host of any help center of the account, and show a
token as "Authorization: Bearer pt_…". Clients must ignore members that they do not know: new ones come without a new version.
docs/api.md tells of paging, errors, repeated requests and webhooks.`

// Document describes the operations (OpenAPI 3.1).
func Document(table []operation) Description {
	s := &schemas{known: map[string]reflect.Type{}}
	problem := s.of(reflect.TypeFor[Problem](), false)
	paths, byPath := object{}, map[string]object{}
	var order []string
	for i := range table {
		op := &table[i]
		if _, ok := byPath[op.Path]; !ok {
			order = append(order, op.Path)
		}
		byPath[op.Path] = append(byPath[op.Path], member{strings.ToLower(op.Method), op.describe(s, problem)})
	}
	for _, path := range order {
		paths = append(paths, member{path, byPath[path]})
	}
	slices.SortFunc(s.all, func(a, b member) int { return cmp.Compare(a.Name, b.Name) })
	return Description{object{
		{"openapi", "3.1.0"},
		{"info", object{{"title", "Postern"}, {"version", "1"}, {"description", about}, {"license", object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
		{"servers", []object{{{"url", Root}, {"description", "On the host of each help center."}}}},
		{"security", []object{{{"token", []string{}}}}},
		{"paths", paths},
		{"components", object{
			{"securitySchemes", object{{"token", object{{"type", "http"}, {"scheme", "bearer"}}}}},
			{"schemas", s.all},
		}},
	}}
}

var inPath = regexp.MustCompile(`\{([a-z]+)\}`)

// pathNumbers are the parameters of addresses that are numbers.
var pathNumbers = map[string]bool{"number": true, "entry": true, "file": true, "participant": true}

// describe makes the Operation Object.
func (op *operation) describe(s *schemas, problem object) object {
	scopes := []string{}
	for _, scope := range op.Scopes {
		scopes = append(scopes, string(scope))
	}
	out := object{
		{"operationId", op.Name}, {"tags", []string{op.Tag}}, {"summary", op.Words}, {"security", []object{{{"token", scopes}}}},
	}
	if parameters := op.parameters(); len(parameters) > 0 {
		out = append(out, member{"parameters", parameters})
	}
	switch {
	case op.upload:
		files := object{{"type", "object"}, {"properties", object{{"file", object{{"type", "array"}, {"items", object{{"type", "string"}, {"format", "binary"}}}}}}}}
		out = append(out, member{"requestBody", object{{"required", true}, {"content", object{{"multipart/form-data", object{{"schema", files}}}}}}})
	case op.in != nil:
		out = append(out, member{"requestBody", object{{"required", true}, {"content", content("application/json", s.of(op.in, true))}}})
	}
	return append(out, member{"responses", object{
		op.success(s),
		{"default", object{{"description", "What went wrong."}, {"content", content("application/problem+json", problem)}}},
	}})
}

func content(mediaType string, schema object) object {
	return object{{mediaType, object{{"schema", schema}}}}
}

func (op *operation) success(s *schemas) member {
	status, answer := http.StatusOK, object{{"description", "Done."}}
	header := object{}
	text := object{{"schema", object{{"type", "string"}}}}
	switch {
	case op.file:
		return member{"200", object{{"description", "The file."}, {"content", content("*/*", object{{"type", "string"}, {"format", "binary"}})}}}
	case op.makes:
		status = http.StatusCreated
		header = object{{"Location", text}, {replayHeader, text}}
	case op.out == nil:
		return member{strconv.Itoa(http.StatusNoContent), answer}
	case op.etag:
		header = object{{"ETag", text}}
	}
	if len(header) > 0 {
		answer = append(answer, member{"headers", header})
	}
	return member{strconv.Itoa(status), append(answer, member{"content", content("application/json", s.of(op.out, false))})}
}

func (op *operation) parameters() []object {
	var all []object
	for _, m := range inPath.FindAllStringSubmatch(op.Path, -1) {
		kind := "string"
		if pathNumbers[m[1]] {
			kind = "integer"
		}
		all = append(all, object{{"name", m[1]}, {"in", "path"}, {"required", true}, {"schema", object{{"type", kind}}}})
	}
	for _, p := range op.Query {
		schema := object{{"type", p.Type}}
		if len(p.Enum) > 0 {
			schema = append(schema, member{"enum", p.Enum})
		}
		if p.Many {
			schema = object{{"type", "array"}, {"items", schema}}
		}
		all = append(all, object{{"name", p.Name}, {"in", "query"}, {"description", p.Words}, {"schema", schema}})
	}
	text := object{{"type", "string"}}
	if op.makes {
		all = append(all, object{{"name", keyHeader}, {"in", "header"}, {"description", "The same key with the same body is done once, and answered the same."}, {"schema", text}})
	}
	if op.ifMatch {
		all = append(all, object{{"name", "If-Match"}, {"in", "header"}, {"required", true}, {"description", "The ETag under which it was read."}, {"schema", text}})
	}
	return all
}
