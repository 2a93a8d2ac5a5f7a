package mailauth

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

const (
	// MaxSignatures is how many signatures are verified, from the top. Each costs a
	// hash of the whole mail; senders put one or two, lists one more.
	MaxSignatures = 5

	// maxSignature and maxSigned bound one signature field and the names in its h=:
	// for each name the whole header is searched. Large ones have 1.5 KiB and 50.
	maxSignature = 8 << 10
	maxSigned    = 200

	// maxKey bounds a key record: RSA with 8192 bits takes 1.4 KiB, and every bit
	// costs time. RFC 8301 section 3.2 asks for 4096.
	maxKey = 2 << 10

	// maxEmptyLines bounds line ends in a row: "simple" canonicalization keeps
	// them aside and copies them with every block, which takes quadratic time.
	maxEmptyLines = 64 << 10

	// MaxAge is how old a signature may be. Mail is delivered within five days or
	// sent back (RFC 5321 section 4.5.4.1); whoever sends it later, copies it.
	MaxAge = 7 * 24 * time.Hour

	// maxAhead is how far a signer's clock may be wrong. A day, because some write
	// local time as if it were universal.
	maxAhead = 24 * time.Hour
)

// checkDKIM verifies the signatures. What is valid but may have been replayed is
// a claim with a refusal.
func (c *Checker) checkDKIM(ctx context.Context, m Mail) []claim {
	fields := m.Message.Header.Values("DKIM-Signature")
	if len(fields) == 0 {
		return nil
	}
	raw := m.Message.Root.Raw()
	if reason := tooCostly(fields, raw); reason != "" {
		return []claim{{Result: Result{Result: Policy, Reason: reason}}}
	}
	keys := keyring{dns: c.dns, records: map[string][]tag{}}
	found, err := dkim.VerifyWithOptions(blocks(raw), &dkim.VerifyOptions{
		LookupTXT:        func(name string) ([]string, error) { return keys.lookup(ctx, name) },
		MaxVerifications: MaxSignatures,
	})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return []claim{{Result: Result{Result: PermError, Reason: clean(err.Error())}}}
	}
	claims := make([]claim, len(found))
	for i, v := range found {
		claims[i] = c.readSignature(m, v, parseTags(fields[i]), &keys)
	}
	if ignored := len(fields) - len(found); ignored > 0 {
		claims = append(claims, claim{Result: Result{Result: Neutral, Reason: "More signatures follow, which were not looked at."}})
	}
	return claims
}

// tooCostly finds what no honest signer writes and what would keep us busy.
func tooCostly(fields []string, raw []byte) string {
	for _, f := range fields[:min(len(fields), MaxSignatures)] {
		signed, _ := first(parseTags(f), "h")
		if len(f) > maxSignature || strings.Count(signed, ":") >= maxSigned {
			return "A signature is too large to be looked at."
		}
	}
	run := 0
	for _, b := range raw {
		if b != '\r' && b != '\n' {
			run = 0
		} else if run++; run > maxEmptyLines {
			return "The mail has too many empty lines in a row for its signatures to be looked at."
		}
	}
	return ""
}

// blocks reads raw in blocks. A reader that hands over everything at once would
// have each signature's canonicalization make copies of the whole mail.
func blocks(raw []byte) io.Reader {
	const block = 32 << 10
	return bufio.NewReaderSize(struct{ io.Reader }{bytes.NewReader(raw)}, block)
}

// readSignature turns what the library found about one signature into a claim.
func (c *Checker) readSignature(m Mail, v *dkim.Verification, tags []tag, keys *keyring) claim {
	selector, _ := first(tags, "s")
	selector = withoutBlanks(selector)
	cl := claim{Result: Result{Domain: lower(strings.TrimSuffix(v.Domain, ".")), Selector: clean(selector)}}
	if !isName(cl.Domain) {
		cl.Domain = clean(cl.Domain)
	}
	switch {
	case v.Err == nil:
		cl.Result.Result = Pass
	case dkim.IsTempFail(v.Err):
		cl.Result.Result = TempError
	case dkim.IsPermFail(v.Err):
		cl.Result.Result = PermError
	default:
		cl.Result.Result = Fail
	}
	if v.Err != nil {
		cl.Reason = clean(strings.TrimPrefix(v.Err.Error(), "dkim: "))
		return cl
	}
	cl.Oversigned = countFold(v.HeaderKeys, "From") > m.Message.Header.Count("From")
	if cl.refused = c.refuse(m, v, keys.flags(selector, v.Domain)); cl.refused != "" {
		cl.Result.Result, cl.Reason = Policy, cl.refused
	}
	b, _ := first(tags, "b")
	cl.signature = digest(cl.Domain, lower(selector), b)
	return cl
}

