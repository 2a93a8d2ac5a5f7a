package inbound

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// orders are the commands at the top of an agent's mail, read and not yet done.
type orders struct {
	status      helpdesk.Status // "" for none; so are the others
	assign      string          // me, none, or an address
	priority    string
	add, remove []string // tags
	team        string   // its name, or none
	snooze      string   // until when, in words
	fields      []setting
	merge       int64
	note        bool
	notSpam     bool
	lines       int      // how many commands there were
	refused     []string // those that were not understood, and why
}

// maxCommands is more than there are kinds of them.
const maxCommands = 20

// readOrders takes the commands off the top of a text: lines that begin with #
// and a word, with nothing but blank lines among them. "#note" with words behind
// it ends them, as these words begin the note.
func readOrders(text string) (orders, string) {
	var o orders
	for {
		first, rest, more := strings.Cut(text, "\n")
		name, args, ok := readCommand(first)
		switch {
		case isBlank(first) && more:
			text = rest
			continue
		case !ok:
			return o, text
		}
		o.lines++
		text = rest
		switch {
		case o.lines > maxCommands:
			o.refused = append(o.refused, fmt.Sprintf("a mail has at most %d commands", maxCommands))
			return o, text
		case name == "note" && args != "":
			if o.note = true; more {
				args += "\n" + rest
			}
			return o, args
		}
		o.read(name, args)
		if !more {
			return o, ""
		}
	}
}

// readCommand reads a line that begins with # and a word. More signs than one and
// blanks behind them are forgiven: "# note" must not be taken for words to a
// customer. "#1042" is no command.
func readCommand(s string) (name, args string, ok bool) {
	s = strings.TrimFunc(s, isInvisible)
	inner := strings.TrimLeft(s, "#＃")
	if inner == s {
		return "", "", false
	}
	inner = strings.TrimLeftFunc(inner, isInvisible)
	end := strings.IndexFunc(inner, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '_' })
	if end < 0 {
		end = len(inner)
	}
	if end == 0 {
		return "", "", false
	}
	args = strings.TrimFunc(strings.TrimLeft(inner[end:], ":="), isInvisible)
	return strings.ToLower(inner[:end]), args, true
}

// isInvisible is what people cannot see that they typed.
func isInvisible(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

func isBlank(s string) bool { return strings.TrimFunc(s, isInvisible) == "" }

// shortStatus are the commands that are a status themselves.
var shortStatus = map[string]helpdesk.Status{
	"open": helpdesk.Open, "reopen": helpdesk.Open, "pending": helpdesk.Pending, "resolve": helpdesk.Resolved, "resolved": helpdesk.Resolved,
	"close": helpdesk.Closed, "closed": helpdesk.Closed,
}

// read takes one command in, or refuses it.
func (o *orders) read(name, args string) {
	var err error
	switch status, short := shortStatus[name]; {
	case short && args != "":
		err = helpdesk.Errorf(helpdesk.Invalid, "takes no words behind it")
	case short:
		err = o.setStatus(status)
	case name == "status":
		status, known := shortStatus[strings.ToLower(args)]
		if err = o.setStatus(status); !known {
			err = helpdesk.Errorf(helpdesk.Invalid, "wants open, pending, resolved or closed")
		}
	case name == "assign":
		err = o.readAssign(args)
	case name == "priority" && o.priority != "":
		err = errTwice
	case name == "priority":
		o.priority, err = helpdesk.ParsePriority(args)
	case name == "tag", name == "tags":
		err = o.readTags(args)
	case name == "note":
		o.note = true
	case name == "notspam", name == "not-spam":
		if o.notSpam = args == ""; !o.notSpam {
			err = helpdesk.Errorf(helpdesk.Invalid, "takes no words behind it")
		}
	case name == "team":
		err = o.readTeam(args)
	case name == "snooze":
		err = o.readSnooze(args)
	case name == "field":
		err = o.readField(args)
	case name == "merge":
		err = o.readMerge(args)
	default:
		err = helpdesk.Errorf(helpdesk.Invalid, "is not a command")
	}
	if err != nil {
		o.refused = append(o.refused, "#"+cut(strings.TrimSpace(name+" "+oneLine(args)), maxToldCommand)+": "+helpdesk.Public(err))
	}
}

// maxToldCommand keeps a receipt readable whatever was written.
const maxToldCommand = 100

var errTwice = helpdesk.Errorf(helpdesk.Invalid, "was given twice")

func (o *orders) setStatus(s helpdesk.Status) error {
	if o.status != "" && o.status != s {
		return helpdesk.Errorf(helpdesk.Invalid, "contradicts the status %s before it", o.status)
	}
	o.status = s
	return nil
}

func (o *orders) readAssign(args string) error {
	who, rest, _ := strings.Cut(args, " ")
	who = strings.ToLower(strings.TrimPrefix(strings.Trim(who, "<>"), "mailto:"))
	switch rest = strings.TrimSpace(rest); {
	case o.assign != "":
		return errTwice
	case rest != "" && !strings.HasPrefix(rest, "<mailto:"): // as HTML mail says addresses
		return helpdesk.Errorf(helpdesk.Invalid, "wants one agent")
	case who == "nobody":
		who = "none"
	case who == "me", who == "none":
	default:
		if _, err := helpdesk.ParseAddress(who); err != nil {
			return helpdesk.Errorf(helpdesk.Invalid, "wants me, none or the mail address of an agent")
		}
	}
	o.assign = who
	return nil
}

func (o *orders) readTags(args string) error {
	words := strings.FieldsFunc(args, func(r rune) bool { return isInvisible(r) || r == ',' })
	if len(words) == 0 {
		return helpdesk.Errorf(helpdesk.Invalid, "wants tags, and -tags to remove")
	}
	var add, remove []string
	for _, word := range words {
		list := &add
		if inner, ok := strings.CutPrefix(word, "-"); ok {
			word, list = inner, &remove
		}
		tag, err := helpdesk.ParseTag(strings.TrimPrefix(word, "+"))
		if err != nil {
			return err
		}
		*list = append(*list, tag)
	}
	o.add, o.remove = append(o.add, add...), append(o.remove, remove...)
	return nil
}

func (o *orders) readMerge(args string) error {
	n, err := strconv.ParseInt(strings.TrimPrefix(args, "#"), 10, 64)
	switch {
	case err != nil || n < 1:
		return helpdesk.Errorf(helpdesk.Invalid, "wants the number of a request")
	case o.merge != 0:
		return errTwice
	}
	o.merge = n
	return nil
}

// misplaced finds lines further down that would be commands at the top. Whoever
// writes "#note" below a greeting does not mean it for a customer.
func misplaced(text string) []string {
	var found []string
	for line := range strings.SplitSeq(text, "\n") {
		name, args, ok := readCommand(line)
		if !ok || len(found) == maxCommands {
			continue
		}
		var o orders
		if o.read(name, args); len(o.refused) == 0 {
			found = append(found, "#"+cut(strings.TrimSpace(name+" "+oneLine(args)), maxToldCommand)+": commands stand at the top of a mail")
		}
	}
	return found
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
