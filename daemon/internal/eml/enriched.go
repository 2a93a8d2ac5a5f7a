package eml

import "strings"

// maxCommand is the longest formatting command, RFC 1896 section 2.
const maxCommand = 60

// enrichedText takes the formatting out of text/enriched (RFC 1896), or with
// rich out of its forerunner text/richtext (RFC 1341 section 7.1.3), where only
// <nl> ends a line.
func enrichedText(s string, rich bool) string {
	e := enriched{rich: rich}
	e.out.Grow(len(s))
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\n' && e.noFill == 0:
			n := len(s[i:]) - len(strings.TrimLeft(s[i:], "\n"))
			i += n
			if e.skip == 0 {
				e.lineEnds(n)
			}
			continue
		case c == '<':
			if strings.HasPrefix(s[i:], "<<") && !rich {
				e.put('<')
				i += 2
				continue
			}
			end := strings.IndexByte(s[i:min(len(s), i+maxCommand+3)], '>')
			if end > 0 {
				e.command(lowerASCII(s[i+1 : i+end]))
				i += end + 1
				continue
			}
		}
		e.put(s[i])
		i++
	}
	return strings.TrimSpace(e.out.String())
}

type enriched struct {
	rich   bool
	noFill int
	skip   int // inside <param> or <comment>
	out    strings.Builder
}

func (e *enriched) put(c byte) {
	if e.skip == 0 {
		e.out.WriteByte(c)
	}
}

// lineEnds writes n line ends in a row: one is a blank, more are one fewer.
func (e *enriched) lineEnds(n int) {
	if n == 1 || e.rich {
		if !strings.HasSuffix(e.out.String(), "\n") {
			e.out.WriteByte(' ')
		}
		return
	}
	e.out.WriteString(strings.Repeat("\n", n-1))
}

func (e *enriched) command(name string) {
	switch name {
	case "param", "comment":
		e.skip++
	case "/param", "/comment":
		e.skip = max(0, e.skip-1)
	case "nofill":
		e.noFill++
	case "/nofill":
		e.noFill = max(0, e.noFill-1)
	case "lt":
		e.put('<')
	case "nl", "np", "paragraph", "/paragraph":
		e.put('\n')
	}
}
