package actions

import (
	"mime"
	"net/http"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// sniffed is how much of a file tells its kind (WHATWG MIME Sniffing section 5).
const sniffed = 512

// telling are the kinds of files that begin with bytes of their own, and nothing
// else: a file that claims to be one begins so, or is none.
var telling = []string{
	"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "application/pdf",
	"application/zip", "application/x-gzip", "application/x-rar-compressed",
}

// zipped are kinds that are ZIP files within.
var zipped = []string{"application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.", "application/epub+zip", "application/java-archive"}

// octets is a file of no known kind.
const octets = "application/octet-stream"

// kindOfFile is the media type that a file has: that of its first bytes if they
// tell, else what its sender says of it, else what its name does. With types given
// it refuses what is none of them.
func kindOfFile(a helpdesk.Attachment, head []byte, types []string) (string, error) {
	kind := claimedKind(a)
	found, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	switch {
	case isTelling(found) && !(found == "application/zip" && anyPrefix(kind, zipped)):
		kind = found
	case isTelling(kind), found == "text/html": // it claims to be what it is not
		kind = found
	}
	if (helpdesk.FieldFiles{Types: types}).Accepts(kind) {
		return kind, nil
	}
	return kind, uploadError("“%s” is not of a kind that is asked for here", nil, a.Name)
}

func isTelling(kind string) bool {
	for _, t := range telling {
		if kind == t {
			return true
		}
	}
	return false
}

func anyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// claimedKind is what the sender says, or what the ending of the name does.
func claimedKind(a helpdesk.Attachment) string {
	if a.MediaType != octets {
		return a.MediaType
	}
	end := a.Name[strings.LastIndexByte(a.Name, '.')+1:]
	if kind, _, err := mime.ParseMediaType(mime.TypeByExtension("." + strings.ToLower(end))); err == nil {
		return kind
	}
	return octets
}
