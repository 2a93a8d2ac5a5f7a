package eml

import (
	"bytes"
	"path"
	"strings"
)

// sniffLength is how much of a file is looked at to tell what it is; the
// longest signature below ends before.
const sniffLength = 32

// fileTypes are the media types of names without a declared one. The table is
// fixed: that of the operating system differs between replicas.
var fileTypes = map[string]string{
	".txt": "text/plain", ".log": "text/plain", ".htm": "text/html", ".html": "text/html", ".csv": "text/csv",
	".ics": "text/calendar", ".vcf": "text/vcard", ".xml": "application/xml", ".json": "application/json",
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".bmp": "image/bmp",
	".tif": "image/tiff", ".tiff": "image/tiff", ".webp": "image/webp", ".svg": "image/svg+xml", ".heic": "image/heic",
	".pdf": "application/pdf", ".rtf": "application/rtf", ".zip": "application/zip", ".gz": "application/gzip",
	".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".mp3":  "audio/mpeg", ".wav": "audio/wav", ".mp4": "video/mp4", ".eml": "message/rfc822",
}

var signatures = []struct{ magic, mediaType string }{
	{"%PDF-", "application/pdf"}, {"\x89PNG\r\n\x1a\n", "image/png"}, {"GIF87a", "image/gif"}, {"GIF89a", "image/gif"},
	{"\xff\xd8\xff", "image/jpeg"}, {"PK\x03\x04", "application/zip"}, {"{\\rtf", "application/rtf"}, {"\x1f\x8b", "application/gzip"},
	{"BM", "image/bmp"}, {"II*\x00", "image/tiff"}, {"MM\x00*", "image/tiff"},
}

// mediaTypeOf guesses the type of a file by its name, then by its first bytes.
func mediaTypeOf(name string, head []byte) string {
	if t, ok := fileTypes[lowerASCII(path.Ext(name))]; ok {
		return t
	}
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return s.mediaType
		}
	}
	return "application/octet-stream"
}

// extension is a fixed table: that of the operating system differs between
// replicas.
func extension(mediaType string) string {
	switch mediaType {
	case "text/plain", "text/enriched", "text/richtext", "message/external-body", "message/partial":
		return ".txt"
	case "text/html":
		return ".html"
	case "text/calendar":
		return ".ics"
	case "text/csv":
		return ".csv"
	case "text/vcard", "text/x-vcard":
		return ".vcf"
	case "image/jpeg", "image/jpg":
		return ".jpg"
	case "image/png", "image/gif", "image/webp", "image/tiff", "image/bmp", "image/heic",
		"application/pdf", "application/zip", "application/json", "application/rtf", "audio/mpeg", "video/mp4":
		_, sub, _ := strings.Cut(mediaType, "/")
		return "." + sub
	case "image/svg+xml":
		return ".svg"
	case "application/pgp-signature", "application/pgp-encrypted":
		return ".asc"
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
		return ".p7s"
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return ".p7m"
	case "application/ms-tnef", "application/vnd.ms-tnef":
		return ".dat"
	case "message/delivery-status", "message/disposition-notification", "message/feedback-report", "text/rfc822-headers":
		return ".txt"
	}
	return ".bin"
}
