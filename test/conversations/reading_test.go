package conversations

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
)

// reading is a mail of a desk as its recipient's program reads it.
type reading struct {
	messageID  string
	inReplyTo  string
	references string
	subject    string
	fromName   string
	from       string
	replyTo    string
	auto       bool   // says that a program sent it
	text       string // the plain part
	all        string // every header field and every part, decoded
	links      []string
}

var linkInMail = regexp.MustCompile(`https://(help\.[a-z]+\.test)(/t/pl1_[A-Za-z0-9_-]{47})`)

// reading reads the mail once. What can't be read stays empty; the raw bytes
// are looked at besides.
func (m *received) reading() *reading {
	m.once.Do(func() { m.read = readMail(m.raw) })
	return m.read
}

func readMail(raw []byte) *reading {
	r := &reading{all: string(raw)}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return r
	}
	h := parsed.Header
	words := new(mime.WordDecoder)
	for name, values := range h {
		for _, v := range values {
			if decoded, err := words.DecodeHeader(v); err == nil {
				r.all += "\n" + name + ": " + decoded
			}
		}
	}
	r.messageID, r.inReplyTo, r.references = h.Get("Message-ID"), h.Get("In-Reply-To"), h.Get("References")
	r.subject, _ = words.DecodeHeader(h.Get("Subject"))
	if from, err := h.AddressList("From"); err == nil && len(from) == 1 {
		r.fromName, r.from, r.replyTo = from[0].Name, from[0].Address, from[0].Address
	}
	if to, err := h.AddressList("Reply-To"); err == nil && len(to) == 1 {
		r.replyTo = to[0].Address
	}
	r.auto = h.Get("Auto-Submitted") != ""
	r.readPart(h.Get("Content-Type"), h.Get("Content-Transfer-Encoding"), parsed.Body)
	r.links = linkInMail.FindAllString(r.all, -1)
	return r
}

func (r *reading) readPart(contentType, encoding string, body io.Reader) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			p, err := parts.NextRawPart()
			if err != nil {
				return
			}
			r.readPart(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p)
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	decoded, _ := io.ReadAll(body)
	r.all += "\n" + string(decoded)
	if kind == "text/plain" && r.text == "" {
		r.text = strings.ReplaceAll(string(decoded), "\r\n", "\n")
	}
}
