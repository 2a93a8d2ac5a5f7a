package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// database is an open store, with the etcd inside if there is one.
type database struct {
	*store.Store
	inside *embedded.Server
	client *clientv3.Client
}

// openDatabase starts the etcd inside or reaches the one outside; from there on
// both are the same client.
func openDatabase(ctx context.Context, s *settings) (*database, error) {
	db := &database{}
	var err error
	var options []store.Option
	if len(s.etcd.Endpoints) == 0 {
		if db.inside, err = embedded.StartListening(ctx, filepath.Join(s.dir, "etcd"), s.etcd.listen); err != nil {
			return nil, err
		}
		db.client, options = db.inside.Client(), []store.Option{store.Local()}
	} else if db.client, err = s.etcd.Dial(); err != nil {
		return nil, err
	}
	if db.Store, err = store.New(db.client, s.installation, options...); err != nil {
		db.close()
		return nil, err
	}
	return db, nil
}

func (db *database) close() {
	if db.Store != nil {
		db.Store.Close()
	}
	if db.inside != nil {
		db.inside.Close()
		return
	}
	_ = db.client.Close() // nothing is under way any more
}

// failed tells when the etcd inside has died; of one outside nothing is known.
func (db *database) failed() <-chan error {
	if db.inside == nil {
		return nil
	}
	return db.inside.Failed()
}

// explainEtcd runs until stop and tells the log why an etcd outside is not reached.
func (d *daemon) explainEtcd(ctx context.Context) (stop func()) {
	if d.db.inside != nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.settings.etcd.TellUnreached(ctx, d.db.client, d.log)
	}()
	return func() { cancel(); <-done }
}

// openSigner reads the key ring of links, or makes it at the very first start.
// When several replicas start at once, the first one's ring is everybody's. keep is
// called with what is sealed, for a start without etcd.
func openSigner(ctx context.Context, db *database, kek [store.KeySize]byte, keyFile string, now func() time.Time, keep func(sealed []byte) error) (*links.Signer, error) {
	for {
		sealed, _, err := db.Ring(ctx)
		if err != nil {
			return nil, err
		}
		if sealed != nil {
			signer, err := unsealSigner(db, kek, sealed, keyFile, now)
			if err == nil {
				err = keep(sealed)
			}
			return signer, err
		}
		ring, err := links.NewRing(rand.Reader)
		if err != nil {
			return nil, err
		}
		raw, err := json.Marshal(ring)
		if err != nil {
			return nil, err
		}
		if err := db.PutRing(ctx, kek, raw, 0); err != nil && helpdesk.KindOf(err) != helpdesk.Conflict {
			return nil, err
		}
	}
}

// unsealSigner opens a key ring.
func unsealSigner(db *database, kek [store.KeySize]byte, sealed []byte, keyFile string, now func() time.Time) (*links.Signer, error) {
	raw, err := db.OpenRing(kek, sealed)
	if errors.Is(err, store.ErrWrongKey) {
		return nil, fmt.Errorf("%w: %s", err, keyFile)
	}
	if err != nil {
		return nil, err
	}
	var ring links.Ring
	if err := json.Unmarshal(raw, &ring); err != nil {
		return nil, fmt.Errorf("read key ring: %w", err)
	}
	return links.NewSigner(ring, now)
}
