package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// What this program writes, and what it has to do with what others wrote. A field or
// a key that a program of the last Schema may pass over, and may lose when it writes
// a record anew, raises nothing. Anything else raises Schema; Needs follows one
// release later, so that one release can be rolled back (decision 36).
const (
	// Schema is the version of records that this program writes.
	Schema = 1
	// needs is the least Schema of a program that may work on what this one writes.
	needs = 1
	// oldest is the least Schema of records that this program reads.
	oldest = 1
)

// Version says which data lies in etcd, and who may work on it. Nothing in it ever
// goes down: what a newer program wrote stays when an older one runs again.
type Version struct {
	// Schema is the newest of all programs that worked on this data.
	Schema int `json:"schema"`
	// Needs is the least Schema of a program that may work on it.
	Needs int `json:"needs"`
	// Wrote is the program that raised one of them last, At is when.
	Wrote string    `json:"wrote"`
	At    time.Time `json:"at"`
}

// ErrVersion means that this program must not touch the data that lies in etcd.
var ErrVersion = errors.New("this program does not fit the data in etcd")

// errShut is what writing comes to as long as etcd was not asked for its Version.
var errShut = errors.New("it is not known yet whether this program may write to this etcd")

// Admit asks which data lies in etcd, and notes what this program will write, under
// its name. ErrVersion if it must not, Unavailable if etcd did not tell; nothing is
// written before a later call is content.
func (s *Store) Admit(ctx context.Context, program string) error {
	_, err := s.admit(ctx, program)
	return err
}

// admit is Admit; it returns the revision up to which it knows.
func (s *Store) admit(ctx context.Context, program string) (int64, error) {
	for {
		found, rev, read, err := s.readVersion(ctx)
		if err == nil {
			err = found.admits(program)
		}
		if err == nil && (found.Schema < Schema || found.Needs < needs) {
			next := Version{Schema: max(found.Schema, Schema), Needs: max(found.Needs, needs), Wrote: program, At: time.Now().UTC()}
			if err = s.raise(ctx, rev, next); err == nil {
				continue // it may have been another replica's that was written
			}
		}
		s.shut.Store(err != nil)
		return read, err
	}
}

// readVersion reads what lies there, with its revision, and the revision of the
// store. Data that never had a version is of the first one.
func (s *Store) readVersion(ctx context.Context) (v Version, rev, read int64, err error) {
	resp, err := s.get(ctx, s.keys.version())
	if err != nil {
		return v, 0, 0, fmt.Errorf("read version of data: %w", err)
	}
	if len(resp.Kvs) == 0 {
		return v, 0, resp.Header.Revision, nil
	}
	if err := json.Unmarshal(resp.Kvs[0].Value, &v); err != nil {
		return v, 0, 0, fmt.Errorf("%w: its version cannot be read: %w", ErrVersion, err)
	}
	return v, resp.Kvs[0].ModRevision, resp.Header.Revision, nil
}

// raise writes a Version if it still is at rev.
func (s *Store) raise(ctx context.Context, rev int64, v Version) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, OpTimeout)
	defer cancel()
	_, err = s.etcd.Txn(ctx).If(guard(s.keys.version(), rev)).Then(clientv3.OpPut(s.keys.version(), string(raw))).Commit()
	if err != nil {
		return fmt.Errorf("write version of data: %w", translate(err))
	}
	return nil
}

// admits says why a program of this Schema must leave the data alone; nil if it need not.
func (v Version) admits(program string) error {
	switch {
	case v.Needs > Schema:
		return fmt.Errorf("%w: it was written by postern %s and needs a program that reads version %d of it; this is postern %s, which reads version %d at most: start the other one, or the release before it, or put back a backup that is older",
			ErrVersion, v.Wrote, v.Needs, program, Schema)
	case max(v.Schema, 1) < oldest:
		return fmt.Errorf("%w: it is of version %d, written by postern %s; this is postern %s, which reads version %d and later: start the releases between them first, one after the other",
			ErrVersion, v.Schema, v.Wrote, program, oldest)
	}
	return nil
}

// readmitEvery is when etcd is asked again that has not told its Version.
const readmitEvery = time.Second

// Outgrown returns ErrVersion as soon as another replica has written what this
// program cannot read, and nil when ctx ends. Until etcd is reached again after an
// outage it asks once a second.
func (s *Store) Outgrown(ctx context.Context, program string) error {
	for ctx.Err() == nil {
		rev, err := s.admit(ctx, program)
		switch {
		case err == nil:
			s.awaitVersion(ctx, rev+1)
		case helpdesk.KindOf(err) != helpdesk.Unavailable && ctx.Err() == nil:
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(readmitEvery):
		}
	}
	return nil
}

// awaitVersion returns when the Version is another one, or can no longer be watched.
func (s *Store) awaitVersion(ctx context.Context, from int64) {
	watch, stop := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer stop()
	for resp := range s.etcd.Watch(watch, s.keys.version(), clientv3.WithRev(from)) {
		if len(resp.Events) > 0 || resp.Err() != nil {
			return
		}
	}
}
