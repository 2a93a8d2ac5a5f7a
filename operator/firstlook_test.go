package main

import (
	"errors"
	"fmt"
	"testing"
)

// An operator tells once that it has looked at all accounts, and not before what is
// declared in each of them is in etcd.
//
// covers: K05
func TestFirstLookIsTold(t *testing.T) {
	w := newWorld(t, 2)
	for _, a := range w.accounts {
		w.create(aMailbox(a, "support", "support@"+a+".example"))
		for i := range 5 {
			w.create(aHelpCenter(a, fmt.Sprint("brand-", i), fmt.Sprint(i, ".", a, ".example")))
		}
	}
	o := w.operator()
	told := func() (revision int64) {
		w.eventually(func() error {
			resp, err := w.db.Get(t.Context(), w.keys.Looked())
			if err != nil {
				return err
			}
			if len(resp.Kvs) == 0 {
				return errors.New("it is not told that all accounts were looked at")
			}
			revision = resp.Kvs[0].ModRevision
			return nil
		})
		return revision
	}
	at := told()
	for _, a := range w.accounts {
		resp, err := w.db.Get(t.Context(), w.keys.Account(a))
		if err != nil {
			t.Fatal(err)
		}
		if len(resp.Kvs) == 0 || resp.Kvs[0].CreateRevision > at {
			t.Errorf("it is told before %s is there: %v", a, resp.Kvs)
		}
	}
	w.end(o)
	o = w.operator()
	w.listed(o)
	w.idle(o)
	if now := told(); now != at {
		t.Error("it is told again")
	}
}
