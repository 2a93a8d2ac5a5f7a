package eml

import "strings"

// partMark stands in rendered HTML where the signature ends and the author goes
// on. It is a noncharacter, which no text needs, and is taken out again.
const partMark = '\ufdd1'

// openQuote counts a blockquote, unless the author only indented lines with it:
// editors write that without a border, mail programs quote with one, or with a
// type or class.
func (r *htmlRenderer) openQuote(t htmlToken) {
	style := strings.ReplaceAll(lowerASCII(t.get("style")), " ", "")
	indent := strings.Contains(style, "border:none") && !t.has("type") && !t.has("cite") && t.get("class") == ""
	r.indents = append(r.indents, indent)
	if !indent {
		r.quote++
	}
}

func (r *htmlRenderer) closeQuote() {
	n := len(r.indents)
	if n == 0 {
		return
	}
	if !r.indents[n-1] {
		r.quote--
	}
	r.indents = r.indents[:n-1]
}

// openSignature writes the line that begins signatures (RFC 3676 section 4.3)
// where a mail program marks one in its HTML, unless it wrote that line itself.
func (r *htmlRenderer) openSignature(t htmlToken) {
	switch {
	case r.signature != "":
		if equalFold(t.name, r.signature) && !t.empty {
			r.inside++
		}
		return
	case t.empty || r.quote > 0 || !isSignature(t):
		return
	}
	r.signature, r.inside = lowerASCII(t.name), 1
	if text := strings.TrimRight(r.out.String()[max(0, r.out.Len()-len("\n-- \n")):], " \n"); strings.HasSuffix(text, "--") || r.out.Len() == 0 {
		return
	}
	r.owe(1)
	r.newLine()
	r.out.WriteString("-- ")
	r.begun = true
	r.owe(1)
}

func (r *htmlRenderer) closeSignature(t htmlToken) {
	if r.signature == "" || !equalFold(t.name, r.signature) {
		return
	}
	if r.inside--; r.inside == 0 {
		r.signature, r.signed = "", true
	}
}

// isSignature knows the marks of the common programs.
func isSignature(t htmlToken) bool {
	if len(t.attributes) == 0 {
		return false
	}
	switch lowerASCII(t.get("id")) {
	case "signature", "applemailsignature", "ms-outlook-mobile-signature", "lineseparatoratmessageend":
		return true
	}
	if strings.HasPrefix(lowerASCII(t.get("data-smartmail")), "gmail_signature") {
		return true
	}
	for class := range strings.FieldsSeq(lowerASCII(t.get("class"))) {
		switch class {
		case "gmail_signature", "moz-signature", "protonmail_signature_block-user", "sh-signature", "zmail_signature":
			return true
		}
	}
	return false
}
