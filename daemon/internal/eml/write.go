package eml

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-message"
)

const (
	// maxReferences and maxReferencesBytes keep References below what relays cut
	// or refuse; the first id and the newest ones are what threads are found by.
	maxReferences      = 20
	maxReferencesBytes = 1900

	// maxWrittenID is the longest id that is written: it must fit on a line with
	// the field's name.
	maxWrittenID = 900

	// maxExtraRunes bounds the value of an extra field.
	maxExtraRunes = 2000

	// maxGivenBoundary is what is left of 70 octets (RFC 2046 section 5.1.1) after
	// what WriteTo puts around a boundary.
	maxGivenBoundary = 60
)

// HeaderField is a field to be written.
type HeaderField struct {
	Name  string
	Value string // text; it is cleaned, folded and encoded
}

// Outgoing is one mail to one recipient. Whatever its strings hold, they cannot
// add a field, a recipient or a part.
type Outgoing struct {
	From, To   Mailbox
	ReplyTo    *Mailbox
	Subject    string
	MessageID  string   // with angle brackets
	InReplyTo  string   // left out when it is no id
	References []string // oldest first; the first and the newest are written
	Date       time.Time
	Extra      []HeaderField // fields beyond those above, in order
	Text, HTML string        // with any line ends; "" leaves the part out
	// UTF8 lets the header hold addresses beyond ASCII (RFC 6532). Such a mail can
	// only be given to a server that has SMTPUTF8.
	UTF8        bool
	Attachments []OutgoingAttachment

	// Boundary returns a new boundary of letters and digits for each multipart.
	// Without it they are derived from MessageID, so that a mail is always written
	// the same.
	Boundary func() string
}

// OutgoingAttachment is a file that goes with the mail.
type OutgoingAttachment struct {
	Filename  string
	MediaType string // application/octet-stream when it is none
	ContentID string // without brackets; the file is shown inside the HTML when set
	Open      func() (io.ReadCloser, error)
}

// WriteTo writes the mail with CRLF line ends and returns how many bytes it
// wrote. Errors that wrap [ErrUnwritable] come before the first byte and will
// not go away; others are those of w and of the attachments.
func (o *Outgoing) WriteTo(w io.Writer) (int64, error) {
	root, err := o.tree()
	if err != nil {
		return 0, err
	}
	if err := root.check(nil, o.UTF8); err != nil {
		return 0, err
	}
	out := &countingWriter{w: w}
	mw, err := message.CreateWriter(out, root.header())
	if err == nil {
		err = root.writeBody(mw)
	}
	if err == nil && !out.endsLine {
		_, err = io.WriteString(out, "\r\n")
	}
	if err != nil {
		return out.n, fmt.Errorf("write mail: %w", err)
	}
	return out.n, nil
}

// tree makes the parts and puts the fields of the mail on the outermost one.
func (o *Outgoing) tree() (*node, error) {
	fields, err := o.fields()
	if err != nil {
		return nil, err
	}
	b := boundaries{next: o.Boundary, seed: o.MessageID}
	root := o.text(&b)
	if files := o.files(root); len(files) > 0 {
		root = b.multipart("multipart/mixed", append([]*node{root}, files...))
	}
	root.fields = slices.Concat(fields, []string{"MIME-Version: 1.0\r\n"}, root.fields)
	return root, b.err
}

// fields makes the fields of the mail itself.
func (o *Outgoing) fields() ([]string, error) {
	var out []string
	boxes := []struct {
		name string
		box  *Mailbox
	}{{"From", &o.From}, {"To", &o.To}, {"Reply-To", o.ReplyTo}}
	for _, b := range boxes {
		if b.box == nil {
			continue
		}
		words, err := mailboxWords(*b.box, o.UTF8)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", b.name, err)
		}
		out = append(out, fold(b.name, words))
	}
	if !isWritableID(o.MessageID) {
		return nil, fmt.Errorf("%w: Message-ID %.60q", ErrUnwritable, o.MessageID)
	}
	if y := o.Date.Year(); y < 1900 || y > 9999 {
		return nil, fmt.Errorf("%w: date in the year %d", ErrUnwritable, y)
	}
	out = append(out,
		fold("Subject", unstructured(o.Subject, MaxSubjectRunes, longWord)),
		"Date: "+o.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700")+"\r\n",
		fold("Message-ID", []string{o.MessageID}))
	if isWritableID(o.InReplyTo) {
		out = append(out, fold("In-Reply-To", []string{o.InReplyTo}))
	}
	if refs := cutReferences(o.References); len(refs) > 0 {
		out = append(out, fold("References", refs))
	}
	for _, f := range o.Extra {
		if isOwnField(f.Name) || !isToken(f.Name) {
			return nil, fmt.Errorf("%w: extra field %.60q", ErrUnwritable, f.Name)
		}
		out = append(out, fold(f.Name, unstructured(f.Value, maxExtraRunes, maxWrittenID)))
	}
	return out, nil
}

