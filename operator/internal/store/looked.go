package store

import (
	"context"
	"strconv"
)

// AllLooked reports whether it lies in etcd that all accounts were looked at.
func (s *Store) AllLooked() bool {
	_, _, there := s.operator.Get(s.o.Keys.Looked())
	return there
}

// TellAllLooked writes that.
func (s *Store) TellAllLooked(ctx context.Context) error {
	epoch, _, err := s.leading()
	if err != nil || s.AllLooked() {
		return err
	}
	return s.commit(ctx, "", []op{{key: s.o.Keys.Looked(), value: []byte(strconv.FormatInt(epoch, 10))}})
}
