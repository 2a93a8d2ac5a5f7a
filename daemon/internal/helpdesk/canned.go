package helpdesk

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Canned is a reply that is written once and used often.
type Canned struct {
	ID      ID        `json:"id"`
	Name    string    `json:"name"`
	Text    string    `json:"text"`            // with placeholders, see [Placeholders]
	Owner   ID        `json:"owner,omitempty"` // the agent whose own it is; "" is everybody's
	Changed time.Time `json:"changed,omitzero"`

	Rev int64 `json:"-"`
}

// Limits of canned replies.
const (
	MaxCannedName = 60
	MaxCannedText = 16 << 10 // bytes
	MaxCanned     = 500      // of an account
)

// Placeholder is a name that a canned reply may have in two pairs of braces.
type Placeholder struct{ Name, Means string }

// Placeholders are all there are. None says what not everybody may know who gets an
// answer: it goes to all who take part.
var Placeholders = []Placeholder{
	{"customer.name", "who asked, by their whole name"},
	{"customer.first_name", "who asked, by the first word of their name"},
	{"ticket.number", "the number of the request, as in #1042"},
	{"ticket.subject", "its subject"},
	{"agent.name", "your name, as customers read it"},
	{"helpcenter.name", "the name of the help center"},
}

// placeholder takes the blank before it too: it goes where there is nothing to say.
var placeholder = regexp.MustCompile(`( ?)\{\{([^{}\n]{0,60})\}\}`)

// Check brings a canned reply into the form in which it is kept; Invalid says what is
// wrong.
func (c *Canned) Check() error {
	var err error
	if c.Name, err = shortName("the name", c.Name, MaxCannedName); err != nil {
		return err
	}
	c.Text = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(c.Text, "")))
	switch {
	case c.Name == "":
		return Errorf(Invalid, "give it a name by which it is found")
	case c.Text == "":
		return Errorf(Invalid, "write the reply")
	case len(c.Text) > MaxCannedText:
		return Errorf(Invalid, "a canned reply has at most %d KiB", MaxCannedText>>10)
	}
	rest := placeholder.ReplaceAllStringFunc(c.Text, func(found string) string {
		name := strings.TrimSpace(placeholder.FindStringSubmatch(found)[2])
		if !slices.ContainsFunc(Placeholders, func(p Placeholder) bool { return p.Name == name }) && err == nil {
			err = Errorf(Invalid, "there is no placeholder {{%s}}", name)
		}
		return ""
	})
	if err == nil && (strings.Contains(rest, "{{") || strings.Contains(rest, "}}")) {
		err = Errorf(Invalid, "two braces begin or end a placeholder, such as {{customer.name}}")
	}
	return err
}

// Fill puts values in the places of their names, once: what stands in a value is not
// read again. Where a value is "", the blank before it goes too.
func (c *Canned) Fill(values map[string]string) string {
	return placeholder.ReplaceAllStringFunc(c.Text, func(found string) string {
		parts := placeholder.FindStringSubmatch(found)
		value := values[strings.TrimSpace(parts[2])]
		if value == "" {
			return ""
		}
		return parts[1] + value
	})
}
