package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/config"
)

func TestDocumentRoundTrip(t *testing.T) {
	m := config.Metadata{Namespace: "acme", Name: "main", UID: "u", CreationTimestamp: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	want := DocumentOf(config.KindHelpCenter, m, 7, config.HelpCenterSpec{DisplayName: "Help", Host: "h.example"})
	raw, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode[Document](raw)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if got.Ref() != (Ref{HelpCenters, "main"}) || got.Metadata() != m {
		t.Errorf("it is %v of %v", got.Ref(), got.Metadata())
	}
	if _, err := Decode[Document](append(raw[:len(raw)-1], `,"ofTheFuture":1}`...)); err != nil {
		t.Errorf("a member that is not known: %v", err)
	}
}

func TestAccountHash(t *testing.T) {
	account := func() *Account {
		return &Account{Namespace: "acme", Documents: map[Ref]string{{HelpCenters, "a"}: "1", {Secrets, "b"}: "2"}}
	}
	base := account()
	base.Seal()
	for name, test := range map[string]struct {
		change func(*Account)
		same   bool
	}{
		"who wrote it":     {func(a *Account) { a.Epoch, a.Writer = 9, "x" }, true},
		"another document": {func(a *Account) { a.Documents[Ref{HelpCenters, "a"}] = "3" }, false},
		"one less":         {func(a *Account) { delete(a.Documents, Ref{Secrets, "b"}) }, false},
		"another account":  {func(a *Account) { a.Namespace = "other" }, false},
		"a sign-up":        {func(a *Account) { a.SignUp = &config.EstablishedSignUp{Holder: "a"} }, false},
	} {
		a := account()
		test.change(a)
		a.Seal()
		if (a.Hash == base.Hash) != test.same {
			t.Errorf("%s: hash %s, and %s before", name, a.Hash, base.Hash)
		}
	}
	raw, err := Encode(base)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode[Account](raw)
	if diff := cmp.Diff(*base, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestTooLarge(t *testing.T) {
	if _, err := Encode(Claim{Name: strings.Repeat("x", MaxDocument)}); err == nil {
		t.Error("it is written")
	}
	if _, err := Decode[Claim]([]byte(`{"name":"` + strings.Repeat("x", MaxDocument) + `"}`)); err == nil {
		t.Error("it is read")
	}
	if _, err := OpenerOf([32]byte{}).Key().Seal("a", "n", "k", make([]byte, MaxSecret+1)); err == nil {
		t.Error("it is sealed")
	}
}

// What is kept is no larger than what was judged, whatever stands in it.
func TestEncodeEscapesNothing(t *testing.T) {
	spec := config.TicketFormSpec{Title: config.LocalizedText{Default: strings.Repeat("<&>", 1000)}}
	d := DocumentOf(config.KindTicketForm, config.Metadata{Namespace: "a", Name: "f"}, 1, spec)
	raw, err := Encode(d)
	if err != nil || len(raw) > len(d.Body)+500 {
		t.Fatalf("a body of %d bytes is kept in %d: %v", len(d.Body), len(raw), err)
	}
	got, err := Decode[Document](raw)
	if diff := cmp.Diff(d, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestKeys(t *testing.T) {
	k := KeysOf("inst")
	ref := Ref{TicketForms, "billing"}
	for _, test := range []struct {
		name    string
		account string
		ref     Ref
		ok      bool
		parsed  func() (string, Ref, bool)
	}{
		{"document", "acme", ref, true, func() (string, Ref, bool) { return k.ParseDeclared(k.Document("acme", ref)) }},
		{"account", "acme", Ref{}, true, func() (string, Ref, bool) { return k.ParseDeclared(k.Account("acme")) }},
		{"last good", "acme", ref, true, func() (string, Ref, bool) { return k.ParseLastGood(k.LastGoodDocument("acme", ref)) }},
		{"no account", "", Ref{}, false, func() (string, Ref, bool) { return k.ParseDeclared(k.Declared() + "/account") }},
		{"no name", "acme", Ref{}, false, func() (string, Ref, bool) { return k.ParseDeclared(k.AccountPrefix("acme") + "ticketforms/") }},
		{"no kind", "acme", Ref{}, false, func() (string, Ref, bool) { return k.ParseDeclared(k.AccountPrefix("acme") + "x") }},
		{"nothing", "", Ref{}, false, func() (string, Ref, bool) { return k.ParseDeclared(k.Declared()) }},
		{"a name with a slash", "acme", Ref{TicketForms, "a/b"}, true, func() (string, Ref, bool) { return k.ParseDeclared(k.AccountPrefix("acme") + "ticketforms/a/b") }},
	} {
		account, r, ok := test.parsed()
		if account != test.account && test.ok || r != test.ref || ok != test.ok {
			t.Errorf("%s: %q %v %v", test.name, account, r, ok)
		}
	}
	if replica, account, ok := k.ParseLoaded(k.Loaded("r1", "acme")); replica != "r1" || account != "acme" || !ok {
		t.Errorf("loaded: %q %q %v", replica, account, ok)
	}
	if _, _, ok := k.ParseLoaded(k.Session("r1")); ok {
		t.Error("a session is taken for what is loaded")
	}
}

// What is planned by SealedSize fits, and little room is wasted by it.
func TestSealedSize(t *testing.T) {
	key := OpenerOf([32]byte{1}).Key()
	account, long := strings.Repeat("a", 63), strings.Repeat("n", 253)
	for _, n := range []int{0, 1, 8} {
		s := Secret{Version: strings.Repeat("v", 60), Key: key.ID, Values: map[string][]byte{}}
		lengths := map[string]int{}
		for i := range n {
			name := fmt.Sprintf("%d%s", i, long[1:])
			lengths[name] = MaxSecret - i
			var err error
			if s.Values[name], err = key.Seal(account, long, name, make([]byte, lengths[name])); err != nil {
				t.Fatal(err)
			}
		}
		body, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := Encode(Document{Kind: KindSecret, Namespace: account, Name: long, Hash: s.Hash(), Epoch: 1 << 40, Writer: "1.0.0", Body: body})
		if size := SealedSize(account, long, lengths); err != nil || len(raw) > size || len(raw) < size-5<<10 {
			t.Errorf("%d values have %d bytes, and were reckoned as %d: %v", n, len(raw), size, err)
		}
	}
}

func TestSeal(t *testing.T) {
	opener := OpenerOf([32]byte{1})
	box, err := opener.Key().Seal("acme", "relay", "password", []byte("hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := opener.Open("acme", "relay", "password", box); err != nil || string(plain) != "hunter2" {
		t.Errorf("opened %q, %v", plain, err)
	}
	for _, place := range [][3]string{{"other", "relay", "password"}, {"acme", "other", "password"}, {"acme", "relay", "other"}} {
		if plain, err := opener.Open(place[0], place[1], place[2], box); err == nil || plain != nil {
			t.Errorf("a box that was moved to %v opens", place)
		}
	}
	if _, err := OpenerOf([32]byte{2}).Open("acme", "relay", "password", box); err == nil {
		t.Error("another key opens it")
	}
	box[len(box)-1] ^= 1
	if _, err := opener.Open("acme", "relay", "password", box); err == nil {
		t.Error("a box that was changed opens")
	}
	if _, err := (SealingKey{Public: []byte("short")}).Seal("a", "n", "k", nil); err == nil {
		t.Error("a key that is none seals")
	}
}

func TestSecretHash(t *testing.T) {
	s := Secret{Version: "1", Key: "k", Values: map[string][]byte{"a": []byte("x"), "b": nil}}
	if s.Hash() != SecretHash("1", "k", []string{"b", "a"}) {
		t.Error("the order of keys counts")
	}
	if SecretHash("1", "k", []string{"a,b"}) == SecretHash("1", "k", []string{"a", "b"}) {
		t.Error("different keys have one hash")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"kind":"HelpCenter","documents":{"helpcenters/a":"x"},"public":"AA=="}`))
	f.Add([]byte(`{"documents":{"":""}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = Decode[Document](raw)
		_, _ = Decode[Claim](raw)
		_, _ = Decode[Loaded](raw)
		_, _ = Decode[Session](raw)
		_, _ = Decode[SealingKey](raw)
		a, err := Decode[Account](raw)
		if err != nil {
			return
		}
		a.Seal()
		hash := a.Hash
		if again, err := Encode(a); err == nil {
			b, err := Decode[Account](again)
			if err != nil {
				t.Fatal(err)
			}
			if b.Seal(); b.Hash != hash {
				t.Errorf("%s becomes another one: %s", raw, again)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	k := KeysOf("inst")
	f.Add(k.Account("acme"))
	f.Add(k.Document("acme", Ref{Secrets, "x"}))
	f.Add(k.Loaded("r", "acme"))
	f.Fuzz(func(t *testing.T, key string) {
		if account, ref, ok := k.ParseDeclared(key); ok && strings.HasPrefix(key, k.Declared()) {
			again := k.Account(account)
			if ref != (Ref{}) {
				again = k.Document(account, ref)
			}
			if again != key {
				t.Errorf("%q is read as %q", key, again)
			}
		}
		if replica, account, ok := k.ParseLoaded(key); ok && k.Loaded(replica, account) != key {
			t.Errorf("%q is read as %q", key, k.Loaded(replica, account))
		}
	})
}