// isOwnField reports fields that WriteTo writes itself, and those that decide
// where a mail goes or where it came from.
func isOwnField(name string) bool {
	name = lowerASCII(name)
	switch name {
	case "from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id", "in-reply-to", "references",
		"mime-version", "received", "return-path", "delivered-to":
		return true
	}
	return strings.HasPrefix(name, "content-") || strings.HasPrefix(name, "resent-")
}

// isWritableID reports an id that may be written: ids come from other mails.
func isWritableID(id string) bool {
	if len(id) < 5 || len(id) > maxWrittenID || id[0] != '<' || id[len(id)-1] != '>' {
		return false
	}
	inner := id[1 : len(id)-1]
	return plainID(inner) && !strings.ContainsAny(inner, "<>") && strings.Index(inner, "@") > 0
}

// cutReferences keeps the first id and as many of the newest as the limits
// allow.
func cutReferences(ids []string) []string {
	var all []string
	for _, id := range ids {
		if isWritableID(id) && !slices.Contains(all[max(0, len(all)-maxReferences):], id) {
			all = append(all, id)
		}
	}
	if len(all) == 0 {
		return nil
	}
	room, from := maxReferencesBytes-len(all[0]), len(all)
	for from > 1 && len(all)-from+1 < maxReferences && room > len(all[from-1]) {
		from--
		room -= len(all[from]) + 1
	}
	return append(all[:1:1], all[from:]...)
}

// text makes the text of the mail: plain, HTML, or both as alternatives. Files
// that the HTML refers to go with it.
func (o *Outgoing) text(b *boundaries) *node {
	plain := textNode("text/plain", o.Text)
	if o.HTML == "" {
		return plain
	}
	html := textNode("text/html", o.HTML)
	var inline []*node
	for _, a := range o.Attachments {
		if a.inline() {
			inline = append(inline, a.node("inline"))
		}
	}
	if len(inline) > 0 {
		html = b.multipart("multipart/related", append([]*node{html}, inline...))
	}
	if o.Text == "" {
		return html
	}
	return b.multipart("multipart/alternative", []*node{plain, html})
}

// files makes the attachments that text did not take.
func (o *Outgoing) files(text *node) []*node {
	var out []*node
	for _, a := range o.Attachments {
		if o.HTML == "" || !a.inline() {
			out = append(out, a.node("attachment"))
		}
	}
	return out
}

func (a *OutgoingAttachment) inline() bool { return writableContentID(a.ContentID) != "" }

func (a *OutgoingAttachment) node(disposition string) *node {
	name := Filename(a.Filename)
	if name == "" {
		name = "attachment" + extension(lowerASCII(a.MediaType))
	}
	kind, _, _ := strings.Cut(lowerASCII(a.MediaType), ";")
	kind = strings.TrimSpace(kind)
	top, sub, _ := strings.Cut(kind, "/")
	if !isToken(top) || !isToken(sub) || len(kind) > maxPiece ||
		top == "message" || top == "multipart" { // RFC 2045 section 6.4: these must not be encoded
		kind = "application/octet-stream"
	}
	n := &node{open: a.Open, fields: []string{
		fold("Content-Type", []string{kind}),
		"Content-Transfer-Encoding: base64\r\n",
		fold("Content-Disposition", withParams(disposition, filenameWords(name))),
	}}
	if id := writableContentID(a.ContentID); id != "" {
		n.fields = append(n.fields, fold("Content-ID", []string{"<" + id + ">"}))
	}
	return n
}

