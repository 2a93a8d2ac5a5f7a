package helpdesk

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Attachment is a file of an entry; its bytes are a blob of the account.
type Attachment struct {
	Name      string `json:"name"`
	MediaType string `json:"mediaType"`
	Size      int64  `json:"size"`
	Blob      string `json:"blob"`
	ContentID string `json:"contentID,omitempty"`
	Inline    bool   `json:"inline,omitempty"`
}

// MaxFiles keeps an entry within a record: each file is a name and a type.
const MaxFiles = 100

// mailKinds are media types, or their beginnings up to "/", of files that hold
// what somebody wrote in a mail.
var mailKinds = []string{
	"message/", "application/vnd.ms-outlook", "application/mbox", "text/rfc822-headers",
	"application/ms-tnef", "application/vnd.ms-tnef", "application/pkcs7-mime", "application/x-pkcs7-mime",
}

var mailEndings = []string{"eml", "msg", "mbox", "p7m"}

// HoldsMail reports a file that is a mail, or wraps one. A mail holds more than
// who attached it means to tell: quotes, addresses, links of their own.
func (a *Attachment) HoldsMail() bool {
	name, kind := strings.ToLower(a.Name), strings.ToLower(a.MediaType)
	return slices.ContainsFunc(mailKinds, func(k string) bool {
		return kind == k || strings.HasSuffix(k, "/") && strings.HasPrefix(kind, k)
	}) || slices.Contains(mailEndings, ending(name)) || name == "winmail.dat"
}

// pictureKinds are what pages show as pictures: kinds that hold nothing but one.
var pictureKinds = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// IsPicture reports a file that says it is a picture that pages may show. Whether
// it is one, its bytes tell.
func (a *Attachment) IsPicture() bool {
	return slices.Contains(pictureKinds, strings.ToLower(a.MediaType))
}

// ending is what stands behind the last dot of a name, "" if nothing does.
func ending(name string) string {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return ""
	}
	return strings.ToLower(name[i+1:])
}

// FileLimits are what a mailbox lets agents send; zero values limit nothing.
type FileLimits struct {
	Bytes   int64    // of one file
	Mail    int64    // of all files of one answer, as they stand in a mail
	Blocked []string // endings of names, in lower case
}

// ErrFile marks what is wrong with a file, not with the words beside it.
var ErrFile = errors.New("a file was refused")

func fileError(format string, args ...any) error {
	return &Error{Kind: Invalid, Public: fmt.Sprintf(format, args...), Format: format, Args: args, Err: ErrFile}
}

// CheckName refuses names with a blocked ending.
func (l FileLimits) CheckName(name string) error {
	if end := ending(name); end != "" && slices.Contains(l.Blocked, end) {
		return fileError("“%s” can't be sent: files that end in .%s are blocked here", name, end)
	}
	return nil
}

// CheckSize refuses a file of so many bytes, or of more than can be told.
func (l FileLimits) CheckSize(name string, size int64) error {
	if l.Bytes > 0 && size > l.Bytes {
		return fileError("“%s” is too large: a file may have %d MiB here", name, l.Bytes>>20)
	}
	return nil
}

// wordsRoom is what stands in a mail beside its files: twice a text of the
// greatest length, a quote and the header.
const wordsRoom = 256 << 10

// partRoom is the header of one part, with a name of the greatest length three
// times percent-encoded.
const partRoom = 1 << 10

// CheckAll refuses more files than an entry or a mail holds.
func (l FileLimits) CheckAll(files []Attachment) error {
	if len(files) > MaxFiles {
		return fileError("these are %d files: %d at most go with one answer", len(files), MaxFiles)
	}
	var sum, mail int64 = 0, wordsRoom
	for _, f := range files {
		sum += f.Size
		mail += InMail(f.Size) + partRoom
	}
	if l.Mail > 0 && len(files) > 0 && mail > l.Mail {
		most := (l.Mail - wordsRoom) / 78 * 57
		return fileError("together these files have %.1f MiB: one mail holds about %.1f MiB of files here", mebi(sum), mebi(most))
	}
	return nil
}

func mebi(n int64) float64 { return float64(n) / (1 << 20) }

// InMail is how many bytes a file of so many takes in a mail: base64 in lines of
// 76, each made of 57 bytes and ended by CRLF (RFC 2045 section 6.8).
func InMail(size int64) int64 {
	lines, rest := size/57, size%57
	return lines*78 + (rest+2)/3*4 + 2
}

// SizeWords is a number of bytes as people say it.
func SizeWords(n int64) string {
	const kilo = 1000
	switch {
	case n < kilo:
		return strconv.FormatInt(n, 10) + " bytes"
	case n < kilo*kilo:
		return strconv.FormatInt((n+kilo/2)/kilo, 10) + " kB"
	}
	return strings.TrimSuffix(strconv.FormatFloat(float64(n)/kilo/kilo, 'f', 1, 64), ".0") + " MB"
}
