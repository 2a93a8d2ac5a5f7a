package eml

import "strings"

// ByContentID finds the attachment that HTML refers to with a cid URL (RFC
// 2392). id may be the URL, percent-encoded as in HTML, or the bare id, with or
// without angle brackets; of several attachments an exact match wins over one
// that differs in case. Where no id matches, the Content-Location and then the
// file name may, since programs refer to those too. How the part is declared
// to be shown does not matter.
func (m *Mail) ByContentID(id string) (Attachment, bool) {
	id = strings.TrimSpace(id)
	if len(id) >= 4 && equalFold(id[:4], "cid:") {
		id = id[4:]
	}
	plain := trimID(id)
	decoded := trimID(string(appendPercent(nil, id)))
	if plain == "" {
		return Attachment{}, false
	}
	for _, same := range []func(Attachment, string) bool{
		func(a Attachment, id string) bool { return a.ContentID == id },
		func(a Attachment, id string) bool { return a.ContentID != "" && strings.EqualFold(a.ContentID, id) },
		func(a Attachment, id string) bool { return a.Part.location != "" && a.Part.location == id },
		func(a Attachment, id string) bool {
			return a.Part.Filename != "" && strings.EqualFold(a.Part.Filename, id)
		},
	} {
		for _, a := range m.layout.attachments {
			if same(a, plain) || same(a, decoded) {
				return a, true
			}
		}
	}
	return Attachment{}, false
}

func trimID(id string) string { return strings.Trim(validUTF8(id), "<> ") }
