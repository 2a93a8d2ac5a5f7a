package store

import (
	"testing"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/test/etcd"
)

// A document of a generation that its object has not reached is written anew: once the
// object comes to it, what it says then would be taken for served. Such a one is left
// by a hand, or by a cluster that was restored from an older backup.
func TestGenerationToComeIsNotBelieved(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	d := document("acme", config.KindHelpCenter, "main", "x")
	d.Generation = 2
	s.mustWrite("acme", desired("acme", d))
	key := keys.Document("acme", d.Ref())
	lies := func() int64 {
		raw, _, _ := s.declared.Get(key)
		there, err := wire.Decode[wire.Document](raw)
		if err != nil {
			t.Fatal(err)
		}
		return there.Generation
	}
	raw, _, _ := s.declared.Get(key)
	foreign, err := wire.Decode[wire.Document](raw)
	if err != nil {
		t.Fatal(err)
	}
	foreign.Generation = 7
	mustPut(t, client, key, foreign)
	etcd.Eventually(t, "it is seen", func() bool { return lies() == 7 })
	s.mustWrite("acme", desired("acme", d))
	if lies() != 2 {
		t.Errorf("what lies there is of generation %d", lies())
	}
	if !s.Stored("acme", nil, nil).Made[d.Ref()] {
		t.Error("what was written here is not believed")
	}
	d.Generation = 1 // the cluster went back
	s.mustWrite("acme", desired("acme", d))
	if lies() != 1 {
		t.Errorf("after the cluster went back, what lies there is of generation %d", lies())
	}
}
