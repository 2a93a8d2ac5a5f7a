package webtest

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Fields is what a browser sends of a form that nobody touched, from its HTML.
func Fields(t testing.TB, form string) url.Values {
	t.Helper()
	root, err := html.Parse(strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	sent := url.Values{}
	for n := range root.Descendants() {
		name := attr(n, "name")
		if n.Type != html.ElementNode || name == "" {
			continue
		}
		switch n.Data {
		case "input":
			if kind := attr(n, "type"); kind != "checkbox" && kind != "radio" || has(n, "checked") {
				sent.Add(name, attr(n, "value"))
			}
		case "textarea":
			sent.Add(name, strings.TrimPrefix(text(n), "\n"))
		case "select":
			sent.Add(name, selected(n))
		}
	}
	return sent
}

// selected is the value of the option that is chosen, or of the first one.
func selected(n *html.Node) string {
	first, found := "", false
	for o := range n.Descendants() {
		if o.Data != "option" {
			continue
		}
		value := attr(o, "value")
		if !has(o, "value") {
			value = text(o)
		}
		if has(o, "selected") {
			return value
		}
		if !found {
			first, found = value, true
		}
	}
	return first
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}
