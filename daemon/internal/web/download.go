package web

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// downloadPolicy is for files that somebody sent: should a browser show one
// after all, it runs nothing and belongs to no site.
const downloadPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// downloadTypes are told to the browser, so that the right program opens what
// was saved. Everything else is bytes: what runs in a page (HTML, SVG, XML,
// scripts) has no name here.
var downloadTypes = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/heic": true, "image/tiff": true,
	"application/pdf": true, "application/zip": true, "text/plain": true, "text/csv": true, "text/calendar": true,
	"audio/mpeg": true, "video/mp4": true, "application/msword": true, "application/vnd.ms-excel": true,
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   true,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         true,
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": true,
	"application/vnd.oasis.opendocument.text":                                   true,
	"application/vnd.oasis.opendocument.spreadsheet":                            true,
}

// Download sends a file to be saved, never to be shown. It streams, and goes on
// where a download broke off.
func Download(w http.ResponseWriter, r *http.Request, name, mediaType string, content io.ReadSeeker) {
	if plain, _, err := mime.ParseMediaType(mediaType); err != nil || !downloadTypes[plain] {
		mediaType = "application/octet-stream"
	} else {
		mediaType = plain
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", attachment(name))
	h.Set("Content-Security-Policy", downloadPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	http.ServeContent(w, r, "", time.Time{}, content)
}

// MaxPicture is the most bytes of a picture that a page shows; larger ones are
// saved.
const MaxPicture = 10 << 20

// pictures are the kinds that are shown, by how they begin.
var pictures = []struct{ mediaType, magic string }{
	{"image/png", "\x89PNG\r\n\x1a\n"},
	{"image/jpeg", "\xff\xd8\xff"},
	{"image/gif", "GIF87a"},
	{"image/gif", "GIF89a"},
	{"image/webp", "RIFF....WEBP"}, // with its length in between
}

// ShowPicture sends a file to be shown, if its own bytes say that it is a picture of
// a kind that holds nothing else; what somebody said that it is counts nothing. It
// reports whether it is one, and sends nothing otherwise.
func ShowPicture(w http.ResponseWriter, r *http.Request, content io.ReadSeeker) bool {
	size, err := content.Seek(0, io.SeekEnd)
	if err != nil || size > MaxPicture {
		return false
	}
	var head [12]byte
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return false
	}
	if _, err := io.ReadFull(content, head[:]); err != nil {
		return false
	}
	i := slices.IndexFunc(pictures, func(p struct{ mediaType, magic string }) bool { return begins(head, p.magic) })
	if i < 0 {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", pictures[i].mediaType)
	h.Set("Content-Disposition", "inline")
	h.Set("Content-Security-Policy", downloadPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	http.ServeContent(w, r, "", time.Time{}, content)
	return true
}

// begins compares with a beginning in which a dot stands for any byte.
func begins(head [12]byte, magic string) bool {
	for i := range len(magic) {
		if magic[i] != '.' && magic[i] != head[i] {
			return false
		}
	}
	return true
}

// attachment is the value of Content-Disposition for a file of that name: in
// ASCII for old programs, and whole (RFC 6266 section 4.3, RFC 8187 section 3.2).
func attachment(name string) string {
	name = strings.TrimLeft(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1 // marks of direction make "exe.txt" of "txt.exe"
		case strings.ContainsRune(`/\:*?"<>|`, r):
			return '_' // what no file system takes
		}
		return r
	}, strings.ToValidUTF8(name, "")), ". ")
	if name == "" {
		name = "file"
	}
	ascii := strings.Map(func(r rune) rune {
		if r >= 0x7f || r == '%' {
			return '_'
		}
		return r
	}, name)
	value := `attachment; filename="` + ascii + `"`
	if ascii != name {
		value += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	return value
}

// Attachment begins a file that is made while it is sent, to be saved.
func Attachment(w http.ResponseWriter, name, mediaType string) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", attachment(name))
	h.Set("Content-Security-Policy", downloadPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}
