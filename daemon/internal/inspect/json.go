package inspect

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"
)

// WriteJSON writes the reading as one line. The result is what encoding/json
// makes of it, but long texts go out piece by piece: made at once, they would
// take several times the memory of the mail.
func (r *Reading) WriteJSON(w io.Writer) error {
	short := *r
	short.Text, short.Reply, short.Folded = "", "", []string{}
	if r.Forward != nil {
		f := *r.Forward
		f.Body, f.Note = "", ""
		short.Forward = &f
	}
	frame, err := marshal(short)
	if err != nil {
		return err
	}
	out := jsonWriter{w: w, frame: frame}
	out.after(`"text":`, func() { out.long(r.Text) }, `""`)
	out.after(`"reply":`, func() { out.long(r.Reply) }, `""`)
	out.after(`"folded":`, func() { out.list(r.Folded) }, `[]`)
	if r.Forward != nil {
		out.after(`"forward":`, func() {}, ``)
		out.after(`"body":`, func() { out.long(r.Forward.Body) }, `""`)
		out.after(`"note":`, func() { out.long(r.Forward.Note) }, `""`)
	}
	out.raw(out.frame)
	out.raw([]byte("\n"))
	return out.err
}

// jsonWriter copies a frame of JSON and puts values in. A key in quotes and a
// colon occurs in the frame nowhere but as a key: inside a string the quotes
// would be escaped.
type jsonWriter struct {
	w     io.Writer
	frame []byte // what is still to be copied
	err   error
}

// after copies the frame up to and with key, and has the value written in place
// of the empty one.
func (j *jsonWriter) after(key string, value func(), empty string) {
	end := bytes.Index(j.frame, []byte(key)) + len(key)
	j.raw(j.frame[:end])
	value()
	j.frame = j.frame[end+len(empty):]
}

func (j *jsonWriter) raw(b []byte) {
	if j.err == nil {
		_, j.err = j.w.Write(b)
	}
}

func (j *jsonWriter) list(values []string) {
	j.raw([]byte("["))
	for i, v := range values {
		if i > 0 {
			j.raw([]byte(","))
		}
		j.long(v)
	}
	j.raw([]byte("]"))
}

// long writes a string in pieces that are cut between characters.
func (j *jsonWriter) long(s string) {
	const piece = 64 << 10
	var b bytes.Buffer
	e := newEncoder(&b)
	j.raw([]byte(`"`))
	for s != "" && j.err == nil {
		n := min(len(s), piece)
		for n < len(s) && n > piece-utf8.UTFMax && !utf8.RuneStart(s[n]) {
			n--
		}
		b.Reset()
		if err := e.Encode(s[:n]); err != nil {
			j.err = err
			return
		}
		j.raw(b.Bytes()[1 : b.Len()-len("\"\n")])
		s = s[n:]
	}
	j.raw([]byte(`"`))
}

// marshal is json.Marshal without escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	err := newEncoder(&b).Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

func newEncoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}