// writableContentID returns the id when it may be written, else "".
func writableContentID(id string) string {
	if id == "" || len(id) > maxWrittenID || !plainID(id) || strings.ContainsAny(id, "<>") {
		return ""
	}
	return id
}

// textNode makes a text part. Text that is mostly not ASCII is shorter in
// base64; other text stays readable in quoted-printable.
func textNode(mediaType, text string) *node {
	text = strings.TrimRight(cleanText(validUTF8(text)), "\n") + "\n"
	encoding := quotedPrintable
	high := 0
	for i := range len(text) {
		if text[i] >= 0x80 {
			high++
		}
	}
	if high > len(text)/3 {
		encoding = base64Encoding
		text = strings.ReplaceAll(text, "\n", "\r\n") // RFC 2046 section 4.1.1; quoted-printable does it itself
	}
	return &node{
		open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil },
		fields: []string{
			"Content-Type: " + mediaType + "; charset=utf-8\r\n",
			"Content-Transfer-Encoding: " + encoding + "\r\n",
		},
	}
}

// node is one part to be written: a multipart with children, or a leaf.
type node struct {
	fields   []string // folded, each with its CRLF
	children []*node
	open     func() (io.ReadCloser, error)
}

// header hands the fields to the writer as they are.
func (n *node) header() message.Header {
	var h message.Header
	for _, f := range slices.Backward(n.fields) { // AddRaw puts a field on top
		h.AddRaw([]byte(f))
	}
	return h
}

func (n *node) writeBody(w *message.Writer) error {
	if err := n.writeContent(w); err != nil {
		return err
	}
	return w.Close()
}

func (n *node) writeContent(w *message.Writer) error {
	for _, c := range n.children {
		pw, err := w.CreatePart(c.header())
		if err != nil {
			return err
		}
		if err := c.writeBody(pw); err != nil {
			return err
		}
	}
	if len(n.children) > 0 {
		return nil
	}
	r, err := n.open()
	if err != nil {
		return fmt.Errorf("open attachment: %w", err)
	}
	_, err = io.Copy(w, r)
	if cerr := r.Close(); err == nil {
		err = cerr
	}
	return err
}

// check is the self-check of every header in the tree: the form of each field,
// and that none of those that may stand once stands twice.
func (n *node) check(seen []string, wide bool) error {
	for _, f := range n.fields {
		if err := checkField(f, wide); err != nil {
			return err
		}
		name, _, _ := strings.Cut(lowerASCII(f), ":")
		if isOwnField(name) && slices.Contains(seen, name) || name == "bcc" {
			return fmt.Errorf("%w: field %s does not belong here", ErrUnwritable, name)
		}
		seen = append(seen, name)
	}
	if len(n.children) == 0 && n.open == nil {
		return fmt.Errorf("%w: attachment without content", ErrUnwritable)
	}
	for _, c := range n.children {
		if err := c.check(nil, wide); err != nil {
			return err
		}
	}
	return nil
}

// boundaries makes the multiparts of one mail.
type boundaries struct {
	next func() string
	seed string
	made int
	err  error
}

// multipart makes a multipart. Its boundary begins with "=_", which neither
// base64 nor quoted-printable can produce, so it never occurs in a body; and it
// ends with a number, so it is the only one of its kind.
func (b *boundaries) multipart(mediaType string, children []*node) *node {
	b.made++
	var given string
	if b.next != nil {
		given = b.next()
		if given == "" || len(given) > maxGivenBoundary || strings.Trim(given, alphanumeric) != "" {
			b.err = fmt.Errorf("%w: boundary %.80q", ErrUnwritable, given)
		}
	} else {
		sum := sha256.Sum256([]byte(b.seed))
		given = hex.EncodeToString(sum[:12])
	}
	boundary := `boundary="=_` + given + "_" + strconv.Itoa(b.made) + `"`
	return &node{children: children, fields: []string{fold("Content-Type", withParams(mediaType, []string{boundary}))}}
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// countingWriter counts, and knows whether the last line is finished.
type countingWriter struct {
	w        io.Writer
	n        int64
	endsLine bool
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	if n > 0 {
		c.endsLine = p[n-1] == '\n'
	}
	return n, err
}
