package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// object is a JSON object whose members stay in their order.
type object []member

type member struct {
	Name  string
	Value any
}

// MarshalJSON implements [json.Marshaler].
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.Value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// schemas describes Go types as JSON Schema (2020-12, as OpenAPI 3.1 has it), each
// struct once.
type schemas struct {
	known map[string]reflect.Type
	all   object
}

// enums are the types that have few values.
var enums = map[reflect.Type][]string{}

func enum[T ~string](values ...T) {
	var all []string
	for _, v := range values {
		all = append(all, string(v))
	}
	enums[reflect.TypeFor[T]()] = all
}

func init() {
	enum(helpdesk.Statuses...)
	enum(helpdesk.Scopes...)
	enum(helpdesk.Permissions...)
	enum(helpdesk.Verdicts...)
	enum(append(slices.Clone(helpdesk.EventTypes), helpdesk.PingEvent)...)
	enum(helpdesk.PostWaits, helpdesk.PostTaken, helpdesk.PostGiven)
	enum(helpdesk.EraseRecords, helpdesk.EraseBlobs)
	enum(actions.RowNew, actions.RowChanged, actions.RowSame, actions.RowWrong)
	enum(helpdesk.Message, helpdesk.Note, helpdesk.Event)
	enum(helpdesk.ByMail, helpdesk.ByPortal, helpdesk.ByConsole, helpdesk.ByImport)
	enum(helpdesk.Requester, helpdesk.Collaborator)
	enum(helpdesk.Customer, helpdesk.AgentAs, helpdesk.System)
	enum(helpdesk.Queued, helpdesk.Sent, helpdesk.Bounced, helpdesk.Failed, helpdesk.Withdrawn)
	enum(helpdesk.TextField, helpdesk.NumberField, helpdesk.DateField, helpdesk.SelectField, helpdesk.TickField)
}

var timeType = reflect.TypeFor[time.Time]()

// of describes a type: by name, if it is a struct with one.
func (s *schemas) of(t reflect.Type, input bool) object {
	if t == timeType {
		return object{{"type", "string"}, {"format", "date-time"}}
	}
	if t == reflect.TypeFor[json.RawMessage]() {
		return object{}
	}
	if values, ok := enums[t]; ok {
		return object{{"type", "string"}, {"enum", values}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem(), input)
	case reflect.String:
		return object{{"type", "string"}}
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint16:
		return object{{"type", "integer"}}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{{"type", "string"}, {"contentEncoding", "base64"}}
		}
		return object{{"type", "array"}, {"items", s.of(t.Elem(), input)}}
	case reflect.Map:
		return object{{"type", "object"}, {"additionalProperties", s.of(t.Elem(), input)}}
	case reflect.Interface:
		return object{}
	case reflect.Struct:
		name := schemaName(t)
		s.add(name, t, input)
		return object{{"$ref", "#/components/schemas/" + name}}
	}
	panic(fmt.Sprintf("api: nothing describes a %s", t))
}

func (s *schemas) add(name string, t reflect.Type, input bool) {
	if known, ok := s.known[name]; ok {
		if known != t {
			panic(fmt.Sprintf("api: %s and %s have one name", known, t))
		}
		return
	}
	s.known[name] = t
	at := len(s.all)
	s.all = append(s.all, member{Name: name}) // before those that it names
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" || f.Anonymous && tag == "" || !f.IsExported() {
			continue
		}
		one := s.of(f.Type, input)
		if doc := f.Tag.Get("doc"); doc != "" {
			one = append(one, member{"description", doc})
		}
		properties = append(properties, member{tag, one})
		if !strings.Contains(options, "omit") {
			required = append(required, tag)
		}
	}
	out := object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		out = append(out, member{"required", required})
	}
	if input {
		out = append(out, member{"additionalProperties", false})
	}
	s.all[at].Value = out
}

// schemaName is that of a type with a capital letter; a page of tickets is TicketPage.
func schemaName(t reflect.Type) string {
	name, of, generic := strings.Cut(t.Name(), "[")
	if generic {
		of = strings.TrimSuffix(of, "]")
		name = of[strings.LastIndexByte(of, '.')+1:] + strings.ToUpper(name[:1]) + name[1:]
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
