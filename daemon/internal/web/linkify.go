package web

import (
	"html"
	"html/template"
	"net/url"
	"strings"
	"unicode"
)

// linkify escapes a text and makes links of its http and https addresses. What a
// link says is where it leads.
func linkify(text string) template.HTML {
	var out strings.Builder
	for text != "" {
		start := nextURL(text)
		if start < 0 {
			break
		}
		length := urlLength(text[start:])
		address := text[start : start+length]
		out.WriteString(html.EscapeString(text[:start]))
		if isWeb(address) {
			escaped := html.EscapeString(address)
			out.WriteString(`<a href="` + escaped + `" rel="noopener noreferrer nofollow" target="_blank">` + escaped + `</a>`)
		} else {
			out.WriteString(html.EscapeString(address))
		}
		text = text[start+length:]
	}
	out.WriteString(html.EscapeString(text))
	return template.HTML(out.String())
}

// nextURL finds where a web address begins, not inside a word; -1 if nowhere.
func nextURL(text string) int {
	for from := 0; ; {
		i := strings.Index(text[from:], "://")
		if i < 0 {
			return -1
		}
		colon := from + i
		for _, scheme := range []string{"https", "http"} {
			start := colon - len(scheme)
			if start >= 0 && strings.EqualFold(text[start:colon], scheme) && (start == 0 || !isWordByte(text[start-1])) {
				return start
			}
		}
		from = colon + len("://")
	}
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

// urlLength is how far the address at the start of text goes on: up to a blank, a character that no
// address has, or one that can't be seen, without the punctuation after it.
func urlLength(text string) int {
	end := strings.IndexFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar ||
			strings.ContainsRune("<>\"`{}|\\^", r)
	})
	if end < 0 {
		end = len(text)
	}
	address := text[:end]
	round := strings.Count(address, ")") - strings.Count(address, "(")
	square := strings.Count(address, "]") - strings.Count(address, "[")
	for {
		switch last := address[len(address)-1]; {
		case strings.IndexByte(".,;:!?'*_~", last) >= 0:
		case last == ')' && round > 0: // it closes a bracket of the sentence
			round--
		case last == ']' && square > 0:
			square--
		default:
			return len(address)
		}
		address = address[:len(address)-1]
	}
}

func isWeb(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "http" || u.Scheme == "https")
}
