package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentGolden pins the bytes of documents and their hashes: replicas of
// two versions compare them.
func TestDocumentGolden(t *testing.T) {
	const golden = "testdata/documents.golden"
	data, err := os.ReadFile("testdata/ok/design.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set := mustParse(t, "design.yaml", data)
	var b strings.Builder
	print := func(document []byte, hash string) {
		var indented bytes.Buffer
		if err := json.Indent(&indented, document, "", "  "); err != nil {
			t.Fatal(err)
		}
		b.WriteString(hash + "\n" + indented.String() + "\n")
	}
	print(Document(set.HelpCenters[0].Spec), Hash(set.HelpCenters[0].Spec))
	print(Document(*set.HelpCenters[0].Spec.SignUp), Hash(*set.HelpCenters[0].Spec.SignUp))
	print(Document(set.Forms[0].Spec), Hash(set.Forms[0].Spec))
	print(Document(set.Mailboxes[0].Spec), Hash(set.Mailboxes[0].Spec))
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

func TestDocumentIsCanonical(t *testing.T) {
	spec := aMailbox("a&b@acme.example")
	const want = `{"schema":1,"spec":{"address":"a&b@acme.example","inbound":{"type":"SMTP"}}}`
	if got := string(Document(spec)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	withEmpty := spec
	withEmpty.Attachments.BlockedExtensions = []string{}
	if Hash(spec) != Hash(withEmpty) {
		t.Error("an empty list and none differ")
	}
	other := spec
	other.MaxMessageMiB = 1
	if Hash(spec) == Hash(other) {
		t.Error("two specs have one hash")
	}
}

func TestReadDocument(t *testing.T) {
	for _, file := range samples(t, "testdata/ok/*.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range mustParse(t, file, data).Forms {
				got, err := ReadDocument[TicketFormSpec](Document(f.Spec))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(f.Spec, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", f.Metadata.Name, diff)
				}
			}
		})
	}
	for _, tt := range []struct{ name, data, want string }{
		{"newer", `{"schema":2,"spec":{}}`, "schema 2 is not known here"},
		{"no schema", `{"spec":{}}`, "schema 0 is not known here"},
		{"no JSON", `{`, "read a document"},
		{"another type", `{"schema":1,"spec":{"address":7}}`, "read the spec of a document"},
		{"too large", strings.Repeat(" ", MaxDocument+1), "at most 512 KiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ReadDocument[MailboxSpec]([]byte(tt.data)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	spec, err := ReadDocument[MailboxSpec]([]byte(`{"schema":1,"spec":{"address":"a@acme.example","later":1}}`))
	if err != nil || spec.Address != "a@acme.example" {
		t.Errorf("a member that is not known: %v", err)
	}
}
