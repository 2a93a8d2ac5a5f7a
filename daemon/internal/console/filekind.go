package console

import (
	"path"
	"strings"
)

// kindWords say what a file is. What a media type says little about is named after
// its ending.
var kindWords = map[string]string{
	"application/pdf":    "PDF",
	"application/rtf":    "Text document",
	"application/zip":    "ZIP archive",
	"application/gzip":   "Archive",
	"application/x-tar":  "Archive",
	"application/json":   "JSON data",
	"application/xml":    "XML data",
	"application/msword": "Word document",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word document",
	"application/vnd.ms-excel": "Excel sheet",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         "Excel sheet",
	"application/vnd.ms-powerpoint":                                             "Presentation",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": "Presentation",
	"application/vnd.oasis.opendocument.text":                                   "Text document",
	"application/vnd.oasis.opendocument.spreadsheet":                            "Sheet",
	"application/vnd.oasis.opendocument.presentation":                           "Presentation",
	"application/ics":         "Calendar entry",
	"application/pgp-keys":    "Key",
	"message/rfc822":          "Mail",
	"message/delivery-status": "Delivery report",
	"text/plain":              "Text",
	"text/html":               "Web page",
	"text/csv":                "Table",
	"text/calendar":           "Calendar entry",
	"text/vcard":              "Contact",
	"text/x-vcard":            "Contact",
	"image/svg+xml":           "Drawing",
}

// families of media types.
var families = map[string]string{"image": "Picture", "audio": "Sound", "video": "Video", "font": "Font", "text": "Text"}

// longestEnding is that of .properties; what is longer is no ending.
const longestEnding = 10

// Kind is what a file is, in plain words.
func (f file) Kind() string {
	mediaType, _, _ := strings.Cut(strings.ToLower(f.MediaType), ";")
	mediaType = strings.TrimSpace(mediaType)
	if words := kindWords[mediaType]; words != "" {
		return words
	}
	family, subtype, _ := strings.Cut(mediaType, "/")
	ending := strings.ToUpper(strings.TrimPrefix(path.Ext(f.Name), "."))
	if plain := len(ending) > 0 && len(ending) <= longestEnding && !strings.ContainsFunc(ending, notPlain); !plain {
		ending = ""
	}
	switch words := families[family]; {
	case family == "image" && subtype != "" && !strings.ContainsFunc(subtype, notPlain):
		return words + " (" + strings.ToUpper(strings.TrimPrefix(subtype, "x-")) + ")"
	case words != "":
		return words
	case ending != "":
		return ending + " file"
	}
	return "File"
}

// notPlain reports what is neither a letter nor a digit of ASCII, nor a hyphen.
func notPlain(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-'
}
