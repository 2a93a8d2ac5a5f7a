package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// operation is one thing that a program can ask for.
type operation struct {
	Method, Path string // below [Root]
	Name         string // by which programs that are made of the description call it
	Tag          string // what it is about
	Words        string // what it does, in a sentence
	Scopes       []helpdesk.Scope
	Query        []parameter
	work
}

// parameter is one of the query.
type parameter struct {
	Name, Words string
	Type        string   // of JSON: string, integer or boolean
	Enum        []string // none: anything
	Many        bool     // it may stand there several times
}

// work is how an operation is done, with the types of what it takes and gives.
type work struct {
	in, out reflect.Type // nil for nothing
	makes   bool         // something new: answers 201, and takes an Idempotency-Key
	ifMatch bool         // overwrites something whole: needs an If-Match
	etag    bool         // answers with an ETag
	file    bool         // answers with a file
	stream  bool         // and has written it
	upload  bool         // takes files as multipart/form-data
	run     func(*call) (any, error)
	answer  func(*call, helpdesk.Made) any
}

// gives reads something.
func gives[Out any](do func(*call) (Out, error)) work {
	return work{out: reflect.TypeFor[Out](), run: func(c *call) (any, error) { return do(c) }}
}

// takes does something with what it is sent, and tells of it.
func takes[In, Out any](do func(*call, In) (Out, error)) work {
	w := gives(func(c *call) (out Out, err error) {
		in, err := decode[In](c.raw)
		if err != nil {
			return out, err
		}
		return do(c, in)
	})
	w.in = reflect.TypeFor[In]()
	return w
}

// does is takes for what there is nothing to tell of.
func does[In any](do func(*call, In) error) work {
	w := takes(func(c *call, in In) (struct{}, error) { return struct{}{}, do(c, in) })
	w.out = nil
	return w
}

// orders does something that needs nothing but its address.
func orders(do func(*call) error) work {
	return work{run: func(c *call) (any, error) { return nil, do(c) }}
}

// makes does something by which something new is there. What is answered rests on
// nothing but what was committed, so that the answer to the same again is the same.
func makes[In, Out any](do func(*call, In) error, answer func(*call, helpdesk.Made) Out) work {
	w := does(do)
	w.makes, w.out = true, reflect.TypeFor[Out]()
	w.answer = func(c *call, m helpdesk.Made) any { return answer(c, m) }
	return w
}

// sends answers with a file.
func sends(do func(*call) (*actions.File, error)) work {
	return work{file: true, run: func(c *call) (any, error) { return do(c) }}
}

// removes is orders for what must be as it was read.
func removes(do func(*call) error) work { w := orders(do); w.ifMatch = true; return w }

// streams writes its answer, a file, by itself.
func streams(do func(*call) error) work {
	w := orders(do)
	w.file, w.stream = true, true
	return w
}

func (w work) withETag() work { w.etag = true; return w }

func (w work) overwrites() work { w.ifMatch, w.etag = true, true; return w }

func (w work) matches() work { w.ifMatch = true; return w }

func (w work) takesFiles() work { w.upload = true; return w }

// perform does it and answers.
func (h *Handler) perform(c *call) error {
	if err := c.knownQuery(); err != nil {
		return err
	}
	if err := c.read(); err != nil {
		return err
	}
	if c.op.makes {
		return h.make(c)
	}
	out, err := c.op.run(c)
	if c.op.ifMatch && helpdesk.KindOf(err) == helpdesk.Conflict {
		return errPrecondition
	}
	if err != nil {
		return err
	}
	if f, ok := out.(*actions.File); ok && c.op.file {
		defer func() { _ = f.Close() }() // it was only read
		web.Download(c.w, c.r, f.Name, f.MediaType, f)
		return nil
	}
	if c.op.stream {
		return nil
	}
	if c.op.out == nil {
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if e, ok := out.(interface{ etag() string }); ok && c.op.etag {
		c.w.Header().Set("ETag", e.etag())
	}
	if p, ok := out.(interface{ cursor() string }); ok && p.cursor() != "" {
		c.w.Header().Set("Link", "<"+c.next(p.cursor())+`>; rel="next"`)
	}
	c.write(http.StatusOK, out)
	return nil
}

// Headers of what is done once.
const (
	keyHeader    = "Idempotency-Key"
	replayHeader = "Idempotency-Replayed"
)

// make does something at most once under the key that the program chose, and answers
// the same each time.
func (h *Handler) make(c *call) error {
	key, made := c.r.Header.Get(keyHeader), helpdesk.Made{}
	once := &actions.Once{}
	if key != "" {
		var err error
		once, err = h.desk.Once(c.ctx, c.by, key, append([]byte(c.r.Method+" "+c.r.URL.RequestURI()+"\n"), c.raw...))
		if repeated, ok := errors.AsType[*actions.Repeated](err); ok {
			return h.made(c, repeated.Made, true)
		}
		if err != nil {
			return err
		}
	}
	c.once = once
	c.ctx = actions.WithOnce(c.ctx, once)
	_, err := c.op.run(c)
	if repeated, ok := errors.AsType[*actions.Repeated](err); ok {
		return h.made(c, repeated.Made, true)
	}
	if err != nil {
		return err
	}
	if m := once.Made(); m != nil {
		made = *m
	}
	return h.made(c, made, false)
}

func (h *Handler) made(c *call, made helpdesk.Made, again bool) error {
	if again {
		c.w.Header().Set(replayHeader, "true")
	}
	out := c.op.answer(c, made)
	if at, ok := out.(interface{ at() string }); ok && at.at() != "" {
		c.w.Header().Set("Location", Root+at.at())
	}
	c.write(http.StatusCreated, out)
	return nil
}

func (c *call) write(status int, body any) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	enc := json.NewEncoder(c.w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // whoever asked has gone
}

// read reads the body, which is JSON and at most [web.MaxBody]. What an operation has
// no use for is an error: somebody meant something by it.
func (c *call) read() error {
	if c.op.upload || c.r.Method == http.MethodGet || c.r.Method == http.MethodHead {
		return nil
	}
	raw, err := io.ReadAll(c.r.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return helpdesk.Errorf(helpdesk.TooLarge, "the body is over %d KiB, which is the limit", web.MaxBody>>10)
	}
	if err != nil {
		return helpdesk.Errorf(helpdesk.Invalid, "the body did not arrive whole")
	}
	raw = bytes.TrimSpace(raw)
	switch {
	case c.op.in == nil && len(raw) > 0 && string(raw) != "{}":
		return helpdesk.Errorf(helpdesk.Invalid, "this takes no body")
	case c.op.in == nil:
		return nil
	}
	// It also keeps out what a page elsewhere can make a browser send unasked.
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return errMediaType
	}
	c.raw = raw
	return nil
}

// decode reads what a program sent, and refuses what it does not know: a slip in a
// name would lose what was meant.
func decode[In any](raw []byte) (in In, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return in, helpdesk.Errorf(helpdesk.Invalid, "the body is not what this takes: %s", jsonWords(err))
	}
	if _, err := dec.Token(); err != io.EOF {
		return in, helpdesk.Errorf(helpdesk.Invalid, "the body is not what this takes: something follows the object")
	}
	return in, nil
}

// jsonWords are those of the JSON reader, which tell of what was sent alone.
func jsonWords(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it is not whole"
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "“" + wrong.Field + "” can't be a " + wrong.Value
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}
