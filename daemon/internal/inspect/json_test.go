package inspect

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// covers: M06
func TestWriteJSON(t *testing.T) {
	for _, raw := range append(samples(t),
		[]byte("Subject: \"text\":\"reply\":\"\"\n\n"+strings.Repeat("\"text\":\"äöü😀\\", 50_000)+"\n> \xff\u2028</script>\n"),
		[]byte("Subject: Fwd: x\n\n---------- Forwarded message ---------\nFrom: \"note\":\"\" <a@b.example>\nSubject: \"body\":\"\"\n\n"+strings.Repeat("ä", 100_000)),
	) {
		r := Read("\"file\":\"text\":", raw)
		var got bytes.Buffer
		if err := r.WriteJSON(&got); err != nil {
			t.Fatal(err)
		}
		var back Reading
		if err := json.Unmarshal(got.Bytes(), &back); err != nil {
			t.Fatalf("%v in %.200s", err, got.String())
		}
		if diff := cmp.Diff(r, &back, cmpopts.IgnoreUnexported(Reading{})); diff != "" {
			t.Fatalf("read back (-written +read):\n%s", diff)
		}
		if n := bytes.Count(got.Bytes(), []byte("\n")); n != 1 {
			t.Errorf("%d line ends", n)
		}
	}
}