// refuse tells why a valid signature proves nothing here, "" when it does. A
// signature can be sent again by anybody who has the mail, so it must say that
// the mail was for us, and lately; and what people go by must be under it.
func (c *Checker) refuse(m Mail, v *dkim.Verification, flags []string) string {
	of := "The signature of " + clean(lower(v.Domain)) + " "
	for _, name := range []string{"Subject", "Date"} {
		if m.Message.Header.Count(name) > 0 && countFold(v.HeaderKeys, name) == 0 {
			return of + "does not cover the field " + name + "."
		}
	}
	if !slices.ContainsFunc(signedRecipients(m.Message, v.HeaderKeys), m.isOurs) {
		return of + "does not say that the mail was for an address of ours, so the mail may be a copy of one that was for others."
	}
	if slices.Contains(flags, "y") { // RFC 6376 section 3.6.1: not to be told from unsigned mail
		return of + "is only a test."
	}
	if _, at, _ := strings.Cut(v.Identifier, "@"); slices.Contains(flags, "s") && lower(at) != lower(v.Domain) {
		return of + "is for a subdomain, which its key does not allow."
	}
	return c.refuseAge(of, m.Message, v)
}

func (c *Checker) refuseAge(of string, mail *eml.Mail, v *dkim.Verification) string {
	now, at := c.now(), v.Time
	if at.IsZero() {
		at, _ = mail.Date()
	}
	switch {
	case !v.Expiration.IsZero() && now.After(v.Expiration):
		return of + "has expired."
	case at.IsZero():
		return of + "does not tell when it was made."
	case now.Sub(at) > MaxAge:
		return of + "is older than seven days."
	case at.Sub(now) > maxAhead:
		return of + "is dated in the future."
	}
	return ""
}

// signedRecipients are the recipients that a signature covers.
func signedRecipients(mail *eml.Mail, signed []string) []eml.Mailbox {
	var all []eml.Mailbox
	if countFold(signed, "To") > 0 {
		all = append(all, mail.To()...)
	}
	if countFold(signed, "Cc") > 0 {
		all = append(all, mail.Cc()...)
	}
	return all
}

func (m Mail) isOurs(b eml.Mailbox) bool {
	return m.Ours != nil && !b.Address.IsZero() && m.Ours(b.Address)
}

// digest identifies a signature. It hashes the decoded bytes, as blanks and the
// unused bits of the last letter can be changed without breaking it.
func digest(domain, selector, signature string) string {
	b, _ := base64.StdEncoding.DecodeString(withoutBlanks(signature)) // the library has decoded it before
	sum := sha256.Sum256(append([]byte(domain+"\x00"+selector+"\x00"), b...))
	return hex.EncodeToString(sum[:])
}

func countFold(names []string, name string) int {
	n := 0
	for _, s := range names {
		if lower(s) == lower(name) {
			n++
		}
	}
	return n
}

// keyring fetches the keys for the signatures of one mail, which the library
// verifies at the same time, and remembers what their records say.
type keyring struct {
	dns *cache

	mu      sync.Mutex
	records map[string][]tag
}

func (k *keyring) lookup(ctx context.Context, name string) ([]string, error) {
	txts, err := k.dns.LookupTXT(ctx, name)
	if err != nil || len(txts) != 1 {
		return txts, err
	}
	if len(txts[0]) > maxKey {
		return nil, &net.DNSError{Err: "key too large", Name: clean(name)}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.records[name] = parseTags(txts[0])
	return txts, nil
}

// flags are the t= of the key that verified a signature.
func (k *keyring) flags(selector, domain string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	value, _ := first(k.records[selector+"._domainkey."+domain], "t")
	return strings.Split(withoutBlanks(value), ":")
}
