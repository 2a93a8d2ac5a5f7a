package safehtml

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// image resolves the source of a picture to a data URL. A frame without an
// origin of its own sends no cookies, so it could not load them from our pages.
func (t *tidy) image(src string) (string, bool) {
	src = strings.TrimSpace(src)
	scheme, rest, _ := strings.Cut(src, ":")
	switch strings.ToLower(strings.TrimSpace(scheme)) {
	case "cid":
		src = ""
		if t.o.Image != nil {
			id := rest
			if plain, err := url.PathUnescape(rest); err == nil { // RFC 2392 section 2
				id = plain
			}
			src = t.o.Image(id)
		}
	case "data":
	default:
		if src != "" {
			t.doc.RemoteImages++
		}
		return "", false
	}
	picture, ok := "", false
	if t.imageBytes+len(src) <= MaxImageBytes { // before any look at it: thousands of references may follow
		picture, ok = raster(src)
	}
	if !ok {
		t.doc.MissingImages++
		return "", false
	}
	t.imageBytes += len(picture)
	return picture, true
}

// DataURL is a picture as a data URL; "" if it is none that browsers show
// without running it.
func DataURL(picture []byte) string {
	mediaType := http.DetectContentType(picture)
	if !rasters[mediaType] {
		return ""
	}
	return "data:" + mediaType + ";base64," + base64.StdEncoding.EncodeToString(picture)
}

// rasters are told by their bytes, never by what a mail says.
var rasters = set("image/png", "image/jpeg", "image/gif", "image/webp")

// sniffed is how many base64 characters tell the kind of a picture: WebP takes
// the most, 14 bytes.
const sniffed = 64

// raster writes a data URL of a picture anew, with the type that its bytes have.
func raster(src string) (string, bool) {
	head, data, ok := strings.Cut(src, ",")
	if !ok || !strings.HasSuffix(strings.ToLower(strings.TrimSpace(head)), ";base64") {
		return "", false
	}
	if strings.ContainsAny(data, " \t\r\n\f") {
		data = strings.Join(strings.Fields(data), "")
	}
	plain := strings.TrimRight(data, "=")
	if len(data)-len(plain) > 2 || len(data)%4 != 0 || strings.IndexFunc(plain, notBase64) >= 0 {
		return "", false
	}
	beginning, err := base64.RawStdEncoding.DecodeString(plain[:min(len(plain), sniffed)])
	mediaType := http.DetectContentType(beginning)
	if err != nil || !rasters[mediaType] {
		return "", false
	}
	return "data:" + mediaType + ";base64," + data, true
}

func notBase64(r rune) bool {
	return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '+' && r != '/'
}
