package conversations

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"mime"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"
)

// letter is a mail as its writer's program makes it.
type letter struct {
	fields []field // in order
	text   string  // with LF
	html   string  // "" for none
	file   string  // name of an attached file, "" for none
	note   string  // what the file says
}

type field struct{ name, value string }

func (l *letter) set(name, value string) {
	l.drop(name)
	l.add(name, value)
}

func (l *letter) add(name, value string) { l.fields = append(l.fields, field{name, value}) }

func (l *letter) drop(name string) {
	l.fields = slices.DeleteFunc(l.fields, func(f field) bool { return strings.EqualFold(f.name, name) })
}

func (l *letter) get(name string) string {
	for _, f := range l.fields {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// bytes are the mail on the wire, with CR LF.
func (l *letter) bytes() []byte {
	var b strings.Builder
	for _, f := range l.fields {
		value := f.value
		if f.name == "Subject" {
			value = mime.QEncoding.Encode("utf-8", value)
		}
		fmt.Fprintf(&b, "%s: %s\n", f.name, value)
	}
	if l.html == "" && l.file == "" {
		if l.get("Content-Type") == "" {
			b.WriteString("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n")
		}
		b.WriteString("\n" + l.text + "\n")
	} else {
		l.writeParts(&b)
	}
	return []byte(strings.ReplaceAll(b.String(), "\n", "\r\n"))
}

func (l *letter) writeParts(b *strings.Builder) {
	kind := "alternative"
	if l.file != "" {
		kind = "mixed"
	}
	const boundary = "part-of-a-mail"
	fmt.Fprintf(b, "MIME-Version: 1.0\nContent-Type: multipart/%s; boundary=%q\n\n--%s\nContent-Type: text/plain; charset=utf-8\n\n%s\n",
		kind, boundary, boundary, l.text)
	if l.html != "" {
		fmt.Fprintf(b, "--%s\nContent-Type: text/html; charset=utf-8\n\n%s\n", boundary, l.html)
	}
	if l.file != "" {
		fmt.Fprintf(b, "--%s\nContent-Type: text/plain; charset=utf-8\nContent-Disposition: attachment; filename=%q\n\n%s\n", boundary, l.file, l.note)
	}
	fmt.Fprintf(b, "--%s--\n", boundary)
}

// newLetter has what every program writes.
func newLetter(from, to, subject, id, text string) *letter {
	return &letter{text: text, fields: []field{
		{"From", from}, {"To", to}, {"Subject", subject}, {"Message-ID", id}, {"Date", time.Now().Format(time.RFC1123Z)},
	}}
}

// messageID is a new one of a domain.
func messageID(r *rand.Rand, domain string) string {
	return fmt.Sprintf("<%012x.%08x@%s>", r.Uint64()>>16, r.Uint32(), domain)
}

// sign puts a DKIM signature of the domain on top.
func (d *domain) sign(raw []byte) []byte { return d.signOver(raw, "Message-ID") }

// signOver signs more fields than From, To, Cc, Subject and Date.
func (d *domain) signOver(raw []byte, more ...string) []byte {
	if d.key == nil {
		return raw
	}
	var signed bytes.Buffer
	err := dkim.Sign(&signed, bytes.NewReader(raw), &dkim.SignOptions{
		Domain: d.name, Selector: selector, Signer: d.key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: append([]string{"From", "To", "Cc", "Subject", "Date"}, more...),
	})
	if err != nil {
		return raw // a mail that no signer reads goes out unsigned
	}
	return signed.Bytes()
}

// route is the way on which a mail reaches a desk.
type route struct {
	peer string // address of the server that brings it
	helo string
	from string   // reverse-path
	to   []string // recipients
}

// tries of a mail that is answered with 4xx: mail servers come again.
const (
	maxTries = 5
	tryAgain = 100 * time.Millisecond
)

// carry hands raw to a desk, as often as that asks for. The error is the desk's
// answer, or a broken line.
func carry(address string, way route, raw []byte) (err error) {
	for range maxTries {
		err = carryOnce(address, way, raw)
		if answer, ok := errors.AsType[*smtp.SMTPError](err); !ok || !answer.Temporary() {
			return err
		}
		time.Sleep(tryAgain)
	}
	return err
}

func carryOnce(address string, way route, raw []byte) error {
	client, err := dial(address, way)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.SendMail(way.from, way.to, bytes.NewReader(raw)); err != nil {
		return err
	}
	return client.Quit()
}

// dial connects as a server does, and says its name.
func dial(address string, way route) (*smtp.Client, error) {
	conn, err := (&net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(way.peer)}}).Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	client := smtp.NewClient(conn)
	if err := client.Hello(way.helo); err != nil {
		_ = client.Close() // it is of no use
		return nil, err
	}
	return client, nil
}

