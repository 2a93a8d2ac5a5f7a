package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// step is one request of the walk. {names} in path and body stand for what steps
// before have saved.
type step struct {
	do   string // method and path, as in the table, with values for its parameters
	body string
	send string // what a file holds that is sent instead
	want int
	save map[string]string // name: path in the answer, as in thread.0.entry
	more []string          // headers
}

// walk asks for everything once, in an order in which all of it is there.
var walk = []step{
	{do: "GET /me", want: 200, save: map[string]string{"ada": "agent"}},
	{do: "GET /tickets?limit=1", want: 200, save: map[string]string{"cursor": "next"}},
	{do: "GET /tickets?limit=1&cursor={cursor}", want: 200},
	{do: "GET /tickets/{lamp}", want: 200, save: map[string]string{"alice": "ticket.participants.0.contact"}},
	{do: "PATCH /tickets/{lamp}", body: `{"status":"Pending","assignee":"{ada}","priority":"High","addTags":["lamp"]}`, want: 200},
	{do: "PATCH /tickets/{lamp}", body: `{"status":"Open"}`, more: []string{"If-Match", `"1"`}, want: 412},
	{do: "GET /senders", want: 200},
	{do: "POST /tickets", body: `{"address":"dora@customer.example","subject":"Your order","text":"It is on its way","as":{"priority":"Low","status":"Open"}}`, want: 201, save: map[string]string{"begun": "number"}},
	{do: "GET /queues", want: 200},
	{do: "GET /queues/all?limit=2", want: 200, save: map[string]string{"cursor": "next"}},
	{do: "GET /queues/all?limit=2&cursor={cursor}", want: 200},
	{do: "GET /queues/nothing", want: 404},
	{do: "POST /lists", body: `{"tags":["lamp"],"newerThan":"48h"}`, want: 200},
	{do: "GET /search?q=order", want: 200},
	{do: "POST /views", body: `{"name":"Lamps","shared":true,"filter":{"tags":["lamp"],"olderThan":"1h"},"columns":["tags"]}`, want: 201, save: map[string]string{"view": "id"}},
	{do: "GET /views", want: 200},
	{do: "GET /views/{view}", want: 200, save: map[string]string{"rev": "rev"}},
	{do: "PUT /views/{view}", body: `{"name":"All lamps","shared":true,"filter":{"tags":["lamp"]}}`, want: 428},
	{do: "PUT /views/{view}", body: `{"name":"All lamps","shared":true,"filter":{"tags":["lamp"]}}`, more: []string{"If-Match", `"1"`}, want: 412},
	{do: "PUT /views/{view}", body: `{"name":"All lamps","shared":true,"filter":{"tags":["lamp"]}}`, more: []string{"If-Match", `"{rev}"`}, want: 200, save: map[string]string{"rev": "rev"}},
	{do: "GET /views/{view}/tickets", want: 200},
	{do: "DELETE /views/{view}", more: []string{"If-Match", `"{rev}"`}, want: 204},
	{do: "POST /bulk", body: `{"numbers":[{lamp},999],"change":{"addTags":["many"]}}`, want: 200, save: map[string]string{"undo": "undo"}},
	{do: "POST /bulk/{undo}/undo", want: 200},
	{do: "GET /failed", want: 200},
	{do: "POST /export?queue=all&order=oldest", want: 200},
	{do: "POST /export", want: 422},
	{do: "PUT /tickets/{lamp}/watchers/me", want: 204},
	{do: "DELETE /tickets/{lamp}/watchers/{ada}", want: 204},
	{do: "GET /tickets/{lamp}/draft", want: 200},
	{do: "PUT /tickets/{lamp}/draft", body: `{"kind":"note","text":"Begun"}`, more: []string{"If-Match", `"0"`}, want: 200},
	{do: "GET /tickets/{lamp}/glance", want: 200},
	{do: "PUT /tickets/{lamp}/presence", body: `{"typing":"message"}`, want: 204},
	{do: "DELETE /tickets/{lamp}/presence", want: 204},
	{do: "PUT /tickets/{lamp}/seen", body: `{"entry":1}`, want: 204},
	{do: "DELETE /tickets/{lamp}/seen", want: 204},
	{do: "DELETE /tickets/{lamp}/mention", want: 204},
	{do: "POST /tickets/{lamp}/sides", body: `{"address":"maker@lamps.example","subject":"A lamp","text":"Do you know it?","quote":[1]}`, want: 201},
	{do: "POST /tickets/{lamp}/files", send: "for us alone", want: 200, save: map[string]string{"file": "files.0.token"}},
	{do: "POST /tickets/{lamp}/notes", body: `{"text":"For us","files":[{"token":{file}}]}`, want: 201, save: map[string]string{"note": "entry"}},
	{do: "POST /tickets/{lamp}/replies", body: `{"text":"For you","status":"Resolved","files":[{"name":"a.txt","mediaType":"text/plain","content":"aGVsbG8="}]}`, want: 201},
	{do: "GET /tickets/{lamp}/entries/{note}/files/1", want: 200},
	{do: "GET /tickets/{lamp}", want: 200},
	{do: "POST /tickets/{lamp}/participants", body: `{"address":"carol@customer.example","name":"Carol","history":true}`, want: 201},
	{do: "DELETE /tickets/{lamp}/participants/2", want: 204},
	{do: "POST /tickets/{desk}/merge", body: `{"into":{lamp}}`, want: 204},
	{do: "GET /tickets/{desk}", want: 200},
	{do: "POST /tickets/{desk}/unmerge", want: 204},
	{do: "GET /contacts/{alice}", want: 200},
	{do: "GET /contacts/alice@customer.example", want: 200},
	{do: "GET /contacts/{alice}/tickets", want: 200},
	{do: "POST /contacts/{alice}/invite", body: `{}`, want: 200},
	{do: "POST /contacts", body: `{"name":"Eve","address":"eve@customer.example"}`, want: 201, save: map[string]string{"eve": "id"}},
	{do: "GET /contacts/{eve}", want: 200, save: map[string]string{"rev": "rev"}},
	{do: "PATCH /contacts/{eve}", body: `{"name":"Eve E."}`, more: []string{"If-Match", `"{rev}"`}, want: 200},
	{do: "POST /contacts/{eve}/addresses", body: `{"address":"eve@other.example"}`, want: 204},
	{do: "DELETE /contacts/{eve}/addresses/eve@other.example", want: 204},
	{do: "POST /contacts/{eve}/sign-out", want: 204},
	{do: "POST /contacts/{eve}/block", want: 204},
	{do: "POST /contacts/{eve}/unblock", want: 204},
	{do: "POST /contacts/{eve}/block", want: 204},
	{do: "POST /contacts/lift-spam", body: `{"address":"eve@customer.example"}`, want: 204},
	{do: "GET /contacts?q=customer.example&limit=1", want: 200, save: map[string]string{"cursor": "next"}},
	{do: "GET /contacts?q=customer.example&limit=1&cursor={cursor}", want: 200},
	{do: "GET /contacts?only=nobody", want: 422},
	{do: "GET /contacts?cursor=eHl6", want: 422},
	{do: "DELETE /contacts/{eve}", want: 204},
	{do: "GET /contacts?only=deleted", want: 200},
	{do: "POST /contacts/{eve}/restore", want: 204},
	{do: "POST /contacts/{eve}/export", want: 200},
	{do: "POST /contacts/export", want: 200},
	{do: "POST /contacts/import", send: "name,address\nFinn,finn@customer.example\nNobody,nobody\n", want: 200, save: map[string]string{"file": "token"}},
	{do: "POST /contacts/import/run", body: `{"token":{file}}`, want: 200},
	{do: "GET /contacts/finn@customer.example", want: 200, save: map[string]string{"finn": "id"}},
	{do: "POST /contacts/{finn}/merge", body: `{"into":"{finn}"}`, want: 422},
	{do: "POST /contacts/{finn}/merge", body: `{"into":"eve@customer.example"}`, want: 204},
	{do: "POST /contacts/{eve}/erase", body: `{"sure":"perhaps"}`, want: 422},
	{do: "POST /contacts/{eve}/erase", body: `{"sure":"erase"}`, want: 204},
	{do: "GET /contacts/{eve}", want: 404},
	{do: "GET /erasures", want: 200},
	{do: "GET /settings", want: 200, save: map[string]string{"rev": "rev"}},
	{do: "PUT /settings", body: `{"statusLabels":{"Pending":"Waiting"},"ticketFields":[{"name":"color","label":"Colour","type":"Select","options":["red","blue"]}]}`, more: []string{"If-Match", `"{rev}"`}, want: 200},
	{do: "POST /canned", body: `{"name":"Hello","text":"Hello","shared":true}`, want: 201, save: map[string]string{"canned": "id"}},
	{do: "GET /canned", want: 200},
	{do: "GET /canned/{canned}", want: 200, save: map[string]string{"rev": "rev"}},
	{do: "GET /tickets/{lamp}/canned/{canned}", want: 200},
	{do: "PUT /canned/{canned}", body: `{"name":"Hello","text":"Hello again"}`, more: []string{"If-Match", `"{rev}"`}, want: 200, save: map[string]string{"rev": "rev"}},
	{do: "DELETE /canned/{canned}", more: []string{"If-Match", `"{rev}"`}, want: 204},
	{do: "GET /agents", want: 200, save: map[string]string{"rev": "items.0.rev"}},
	{do: "PATCH /agents/{ada}", body: `{"name":"Ada L.","mail":"all"}`, more: []string{"If-Match", `"{rev}"`}, want: 200},
	{do: "POST /agents", body: `{"name":"Grace","address":"grace@acme.example"}`, want: 201, save: map[string]string{"grace": "id"}},
	{do: "POST /agents/{grace}/link", want: 204},
	{do: "DELETE /agents/{grace}/second", want: 204},
	{do: "PUT /me/mail", body: `{"mail":"mine"}`, want: 204},
	{do: "GET /audit?limit=1", want: 200, save: map[string]string{"cursor": "next"}},
	{do: "GET /audit?limit=1&cursor={cursor}", want: 200},
	{do: "POST /teams", body: `{"name":"Lamps","members":["{ada}"]}`, want: 201, save: map[string]string{"team": "id"}},
	{do: "GET /teams", want: 200, save: map[string]string{"rev": "items.0.rev"}},
	{do: "PUT /teams/{team}", body: `{"name":"Lights"}`, more: []string{"If-Match", `"{rev}"`}, want: 204},
	{do: "GET /teams", want: 200, save: map[string]string{"rev": "items.0.rev"}},
	{do: "DELETE /teams/{team}", more: []string{"If-Match", `"{rev}"`}, want: 204},
	{do: "POST /roles", body: `{"name":"Helper","permissions":["held"],"sees":"Teams"}`, want: 201, save: map[string]string{"role": "id"}},
	{do: "GET /roles", want: 200, save: map[string]string{"rev": "items.2.rev"}},
	{do: "PUT /roles/{role}", body: `{"name":"Helper","sees":"All"}`, more: []string{"If-Match", `"{rev}"`}, want: 204},
	{do: "GET /roles", want: 200, save: map[string]string{"rev": "items.2.rev"}},
	{do: "DELETE /roles/{role}", more: []string{"If-Match", `"{rev}"`}, want: 204},
	{do: "POST /hooks", body: `{"name":"Robot","url":"https://robot.example/postern","events":["ticket.created"]}`, want: 201, save: map[string]string{"hook": "id"}},
	{do: "GET /hooks", want: 200},
	{do: "GET /hooks/{hook}", want: 200, save: map[string]string{"rev": "rev"}},
	{do: "PUT /hooks/{hook}", body: `{"name":"Robot","url":"https://robot.example/postern","events":["entry.created"],"on":true}`, more: []string{"If-Match", `"{rev}"`}, want: 200},
	{do: "POST /hooks/{hook}/secret", want: 200},
	{do: "POST /hooks/{hook}/ping", want: 204},
	{do: "GET /hooks/{hook}/posts", want: 200},
	{do: "POST /hooks/{hook}/posts/{undo}/again", want: 404},
	{do: "DELETE /hooks/{hook}", want: 204},
	{do: "GET /held", want: 200},
	{do: "GET /held?decided=true", want: 200},
	{do: "POST /tokens", body: `{"name":"Other","scopes":["tickets:read"]}`, want: 201, save: map[string]string{"token": "id"}},
	{do: "GET /tokens", want: 200},
	{do: "DELETE /tokens/{token}", want: 204},
}

