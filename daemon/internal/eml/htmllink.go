package eml

import (
	"strings"
	"unicode"
)

const (
	// maxLinks is how many targets are written out; mails with more are reports
	// or attacks.
	maxLinks = 5000

	// maxLinkLength is the longest target that is written out; browsers cut off
	// at about that.
	maxLinkLength = 2048
)

// closeLink writes the target behind the text of a link, unless the text says
// the same.
func (r *htmlRenderer) closeLink() {
	href := r.href
	r.href = ""
	if href == "" || r.links >= maxLinks {
		return
	}
	text := strings.TrimSpace(r.out.String()[min(r.hrefFrom, r.out.Len()):])
	if text == "" || sameLink(text, href) { // an image without text, a decorated address
		return
	}
	r.links++
	r.space = true
	r.put("<" + href + ">")
}

func sameLink(text, href string) bool {
	trim := func(s string) string { return strings.TrimSuffix(s, "/") }
	if strings.EqualFold(trim(text), trim(href)) {
		return true
	}
	for _, scheme := range []string{"mailto:", "tel:", "https://", "http://"} {
		if rest, ok := strings.CutPrefix(href, scheme); ok && strings.EqualFold(trim(rest), trim(text)) {
			return true
		}
	}
	return false
}

// linkTarget returns an absolute target that people can use, "" for others.
func linkTarget(href string) string {
	href = strings.Map(func(r rune) rune {
		if r <= ' ' || unicode.IsControl(r) || r == '<' || r == '>' || cleanRune(r) != r {
			return -1
		}
		return r
	}, href)
	if len(href) > maxLinkLength {
		return ""
	}
	scheme, _, ok := strings.Cut(href, ":")
	if !ok {
		return ""
	}
	switch lowerASCII(scheme) {
	case "http", "https", "mailto", "tel", "ftp":
		return href
	}
	return ""
}