// sent is a mail that was handed to a desk, and what is true about it.
type sent struct {
	who   string // customer, colleague, program, attacker
	story string // the conversation, attack or robot that it is part of
	box   string // the mailbox that it is for
	raw   []byte
	// hashes of the bytes: a mail that comes twice has other trace fields.
	hashes []string
	// answers is the mail of ours that it answers, follows the mail of theirs. A
	// careful human would put it where that one is. Both are nil for what opens a
	// request, and for what belongs nowhere.
	answers *received
	follows *sent
	quirk   string // what the program did that makes it hard, "" for nothing
	// wants is where an agent has decided that it belongs, whatever it answers; 0
	// where nobody did.
	wants int64
	// claims is the story that it names by a token or Message-ID without being part
	// of it: it may stand on that ticket, for agents alone.
	claims string
	// pretends is whom it claims to come from, and does not; "" for honest mail.
	pretends string
	err      error // the answer of the desk, nil for 250
}

func (s *sent) hash() string { return s.hashes[0] }

// ledger is what the senders know, outside of the program under test.
type ledger struct {
	mu      sync.Mutex
	mails   []*sent
	carried int               // also copies, and what was refused
	portal  map[int64]string  // stories of requests that were made on the page, by number
	silent  map[string]string // whom nothing may be sent to, and why
	agents  map[string]string // domains of the accounts of agents, by address
	dead    map[string]bool   // links of people who were taken off a request
}

func newLedger() *ledger {
	return &ledger{portal: map[int64]string{}, silent: map[string]string{}, dead: map[string]bool{},
		agents: map[string]string{agentAddress: "acme.test", freelancer: "acme.test", betaAgent: "beta.test"}}
}

func (l *ledger) madeInPortal(number int64, story string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.portal[number] = story
}

// keepSilent says that an address must get no mail of ours, ever.
func (l *ledger) keepSilent(address, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent[strings.ToLower(address)] = why
}

func (l *ledger) all() []*sent {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.mails)
}

// post hands a mail to the desk and notes it. Copies of it are added with again.
func (w *world) post(s *sent, way route, raw []byte) error {
	s.raw = raw
	s.hashes = append(s.hashes, hashOf(raw))
	s.err = carry(w.acme.smtp, way, raw)
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	w.ledger.mails = append(w.ledger.mails, s)
	w.ledger.carried++
	return s.err
}

// again hands over another copy of a mail.
func (w *world) again(s *sent, way route, raw []byte) error {
	s.hashes = append(s.hashes, hashOf(raw))
	w.ledger.mu.Lock()
	w.ledger.carried++
	w.ledger.mu.Unlock()
	return carry(w.acme.smtp, way, raw)
}

func hashOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// alsoFor notes that a mail went to a second mailbox: there it is another one.
func (l *ledger) alsoFor(s *sent, box string) *sent {
	l.mu.Lock()
	defer l.mu.Unlock()
	other := *s
	other.box = box
	l.mails = append(l.mails, &other)
	return &other
}
