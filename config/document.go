package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Schema is the number of the form documents have. A reader refuses one with a
// higher number: it may hold what the reader would drop.
const Schema = 1

// Spec is what documents are made of.
type Spec interface {
	HelpCenterSpec | TicketFormSpec | MailboxSpec | SignUp
}

// Document returns the canonical JSON of a spec: {"schema":1,"spec":{…}} with
// sorted keys and without what is zero and means nothing. Two specs that say the
// same have the same bytes, on whichever side they are written; SetDefaults
// makes "left out" and "the default" the same.
func Document[S Spec](spec S) []byte {
	var generic any
	decoder := json.NewDecoder(bytes.NewReader(encode(spec)))
	decoder.UseNumber()
	if err := decoder.Decode(&generic); err != nil {
		panic("config: a spec is not JSON: " + err.Error())
	}
	// Maps are encoded with sorted keys.
	return encode(map[string]any{"schema": Schema, "spec": withoutEmpty(generic)})
}

// withoutEmpty drops members that say nothing: an empty list, text or object
// reads back as the zero value that a missing one has. Items of lists stay, as
// their place counts.
func withoutEmpty(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, item := range v {
			item = withoutEmpty(item)
			if m, ok := item.(map[string]any); item == nil || item == "" || ok && len(m) == 0 {
				delete(v, name)
			} else if l, ok := item.([]any); ok && len(l) == 0 {
				delete(v, name)
			}
		}
	case []any:
		for _, item := range v {
			withoutEmpty(item)
		}
	}
	return value
}

// Hash returns the identity of what a spec says: "sha256:" and the digest of its
// Document in hexadecimal.
func Hash[S Spec](spec S) string { return HashOf(Document(spec)) }

// HashOf is the Hash of what a Document was made of.
func HashOf(document []byte) string {
	digest := sha256.Sum256(document)
	return "sha256:" + hex.EncodeToString(digest[:])
}

// ReadDocument reads what Document has written, also by an older version. Members
// that are not known are passed over: whoever wrote them under a known schema
// has said by that number that they may be.
func ReadDocument[S Spec](data []byte) (spec S, err error) {
	if len(data) > MaxDocument {
		return spec, fmt.Errorf("a document has at most %d KiB", MaxDocument>>10)
	}
	var head struct {
		Schema int             `json:"schema"`
		Spec   json.RawMessage `json:"spec"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return spec, fmt.Errorf("read a document: %w", err)
	}
	if head.Schema < 1 || head.Schema > Schema {
		return spec, fmt.Errorf("schema %d is not known here; the newest is %d", head.Schema, Schema)
	}
	if err := json.Unmarshal(head.Spec, &spec); err != nil {
		return spec, fmt.Errorf("read the spec of a document: %w", err)
	}
	return spec, nil
}

// encode writes JSON without the HTML escapes, which are of no use here and
// differ between writers.
func encode(value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("config: a spec cannot be written as JSON: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
