package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

func TestVault(t *testing.T) {
	s := openStore(t)
	v := s.Vault([KeySize]byte{1})
	if _, found, err := v.Sealed(t.Context(), "help.acme.example"); found || err != nil {
		t.Fatalf("found %t, %v in an empty vault", found, err)
	}
	for _, value := range []string{"first", "second"} { // the last one wins
		if err := v.Seal(t.Context(), "help.acme.example", []byte(value), 0); err != nil {
			t.Fatal(err)
		}
	}
	value, found, err := v.Sealed(t.Context(), "help.acme.example")
	if err != nil || !found || string(value) != "second" {
		t.Errorf("read %q, %t, %v", value, found, err)
	}
	if _, _, err := s.Vault([KeySize]byte{2}).Sealed(t.Context(), "help.acme.example"); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another key file: %v, want ErrWrongKey", err)
	}
	all, err := s.etcd.Get(t.Context(), s.keys.root, clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range all.Kvs {
		if strings.Contains(string(kv.Value), "second") || strings.Contains(string(kv.Key), "acme") {
			t.Errorf("%s is kept open", kv.Key)
		}
	}
	for range 2 { // forgetting twice is no error
		if err := v.Unseal(t.Context(), "help.acme.example"); err != nil {
			t.Fatal(err)
		}
	}
	if _, found, _ := v.Sealed(t.Context(), "help.acme.example"); found {
		t.Error("it is still there")
	}
}

func TestVaultForgetsInTime(t *testing.T) {
	s := openStore(t)
	v := s.Vault([KeySize]byte{1})
	if err := v.Seal(t.Context(), "token", []byte("x"), time.Hour); err != nil {
		t.Fatal(err)
	}
	resp, err := s.etcd.Get(t.Context(), s.keys.sealed(hashed("token")))
	if err != nil {
		t.Fatal(err)
	}
	left, err := s.etcd.TimeToLive(t.Context(), clientv3.LeaseID(resp.Kvs[0].Lease))
	if err != nil {
		t.Fatal(err)
	}
	if left.GrantedTTL != 3600 {
		t.Errorf("it stays for %d s, want an hour", left.GrantedTTL)
	}
}

func TestClaim(t *testing.T) {
	v := openStore(t).Vault([KeySize]byte{1})
	claim := func(want bool) {
		t.Helper()
		if got, err := v.Claim(t.Context(), "help.acme.example", time.Hour); err != nil || got != want {
			t.Errorf("claimed %t, %v, want %t", got, err, want)
		}
	}
	claim(true)
	claim(false)
	if err := v.Hold(t.Context(), "help.acme.example", time.Hour); err != nil {
		t.Fatal(err)
	}
	claim(false)
	if err := v.Release(t.Context(), "help.acme.example"); err != nil {
		t.Fatal(err)
	}
	claim(true)
}
