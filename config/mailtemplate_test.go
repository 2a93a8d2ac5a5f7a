package config

import (
	"strings"
	"testing"
	"text/template"
	"unicode/utf8"
)

// covers: S07
func TestMailTemplates(t *testing.T) {
	for _, tt := range []struct {
		name    string
		purpose MailPurpose
		text    string
		want    string // of the error; "" for none
	}{
		{"plain", MailConfirmation, "Hello,\n\nwe have it: {{.Number}}\n\n{{.Link}}\n", ""},
		{"choices", MailReply, "{{with .Name}}Hello {{.}} at {{$.Center}},\n{{else}}Hello,{{end}}\n{{/* said */}}{{.Text}}\n{{if and .Quote (not .Subject)}}{{.Quote}}{{end}}{{.Link}}", ""},
		{"comparing", MailStatusChanged, "{{if eq .Status \"Solved\" \"Closed\"}}Done: {{else if ne .Status \"x\"}}Now: {{end}}{{.Status}} {{.Link}}", ""},
		{"trimmed", MailSignInCode, "Your code:\n{{- .Code -}}\n{{.Lasts}}", ""},

		{"empty", MailReply, "{{/* nothing */}}", "is required"},
		{"not closed", MailReply, "a\n{{if .Text}}\nb", "line 3: unexpected EOF"},
		{"no such fact", MailReply, "{{.Text}}{{.Link}}\n{{.Password}}", "line 2: there is no .Password in this mail; there are .Center, .Support, .Number, .Link, .Hello, .Name, .Subject, .Writer, .Text, .Quote"},
		{"a stranger's words in a fixed mail", MailConfirmation, "{{.Link}} {{.Name}}", "line 1: there is no .Name"},
		{"and in one about a sign-in", MailSignUp, "{{.Link}} {{.Hello}}", "line 1: there is no .Hello"},
		{"deeper", MailReply, "{{.Text.Foo}}", "there is no .Text.Foo"},
		{"everything", MailReply, "{{.}}", "line 1: {{.}} has a meaning only inside {{with}}"},
		{"everything by its variable", MailReply, "{{$}}", "line 1: $ is not available"},
		{"field inside with", MailReply, "{{with .Name}}{{.Text}}{{end}}", "line 1: inside {{with}} write $.Text"},
		{"a loop", MailReply, "{{range .Text}}x{{end}}", "line 1: {{range}} is not available; there are {{if}}, {{with}} and {{else}}"},
		{"a definition", MailReply, "{{define \"a\"}}{{template \"a\" .}}{{end}}{{.Text}}", "a template cannot define others"},
		{"a definition of itself", MailReply, "{{define \"body\"}}{{template \"body\" .}}{{end}}", "line 1: {{template}} is not available"},
		{"another template", MailReply, "{{template \"body\" .}}", "line 1: {{template}} is not available"},
		{"a block", MailReply, "{{block \"a\" .}}{{end}}", "a template cannot define others"},
		{"a variable", MailReply, "{{$x := .Text}}{{$x}}", "line 1: variables are not available"},
		{"a pipe", MailReply, "{{.Text | len}}", "line 1: pipes are not available"},
		{"printf", MailReply, `{{printf "%1000000d" 1}}`, "line 1: the function printf is not available; there are and, or, not, eq and ne"},
		{"call", MailReply, "{{call .Text}}", "the function call is not available"},
		{"html", MailReply, "{{html .Text}}", "the function html is not available"},
		{"unknown function", MailReply, "{{env \"HOME\"}}", `line 1: function "env" not defined`},
		{"a number", MailReply, "{{eq .Name 1}}", "line 1: 1 is not available"},
		{"comparing what is no text", MailReply, "{{eq (not .Name) .Text}}", "line 1: eq compares texts"},
		{"comparing what with found", MailReply, "\n{{with not .Name}}{{eq . $.Text}}{{end}}{{.Text}}{{.Link}}", "line 2: eq compares texts"},
		{"comparing one", MailReply, "{{eq .Name}}", "line 1: eq takes 2 to 8 values"},
		{"arguments", MailReply, "{{.Text .Name}}", "line 1: .Text takes nothing behind it"},
		{"break", MailReply, "{{break}}", "line 1: {{break}} outside {{range}}"},

		{"what it is about", MailReply, "Look at the page.{{.Link}}", "must hold {{.Text}}, whatever else is there"},
		{"only sometimes", MailReply, "{{if .Name}}{{.Text}}{{end}}{{.Link}}", "must hold {{.Text}}, whatever else is there"},
		{"no link", MailReply, "{{.Text}}", "must hold {{.Link}}, whatever else is there"},
		{"no code", MailSignInCode, "Hello", "must hold {{.Code}}"},
		{"no purpose", "Spam", "Hello", `"Spam" is not a purpose of mail`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseMailTemplate(tt.purpose, tt.text)
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// What no template may tell is not in the list of what it may name.
//
// covers: M04
func TestFixedMailsKnowNothingOfAStranger(t *testing.T) {
	for _, p := range []MailPurpose{MailConfirmation, MailAdded, MailNewLink, MailSignUp, MailInvitation, MailPasswordReset, MailSignInCode, MailSignInLink, MailAccountKnown, MailPasswordChanged, MailSignInAdded, MailSignInRemoved} {
		for _, fact := range MailFacts(p) {
			switch fact {
			case "Center", "Support", "Number", "Link", "Lasts", "Code", "Issuer":
			default:
				t.Errorf("a template of %s may tell %s", p, fact)
			}
		}
	}
	if len(mailPurposes) != len(MailPurpose("").values()) {
		t.Errorf("%d purposes have facts, of %d", len(mailPurposes), len(MailPurpose("").values()))
	}
}

// Whatever passes can be filled in with whatever is there, and grows with nothing but
// its own length.
func FuzzMailTemplate(f *testing.F) {
	f.Add(uint8(2), "{{.Hello}}\n{{.Text}}\n{{.Link}}{{.Quote}}", "a", "b")
	f.Add(uint8(2), "{{with .Name}}{{if eq . $.Subject \"x\"}}{{.}}{{end}}{{else}}{{or .Name .Text}}{{end}}{{.Text}}{{.Link}}", "", "x")
	f.Add(uint8(1), "{{if and (not .Link) .Number}}{{end}}{{.Link}}{{define `body`}}", "", "")
	f.Add(uint8(14), "{{range .Code}}{{break}}{{end}}{{- /* */ -}}{{.Code}}", "1", "2")
	f.Add(uint8(2), "{{with or .Name .Subject}}{{if ne . `x`}}{{.}}{{else if not .}}y{{end}}{{else with and .Quote (not .Name)}}{{.}}{{end}}{{eq .Text `a` .Name}}{{`q`}}{{.Text}}{{(.Link)}}", "a", "")
	f.Add(uint8(2), "{{with not .Name}}{{.}}{{with $.Text}}{{.}}{{end}}{{.}}{{else}}{{and .Name .Text .Link}}{{end}}{{.Text -}} {{.Link}}", "", "b")
	f.Fuzz(func(t *testing.T, n uint8, text, one, two string) {
		all := MailPurpose("").values()
		p := MailPurpose(all[int(n)%len(all)])
		parsed, err := ParseMailTemplate(p, text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") || !utf8.ValidString(err.Error()) && utf8.ValidString(text) {
				t.Errorf("error %q", err)
			}
			return
		}
		facts := map[string]string{}
		for i, name := range MailFacts(p) {
			facts[name] = []string{one, two}[i%2]
		}
		var out, theirs strings.Builder
		err = parsed.Execute(&out, facts)
		reference, wrong := template.New("body").Option("missingkey=error").Parse(text)
		if wrong != nil {
			t.Fatalf("text/template does not take %q: %v", text, wrong)
		}
		if wrong = reference.Execute(&theirs, facts); (err == nil) != (wrong == nil) || err == nil && out.String() != theirs.String() {
			t.Fatalf("%q with %q is %q, %v; text/template makes %q, %v", text, facts, out.String(), err, theirs.String(), wrong)
		}
		if err != nil {
			t.Fatalf("%q with %q: %v", text, facts, err)
		}
		if most := len(text) + strings.Count(text, "{{")*(max(len(one), len(two), len("false"))+len(text)); out.Len() > most {
			t.Errorf("%d bytes of %q", out.Len(), text)
		}
	})
}
