package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/posterndesk/postern/config"
)

// MaxDocument is the size in bytes up to which a value is written and read. A
// request of etcd has at most 1.5 MiB.
const MaxDocument = 1 << 20

// MaxObjects is how many documents an account has at most, so that its [Account]
// stays far below MaxDocument: 5,000 names of 63 letters with their hashes are
// 700 KiB.
const MaxObjects = 5000

// Document is one object as it is handed over.
type Document struct {
	Kind string `json:"kind"` // config.KindHelpCenter and so on, or Secret
	// Namespace is the account.
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	UID       string    `json:"uid"`
	Created   time.Time `json:"created,omitzero"`
	// Generation is that of the object which this was made of.
	Generation int64 `json:"generation"`
	// Hash is the identity of what is said. What stands around it is not part of it,
	// so that a new operator or a touched object loads nothing anew.
	Hash string `json:"hash"`
	// Epoch and Writer tell who wrote it: the number of the operator, and its version.
	Epoch  int64  `json:"epoch"`
	Writer string `json:"writer"`
	// Body is a [config.Document] or a [Secret].
	Body json.RawMessage `json:"body"`
}

// KindSecret is the kind of documents with what is secret.
const KindSecret = "Secret"

// Ref is how the document is named within its account.
func (d *Document) Ref() Ref { return Ref{Kind: kinds[d.Kind], Name: d.Name} }

var kinds = map[string]Kind{
	config.KindHelpCenter: HelpCenters, config.KindTicketForm: TicketForms, config.KindMailbox: Mailboxes, KindSecret: Secrets,
}

// DocumentOf makes the document of an object with defaults.
func DocumentOf[S config.HelpCenterSpec | config.TicketFormSpec | config.MailboxSpec](kind string, m config.Metadata, generation int64, spec S) Document {
	return DocumentAs(kind, m, generation, config.Document(spec))
}

// DocumentAs makes the document of an object of whose spec body is the
// [config.Document].
func DocumentAs(kind string, m config.Metadata, generation int64, body []byte) Document {
	return Document{
		Kind: kind, Namespace: m.Namespace, Name: m.Name, UID: m.UID, Created: m.CreationTimestamp.UTC(), Generation: generation,
		Hash: config.HashOf(body), Body: body,
	}
}

// Metadata is that of the object which the document was made of.
func (d *Document) Metadata() config.Metadata {
	return config.Metadata{Namespace: d.Namespace, Name: d.Name, UID: d.UID, CreationTimestamp: d.Created}
}

// Check reports a body that is not what Hash says: it was changed by a hand that did
// not know.
func (d *Document) Check() error {
	hash, err := d.hash()
	if err == nil && hash != d.Hash {
		err = errors.New("its content is not what its hash says")
	}
	return err
}

func (d *Document) hash() (string, error) {
	if d.Kind == KindSecret {
		var s Secret
		err := json.Unmarshal(d.Body, &s)
		return s.Hash(), err
	}
	// Members that are not known here are part of the hash too, so it is that of the
	// canonical body, and not of what was understood of it.
	var body any
	decoder := json.NewDecoder(bytes.NewReader(d.Body))
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		return "", err
	}
	var canonical bytes.Buffer
	encoder := json.NewEncoder(&canonical)
	encoder.SetEscapeHTML(false) // as config.Document has none
	if err := encoder.Encode(body); err != nil {
		return "", err
	}
	digest := sha256.Sum256(bytes.TrimSuffix(canonical.Bytes(), []byte("\n")))
	return "sha256:" + hex.EncodeToString(digest[:]), nil
}

// Encode writes a value of this package as it is kept: with < and > as they are, as
// escapes would make a body larger than the [config.Document] that was judged.
func Encode(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	raw := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(raw) > MaxDocument {
		return nil, fmt.Errorf("it has %d bytes, and at most %d are kept", len(raw), MaxDocument)
	}
	return raw, nil
}

// Decode reads what Encode has written, also by another version: members that are
// not known are passed over.
func Decode[T Document | Account | Claim | Session | Loaded | SealingKey](raw []byte) (value T, err error) {
	if len(raw) > MaxDocument {
		return value, fmt.Errorf("it has %d bytes, and at most %d are read", len(raw), MaxDocument)
	}
	err = json.Unmarshal(raw, &value)
	return value, err
}

// Account lists all documents of an account, and what was settled about it.
type Account struct {
	Namespace string `json:"namespace"`
	// Documents are those to be served, by their hashes.
	Documents map[Ref]string `json:"documents"`
	// SignUp is what holds, nil if nothing is declared.
	SignUp *config.EstablishedSignUp `json:"signUp,omitempty"`
	// Hash is the identity of all of that.
	Hash   string `json:"hash"`
	Epoch  int64  `json:"epoch"`
	Writer string `json:"writer"`
}

// Nothing is the list of an account of which nothing is declared any more. It tells
// replicas that serve something of it to stop: that a list is missing tells nothing, as it
// is missing also in a store that was lost, or restored from an older backup.
func Nothing(namespace string) *Account {
	a := &Account{Namespace: namespace, Documents: map[Ref]string{}}
	a.Seal()
	return a
}

// Seal computes the hash, once everything else is set.
func (a *Account) Seal() {
	digest := sha256.New()
	refs := slices.SortedFunc(maps.Keys(a.Documents), Ref.Compare)
	_, _ = fmt.Fprintf(digest, "%s\n", a.Namespace) // a digest takes everything
	for _, r := range refs {
		_, _ = fmt.Fprintf(digest, "%s %s\n", r, a.Documents[r])
	}
	if a.SignUp != nil {
		_, _ = fmt.Fprintf(digest, "%s %s %s\n", a.SignUp.Holder, a.SignUp.Declared, config.Document(a.SignUp.Applied))
	}
	a.Hash = "sha256:" + hex.EncodeToString(digest.Sum(nil))
}

// Claim is who holds a host name or an address.
type Claim struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	UID       string `json:"uid"`
}

// Key is the object that holds it.
func (c Claim) Key() config.Key { return config.Key{Namespace: c.Namespace, Name: c.Name} }
