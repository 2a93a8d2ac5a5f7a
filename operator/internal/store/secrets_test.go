package store

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/internal/plan"
	"github.com/posterndesk/postern/test/etcd"
)

func withSecret(version, sealingKey string) plan.Desired {
	d := desired("acme")
	hash := wire.SecretHash(version, sealingKey, []string{"password"})
	d.Secrets["relay"] = plan.SealedSecret{Version: version, Keys: []string{"password"}, Hash: hash}
	d.Account.Documents[wire.Ref{Kind: wire.Secrets, Name: "relay"}] = hash
	d.Account.Seal()
	return d
}

// covers: K02
func TestSecretsAreSealed(t *testing.T) {
	client := etcd.Start(t).Client()
	opener := wire.OpenerOf([32]byte{1})
	key := opener.Key()
	mustPut(t, client, keys.Sealing(), key)
	s := lead(t, client)
	if got := s.Stored("acme", nil, nil).Sealing.ID; got != key.ID {
		t.Fatalf("the key is %q", got)
	}
	asked := 0
	seal := func(_ context.Context, name string, wanted []string, version string) (map[string][]byte, error) {
		asked++
		if name != "relay" || len(wanted) != 1 || wanted[0] != "password" || version != "1" {
			t.Errorf("asked for %s %v %s", name, wanted, version)
		}
		return map[string][]byte{"password": []byte("hunter2"), "not referred to": []byte("x")}, nil
	}
	write := func() {
		t.Helper()
		if err := s.Write(t.Context(), "acme", withSecret("1", key.ID), seal); err != nil {
			t.Fatal(err)
		}
	}
	write()
	mustOpen := func() {
		t.Helper()
		d := s.Stored("acme", nil, nil).Documents[wire.Ref{Kind: wire.Secrets, Name: "relay"}]
		var secret wire.Secret
		if err := json.Unmarshal(d.Body, &secret); err != nil {
			t.Fatal(err)
		}
		plain, err := opener.Open("acme", "relay", "password", secret.Values["password"])
		if err != nil || string(plain) != "hunter2" || len(secret.Values) != 1 || d.Hash != secret.Hash() {
			t.Errorf("opened %q %v of %+v", plain, err, secret)
		}
	}
	mustOpen()
	all, _ := dump(t, client)
	for key, value := range all {
		if strings.Contains(value, "hunter2") {
			t.Errorf("%s has it in clear", key)
		}
	}
	_, before := dump(t, client)
	write()
	if _, after := dump(t, client); after != before || asked != 1 {
		t.Errorf("what is unchanged was sealed again: asked %d times", asked)
	}

	// Somebody puts another box in, with the right hash.
	place := keys.Document("acme", wire.Ref{Kind: wire.Secrets, Name: "relay"})
	told := s.told("acme")
	box, err := key.Seal("acme", "relay", "password", []byte("evil"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(wire.Secret{Version: "1", Key: key.ID, Values: map[string][]byte{"password": box}})
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, client, place, wire.Document{Kind: wire.KindSecret, Namespace: "acme", Name: "relay", Hash: withSecret("1", key.ID).Secrets["relay"].Hash, Body: body})
	etcd.Eventually(t, "it is told", func() bool { return s.told("acme") > told })
	write()
	mustOpen()
}

func TestSecretThatChangedMeanwhile(t *testing.T) {
	client := etcd.Start(t).Client()
	key := wire.OpenerOf([32]byte{1}).Key()
	mustPut(t, client, keys.Sealing(), key)
	s := lead(t, client)
	missing := func(context.Context, string, []string, string) (map[string][]byte, error) { return nil, nil }
	if err := s.Write(t.Context(), "acme", withSecret("1", key.ID), missing); !errors.Is(err, ErrChanged) {
		t.Errorf("without the key: %v", err)
	}
	if err := s.Write(t.Context(), "acme", withSecret("1", "another key"), missing); !errors.Is(err, ErrChanged) {
		t.Errorf("with another sealing key: %v", err)
	}
	unreadable := errors.New("forbidden")
	fails := func(context.Context, string, []string, string) (map[string][]byte, error) { return nil, unreadable }
	if err := s.Write(t.Context(), "acme", withSecret("1", key.ID), fails); !errors.Is(err, unreadable) {
		t.Errorf("unreadable: %v", err)
	}
	if got := keysOf(t, client); len(got) != 2 {
		t.Errorf("written: %v", got)
	}
}
