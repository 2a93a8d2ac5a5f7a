package portal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// answer sends JSON.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked has gone
}

// apiError is what programs are told when something can't be done.
type apiError struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`      // in the caller's language
		ID      string `json:"id,omitempty"` // finds it in our log
	} `json:"error"`
	Problems []apiProblem `json:"problems,omitempty"`
}

// apiProblem is what is wrong with one answer. Field is the path in what was sent.
type apiProblem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// errorCodes are the names of kinds of errors; what is not listed is internal.
var errorCodes = map[helpdesk.Kind]string{
	helpdesk.NotFound: "not-found", helpdesk.Invalid: "invalid", helpdesk.Conflict: "conflict", helpdesk.Unavailable: "unavailable",
	helpdesk.Full: "full", helpdesk.TooLarge: "too-large", helpdesk.SignIn: "sign-in",
}

func (p *Handler) answerError(v *visit, err error) error {
	var body apiError
	if rejected, ok := errors.AsType[*actions.Rejected](err); ok {
		body.Error.Code, body.Error.Message = "rejected", v.say.T("Some answers need another look.")
		for _, wrong := range rejected.Problems {
			field, own := strings.CutPrefix(wrong.Field, fieldPrefix)
			if own {
				field = "fields." + field
			}
			body.Problems = append(body.Problems, apiProblem{Field: field, Message: web.Sentence(wrong.In(v.say.T))})
		}
		answer(v.w, unprocessable, body)
		return nil
	}
	trouble := p.site.Trouble(v.r, err)
	body.Error.Code, body.Error.ID, body.Error.Message = errorCodes[helpdesk.KindOf(err)], trouble.Code, trouble.Title+"."
	kind, public := helpdesk.KindOf(err), helpdesk.PublicIn(err, v.say.T)
	switch {
	case errors.Is(err, web.ErrTooMany):
		body.Error.Code, body.Error.Message = "too-many", trouble.Happened+" "+trouble.Next
	case body.Error.Code == "":
		body.Error.Code = "internal"
	case public != "" && (kind == helpdesk.Invalid || kind == helpdesk.TooLarge || kind == helpdesk.Unavailable):
		body.Error.Message = web.Sentence(public)
	}
	answer(v.w, web.Status(err), body)
	return nil
}

// apiForm is a form as programs see it.
type apiForm struct {
	Name        string     `json:"name"`
	Title       string     `json:"title"`
	Description string     `json:"description,omitempty"`
	Revision    string     `json:"revision"`
	NeedsSignIn bool       `json:"needsSignIn,omitempty"`
	Subject     apiOwn     `json:"subject"`
	Message     apiOwn     `json:"message"`
	Fields      []apiField `json:"fields"`
}

// apiOwn is what every form asks. What is not asked has no label.
type apiOwn struct {
	Asked bool   `json:"asked"`
	Label string `json:"label,omitempty"`
}

// apiField is one question. Visible and Required are as long as nothing is filled
// in but what Initial says.
type apiField struct {
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	Label       string      `json:"label,omitempty"`
	Help        string      `json:"help,omitempty"`
	Placeholder string      `json:"placeholder,omitempty"`
	Initial     string      `json:"initial,omitempty"`
	Visible     bool        `json:"visible"`
	Required    bool        `json:"required"`
	Options     []apiOption `json:"options,omitempty"`
	Min         string      `json:"min,omitempty"`
	Max         string      `json:"max,omitempty"`
	MinLength   int         `json:"minLength,omitempty"`
	MaxLength   int         `json:"maxLength,omitempty"`
	MinItems    int         `json:"minItems,omitempty"`
	MaxItems    int         `json:"maxItems,omitempty"`
	Pattern     string      `json:"pattern,omitempty"`
	Version     string      `json:"version,omitempty"`
	Types       []string    `json:"types,omitempty"`
	MaxBytes    int64       `json:"maxBytes,omitempty"`
}

// apiOption is a choice; one that others have as their parent cannot be chosen.
type apiOption struct {
	Value  string `json:"value"`
	Label  string `json:"label"`
	Parent string `json:"parent,omitempty"`
}

// listForms tells what this visitor may submit.
func (p *Handler) listForms(v *visit) error {
	body := struct {
		Locale string    `json:"locale"`
		Forms  []apiForm `json:"forms"`
	}{v.center.Locale, []apiForm{}}
	forms := v.center.FormsFor(v.visitor)
	if len(forms) == 0 {
		return p.answerError(v, missing())
	}
	for i := range forms {
		body.Forms = append(body.Forms, formForAPI(v, &forms[i]))
	}
	answer(v.w, http.StatusOK, body)
	return nil
}

func formForAPI(v *visit, f *helpdesk.Form) apiForm {
	a := apiForm{
		Name: f.Name, Title: f.Title, Description: f.Description, Revision: f.Revision, NeedsSignIn: f.Access[v.visitor] == helpdesk.NeedsSignIn,
		Message: apiOwn{Asked: true, Label: or(f.MessageLabel, v.say.T("Message"))}, Fields: []apiField{},
	}
	if f.Subject == "" {
		a.Subject = apiOwn{Asked: true, Label: or(f.SubjectLabel, v.say.T("Subject"))}
	}
	empty := blank("", nil, f)
	states := empty.states(f)
	for _, field := range f.Fields {
		one := apiField{
			Name: field.Name, Type: field.Type, Label: field.Label, Help: field.Help, Placeholder: field.Placeholder, Initial: field.Initial,
			Visible: states[field.Name].Visible, Required: states[field.Name].Required, Min: field.Min, Max: field.Max,
			MinLength: field.MinLength, MaxLength: field.MaxLength, MinItems: field.MinItems, MaxItems: field.MaxItems,
			Pattern: field.Pattern, Version: field.Version, Types: field.File.Types, MaxBytes: field.File.Bytes,
		}
		for _, o := range field.Options {
			one.Options = append(one.Options, apiOption(o))
		}
		a.Fields = append(a.Fields, one)
	}
	return a
}

// apiSubmission is a filled-in form as programs send it. Files come as base64, and
// with the rest within [web.MaxBody]; larger ones take the page's form.
type apiSubmission struct {
	Name    string            `json:"name"`
	Address string            `json:"address"`
	Subject string            `json:"subject"`
	Message string            `json:"message"`
	Fields  map[string]values `json:"fields"`
	Files   []apiFile         `json:"files"`
}

type apiFile struct {
	Field     string `json:"field"` // "" goes beside the message
	Name      string `json:"name"`
	MediaType string `json:"mediaType"`
	Content   []byte `json:"content"`
}

// values are the answers to one question, as a browser sends them.
type values []string

// UnmarshalJSON takes a text, a number, true or false, and lists of them.
func (a *values) UnmarshalJSON(b []byte) error {
	*a = nil
	if len(b) > 0 && b[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
		for _, one := range list {
			if err := a.add(one); err != nil {
				return err
			}
		}
		return nil
	}
	return a.add(b)
}

func (a *values) add(b []byte) error {
	var text string
	switch {
	case bytes.Equal(b, []byte("null")):
		return nil
	case b[0] == '"':
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	case b[0] == '{', b[0] == '[':
		return errors.New("an answer is a text, a number, true, false, or a list of them")
	default: // a number, true or false, as it stands there
		text = string(b)
	}
	*a = append(*a, text)
	return nil
}

// decodeSubmission reads what a program sent, and refuses what it does not know:
// a slip in a name would lose an answer.
func decodeSubmission(r io.Reader) (apiSubmission, error) {
	var in apiSubmission
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	err := dec.Decode(&in)
	if err == nil {
		if _, err = dec.Token(); err == io.EOF {
			return in, nil
		}
		err = errors.New("something follows the object")
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return in, helpdesk.Errorf(helpdesk.TooLarge, "together that is more than %d KiB, which is the limit", web.MaxBody>>10)
	}
	return in, helpdesk.Errorf(helpdesk.Invalid, "the body is not what this address takes: %s", jsonWords(err))
}

// jsonWords are those of the JSON reader, which tell of what was sent alone.
func jsonWords(err error) string {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it is not whole"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// apiSubmit is submit for programs: the same checks, limits and outcome.
func (p *Handler) apiSubmit(v *visit) error {
	form, err := p.form(v)
	if err != nil {
		return p.answerError(v, err)
	}
	if kind, _, err := mime.ParseMediaType(v.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		// It also keeps out what a page elsewhere can make a browser send unasked.
		var body apiError
		body.Error.Code, body.Error.Message = "media-type", v.say.T("Send the request as application/json.")
		answer(v.w, http.StatusUnsupportedMediaType, body)
		return nil
	}
	in, err := decodeSubmission(v.r.Body)
	if err != nil {
		return p.answerError(v, err)
	}
	typed, err := p.typedByProgram(v, form, in)
	if err != nil {
		return p.answerError(v, err)
	}
	done, err := p.take(v, typed.submission(v, form))
	if err != nil {
		return p.answerError(v, err)
	}
	body := struct {
		Number  int64  `json:"number"`
		Address string `json:"address"`
		Path    string `json:"path,omitempty"`
	}{Number: done.Number, Address: done.Address.String()}
	switch {
	case v.agent != nil:
		body.Path = fmt.Sprintf("/agent/tickets/%d", done.Number)
	case v.customer != nil:
		body.Path = v.path(fmt.Sprintf("/requests/%d", done.Number))
	}
	answer(v.w, http.StatusCreated, body)
	return nil
}

// typedByProgram makes of it what a page would have sent.
func (p *Handler) typedByProgram(v *visit, form *helpdesk.Form, in apiSubmission) (filled, error) {
	typed := filled{
		nonce: v.r.Header.Get("Idempotency-Key"), fields: map[string][]string{},
		own: map[string]string{"name": in.Name, "address": in.Address, "subject": in.Subject, "message": in.Message},
	}
	if len(typed.nonce) > actions.MaxNonce {
		return typed, helpdesk.Errorf(helpdesk.Invalid, "the Idempotency-Key may have %d characters", actions.MaxNonce)
	}
	var problems []helpdesk.FieldProblem
	for name, answers := range in.Fields {
		switch f := form.Field(name); {
		case f == nil:
			problems = append(problems, helpdesk.FieldProblem{Field: fieldPrefix + name, Message: v.say.T("This form has no such field.")})
		case f.Type != helpdesk.FileField:
			typed.fields[name] = answers
		}
	}
	if len(problems) > 0 {
		return typed, &actions.Rejected{Problems: problems}
	}
	files := p.intake(v, form)
	for _, f := range in.Files {
		files.Take(f.Field, f.Name, f.MediaType, bytes.NewReader(f.Content))
	}
	err := files.End(nil, nil)
	typed.uploads, typed.refused = files.Uploads, refusals(v, files.Refused)
	return typed, err
}
