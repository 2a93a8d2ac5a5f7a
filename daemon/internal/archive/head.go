package archive

import (
	"bytes"
	"hash/maphash"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

// take notes a mail by its header, and its From line where it has one.
func (r *reader) take(m Mail, from, head []byte, told time.Time) {
	mail := eml.Read(head)
	sent, why := labelled(mail.Header, from)
	m.Sent = m.Sent || sent
	at, ok := mail.Date()
	if !ok || at.Before(firstMail) || at.After(r.options.Now) {
		at = told
	}
	if why == "" && at.Before(r.options.Since) {
		why = "written before the time that was asked for"
	}
	if why != "" {
		r.archive.LeftOut.Add(why, r.archive.Place(&m))
		return
	}
	m.at, m.Report = at.Unix(), isReport(mail)
	index := int32(len(r.archive.Mails))
	r.archive.Mails = append(r.archive.Mails, m)
	r.threads.add(index)

	var parent id
	if own := mail.MessageID(); own != "" {
		r.own = append(r.own, r.threads.join(index, own))
	} else {
		r.own = append(r.own, 0)
	}
	for _, named := range mail.References() {
		parent = r.threads.join(index, named) // the last one is the newest
	}
	for i, named := range mail.InReplyTo() {
		if found := r.threads.join(index, named); i == 0 {
			parent = found
		}
	}
	r.parents = append(r.parents, parent)
}

// firstMail is before any support archive: what is dated earlier has a broken clock.
var firstMail = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// isReport reports a mail that may be about another one without naming it where
// answers do.
func isReport(mail *eml.Mail) bool {
	if mail.Root.MediaType == "multipart/report" || mail.Header.Count("X-Failed-Recipients") > 0 {
		return true
	}
	for _, from := range mail.From() {
		local, _, _ := strings.Cut(strings.ToLower(from.Written), "@")
		if strings.Contains(local, "mailer-daemon") || strings.Contains(local, "postmaster") {
			return true
		}
	}
	return false
}

// dateOf is the date of a From line; zero if there is none to be read. Its first
// word is an address.
func dateOf(from []byte) time.Time {
	_, rest, _ := bytes.Cut(bytes.TrimPrefix(from, fromWord), []byte(" "))
	at, _ := eml.Read(append([]byte("Date: "), rest...)).Date()
	return at
}

func fallback(first, second time.Time) time.Time {
	if first.Before(firstMail) {
		return second
	}
	return first
}

// id stands for a Message-ID; 0 for none.
type id uint64

// threads finds which mails may belong together: those that name one Message-ID,
// be it their own or that of another.
type threads struct {
	seed  maphash.Seed
	first map[id]int32 // the first mail that named it
	up    []int32      // towards the one that stands for all of a thread
}

func newThreads() *threads {
	return &threads{seed: maphash.MakeSeed(), first: map[id]int32{}}
}

func (t *threads) add(mail int32) { t.up = append(t.up, mail) }

// join puts a mail together with all that name the Message-ID.
func (t *threads) join(mail int32, messageID string) id {
	hash := id(maphash.String(t.seed, messageID)) | 1 // not 0
	other, ok := t.first[hash]
	if !ok {
		t.first[hash] = mail
		return hash
	}
	a, b := t.of(mail), t.of(other)
	t.up[max(a, b)] = min(a, b)
	return hash
}

// of is the mail that stands for the thread.
func (t *threads) of(mail int32) int32 {
	for t.up[mail] != mail {
		t.up[mail] = t.up[t.up[mail]]
		mail = t.up[mail]
	}
	return mail
}
