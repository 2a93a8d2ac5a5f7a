package interop

import (
	"io"
	"net/http"
	"testing"
)

// bodyOf takes all that was answered.
func bodyOf(t *testing.T, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
