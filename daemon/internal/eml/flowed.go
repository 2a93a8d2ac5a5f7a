package eml

import "strings"

// unflow joins the paragraphs of format=flowed (RFC 3676 section 4): a line
// that ends with a blank goes on in the next one of the same quote depth. With
// delSp that blank is not part of the text. Quoted lines keep their marks.
func unflow(text string, delSp bool) string {
	var out strings.Builder
	out.Grow(len(text))
	open, depth := false, 0 // a paragraph is open at that quote depth
	for line := range strings.SplitSeq(text, "\n") {
		d, content := quoteDepth(line)
		if open && (d != depth || content == "-- ") {
			out.WriteByte('\n')
			open = false
		}
		if !open && d > 0 {
			out.WriteString(strings.Repeat(">", d))
			if content != "" {
				out.WriteByte(' ')
			}
		}
		depth = d
		open = strings.HasSuffix(content, " ") && content != "-- " // section 4.3: a signature mark is fixed
		if open && delSp {
			content = content[:len(content)-1]
		}
		out.WriteString(content)
		if !open {
			out.WriteByte('\n')
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// quoteDepth takes the quote marks and the stuffed blank off a line (sections
// 4.4 and 4.5).
func quoteDepth(line string) (int, string) {
	content := strings.TrimLeft(line, ">")
	return len(line) - len(content), strings.TrimPrefix(content, " ")
}
