package certs

import (
	"context"
	"crypto/x509"
	"time"
)

// alarm is what was last said of the certificate of a name.
type alarm struct {
	state string
	at    time.Time
}

// The states of a name that people should know of.
const (
	fine    = ""
	absent  = "there is no certificate"
	soon    = "the certificate expires soon"
	expired = "the certificate has expired"
)

// repeatAfter is how often a state is said again while it lasts.
const repeatAfter = 24 * time.Hour

// check measures and logs what is wrong with the certificates that are served.
func (s *Source) check(ctx context.Context) {
	now := s.options.Now()
	until := map[string]time.Time{}
	for _, name := range s.names() {
		leaf := s.leaf(name)
		until[name] = time.Time{}
		if leaf != nil {
			until[name] = leaf.NotAfter
		}
		state := stateOf(leaf, now)
		if state == absent && s.authority != nil {
			state = fine // who asks for it tells of each try
		}
		last, known := s.told[name]
		if state == fine {
			delete(s.told, name)
			continue
		}
		if known && last.state == state && now.Before(last.at.Add(repeatAfter)) {
			continue
		}
		s.told[name] = alarm{state, now}
		about := []any{"name", name}
		if leaf != nil {
			about = append(about, "until", leaf.NotAfter)
		}
		s.options.Log.WarnContext(ctx, state, about...)
	}
	s.options.Meter.Certificates(until)
}

func (s *Source) leaf(name string) *x509.Certificate {
	if c := s.find(nil, name); c != nil {
		return c.Leaf
	}
	return nil
}

func stateOf(leaf *x509.Certificate, now time.Time) string {
	switch {
	case leaf == nil:
		return absent
	case now.After(leaf.NotAfter):
		return expired
	case leaf.NotAfter.Sub(now) < margin(leaf):
		return soon
	}
	return fine
}

// margin is how long before its end a certificate should have been replaced: what
// renews them does so at a third of their life, or 30 days before the end.
func margin(leaf *x509.Certificate) time.Duration {
	return min(14*24*time.Hour, leaf.NotAfter.Sub(leaf.NotBefore)/6)
}