// TestWalk compares what everything answers with what the description says of it.
//
// covers: P10
func TestWalk(t *testing.T) {
	b := newBench(t)
	known := map[string]string{
		"lamp": fmt.Sprint(b.request("alice@customer.example", "My lamp")), "desk": fmt.Sprint(b.request("alice@customer.example", "My desk")),
	}
	w := &walker{bench: b, all: b.token(b.ada, helpdesk.Scopes...), check: newChecker(t, b.api), known: known, walked: map[string]bool{}}
	b.mails(known)
	w.walk(mailSteps)
	w.walk(walk)
	tell := b.robot(t, known)
	w.walk(hookSteps)
	tell()
	w.walk(postSteps)
	for _, op := range b.api.table {
		if !w.walked[op.Name] {
			t.Errorf("nothing asks for %s (%s %s)", op.Name, op.Method, op.Path)
		}
	}
}

// walker goes along steps with what those before have found out.
type walker struct {
	*bench
	all    string // a token that may everything
	check  *checker
	known  map[string]string
	walked map[string]bool // operations that answered well
}

func (w *walker) walk(steps []step) {
	w.t.Helper()
	for _, s := range steps {
		method, path, _ := strings.Cut(fill(s.do, w.known), " ")
		var got answer
		if s.send != "" {
			got = w.send(w.all, path, s.send)
		} else {
			got = w.ask(w.all, method, Root+path, fill(s.body, w.known), filled(s.more, w.known)...)
		}
		if got.StatusCode != s.want {
			w.t.Fatalf("%s: %d, want %d\n%s", s.do, got.StatusCode, s.want, got.body)
		}
		if s.want < 300 {
			w.walked[w.check.conforms(w.t, method, path, got)] = true
		}
		for name, at := range s.save {
			w.known[name] = pick(w.t, got, at)
		}
	}
}

