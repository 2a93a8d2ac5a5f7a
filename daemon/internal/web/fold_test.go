package web

import (
	"html/template"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/words"
)

// What is written in beforehand is what the page would say.
func TestFold(t *testing.T) {
	const source = `{{define "part"}}<b>{{t "Send"}}</b>{{end}}
{{define "main"}}<p title="{{t "Your \"own\" <words> & 'more'"}}">{{t "Your \"own\" <words> & 'more'"}}</p>
{{if .On}}{{t "Send"}}{{else}}{{t "Subject"}}{{end}}{{range .All}}{{t "Message"}} {{.}}{{else}}{{icon "mail"}}{{end}}
{{with .Name}}<a href="{{path "/submit/"}}{{.}}">{{t "Request %s" .}}</a>{{end}}{{template "part"}}{{$x := t "Send"}}{{$x}}{{t "Send" | printf "%s!"}}{{end}}`
	site := NewSite(nil, Options{})
	for _, locale := range []string{"en", "de"} {
		funcs := site.funcs(locale)
		looked := template.Must(template.New("").Funcs(funcs).Parse(source))
		folded := template.Must(template.New("").Funcs(funcs).Parse(source))
		fold(folded, funcs)
		looks := 0 // of the folded one, while it runs
		folded.Funcs(template.FuncMap{"t": func(text string, values ...any) string {
			looks++
			return words.For(locale).T(text, values...)
		}, "icon": func(name string) (template.HTML, error) { looks++; return template.HTML("an icon"), nil }})
		for _, data := range []map[string]any{
			{"On": true, "All": []string{"<1>", "2"}, "Name": "a b"}, {"On": false, "Name": ""},
		} {
			var want, got strings.Builder
			if err := looked.ExecuteTemplate(&want, "main", data); err != nil {
				t.Fatal(err)
			}
			if err := folded.ExecuteTemplate(&got, "main", data); err != nil {
				t.Fatal(err)
			}
			if got.String() != want.String() {
				t.Errorf("%s: page is\n%s\nwant\n%s", locale, &got, &want)
			}
			if most := map[bool]int{true: 3, false: 2}[data["On"] == true]; looks > most { // with values, in a variable and in a pipe
				t.Errorf("%s: words were looked up %d times, want %d at most", locale, looks, most)
			}
			looks = 0
			if !strings.Contains(got.String(), words.For(locale).T("Send")) {
				t.Errorf("%s: no word of the language in %s", locale, &got)
			}
		}
		if left := folded.Lookup("main").Tree.Root.String(); strings.Contains(left, `{{t "Subject"}}`) {
			t.Errorf("it still looks up words: %s", left)
		}
	}
}
