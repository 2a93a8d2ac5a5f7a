package embedded

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "etcd")
	s, err := Start(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client().Put(t.Context(), "k", "v"); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), dir); !errors.Is(err, ErrInUse) {
		t.Errorf("second start on one folder: %v, want ErrInUse", err)
	}
	s.Close()

	again, err := Start(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	got, err := again.Client().Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Kvs) != 1 || string(got.Kvs[0].Value) != "v" {
		t.Errorf("after a restart: %v, want the value that was put", got.Kvs)
	}
}