// send keeps a file, as a form of a browser sends it.
func (b *bench) send(token, path, content string) answer {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "note.txt")
	if err != nil {
		b.t.Fatal(err)
	}
	_, _ = part.Write([]byte(content)) // to memory
	_ = form.Close()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "https://"+host+Root+path, &body)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(r)
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func fill(text string, known map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		value, ok := known[strings.Trim(name, "{}")]
		if !ok {
			return name
		}
		return value
	})
}

func filled(texts []string, known map[string]string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, fill(text, known))
	}
	return all
}

// pick finds a value in an answer: a text as it stands there, unless it is JSON itself.
func pick(t *testing.T, got answer, at string) string {
	t.Helper()
	var v any
	got.into(t, &v)
	for name := range strings.SplitSeq(at, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(x) {
				t.Fatalf("no %s in %s", at, got.body)
			}
			v = x[i]
		}
	}
	switch x := v.(type) {
	case string:
		if strings.HasPrefix(x, "{") { // is written into a body
			raw, _ := json.Marshal(x) // a text always can be
			return string(raw)
		}
		return x
	case float64:
		return fmt.Sprint(x)
	}
	t.Fatalf("no %s in %s", at, got.body)
	return ""
}

// checker holds answers against the description.
type checker struct {
	api     *Handler
	schemas *jsonschema.Compiler
}

