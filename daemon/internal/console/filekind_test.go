package console

import (
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestFileKind(t *testing.T) {
	for _, test := range []struct{ mediaType, name, want string }{
		{"application/pdf", "a.pdf", "PDF"},
		{"Application/PDF; name=a.pdf", "a", "PDF"},
		{"image/jpeg", "a.jpg", "Picture (JPEG)"},
		{"image/x-icon", "a.ico", "Picture (ICON)"},
		{"image/<b>", "a", "Picture"},
		{"audio/mpeg", "a.mp3", "Sound"},
		{"application/octet-stream", "plan.dwg", "DWG file"},
		{"application/octet-stream", "README", "File"},
		{"application/octet-stream", "a.<script>", "File"},
		{"application/octet-stream", "a.averyveryverylongending", "File"},
		{"message/rfc822", "", "Mail"},
		{"", "", "File"},
	} {
		t.Run(test.mediaType+" "+test.name, func(t *testing.T) {
			f := file{Attachment: &helpdesk.Attachment{MediaType: test.mediaType, Name: test.name}}
			if got := f.Kind(); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