func newChecker(t *testing.T, api *Handler) *checker {
	t.Helper()
	spec, err := jsonschema.UnmarshalJSON(bytes.NewReader(api.spec))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("openapi.json", spec); err != nil {
		t.Fatal(err)
	}
	return &checker{api, c}
}

// conforms returns the name of the operation.
func (c *checker) conforms(t *testing.T, method, path string, got answer) string {
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	i := slices.IndexFunc(c.api.table, func(op operation) bool {
		return op.Method == method && regexp.MustCompile("^"+inPath.ReplaceAllString(op.Path, "[^/]+")+"$").MatchString(path)
	})
	if i < 0 {
		t.Fatalf("no operation is at %s %s", method, path)
	}
	op := &c.api.table[i]
	if got.StatusCode == http.StatusNoContent || op.file {
		return op.Name
	}
	at := fmt.Sprintf("openapi.json#/paths/%s/%s/responses/%d/content/application~1json/schema", strings.ReplaceAll(op.Path, "/", "~1"), strings.ToLower(method), got.StatusCode)
	schema, err := c.schemas.Compile(escaped(at))
	if err != nil {
		t.Fatal(err)
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(body); err != nil {
		t.Errorf("%s %s answers what it does not describe: %v\n%s", method, path, err, got.body)
	}
	if op.etag && got.Header.Get("ETag") == "" {
		t.Errorf("%s %s has no ETag", method, path)
	}
	return op.Name
}

func escaped(at string) string { return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(at) }
