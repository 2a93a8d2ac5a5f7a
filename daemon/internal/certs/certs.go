// Package certs gives SMTP and HTTPS their certificates: from files, which are
// read again when they change, or from a certificate authority that is asked by
// ACME (RFC 8555).
package certs

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
)

// Meter shows until when the certificates hold that are served. Names without
// one have the zero time. The map is the Meter's to keep.
type Meter interface {
	Certificates(until map[string]time.Time)
}

// Options say where certificates come from and for what they are.
type Options struct {
	// Folder holds pairs of files; "" for none.
	Folder string
	// ACME asks an authority for what no file covers; nil asks nobody.
	ACME *ACME
	// Hostname is the name of the mail server.
	Hostname string
	// Hosts lists the names that there should be certificates for now.
	Hosts func() []string
	Meter Meter
	Log   *slog.Logger
	Now   func() time.Time
}

// Source is safe for concurrent use. Make it with Open; nil has no certificate.
type Source struct {
	options   Options
	folder    *folder    // nil without files
	authority *authority // nil without ACME
	own       *selfSigned
	pairs     atomic.Pointer[[]pair] // of the folder
	told      map[string]alarm       // what was said of each name; check's alone
}

// Open reads what is there now. A folder that holds no certificate is an error.
// What is asked of an authority ends with ctx.
func Open(ctx context.Context, o Options) (*Source, error) {
	own, err := newSelfSigned(o.Hostname, o.Now())
	if err != nil {
		return nil, err
	}
	s := &Source{options: o, own: own, told: map[string]alarm{}}
	s.pairs.Store(&[]pair{})
	if o.Folder != "" {
		s.folder = &folder{dir: o.Folder, log: o.Log}
		pairs, err := s.folder.open(ctx)
		if err != nil {
			return nil, err
		}
		s.pairs.Store(&pairs)
	}
	if o.ACME != nil {
		s.authority = newAuthority(ctx, o.ACME, s.missing, o.Log, o.Now)
		s.authority.warm(ctx)
	}
	return s, nil
}

// pollEvery is how often files are looked at, as the manifests are: not all file
// systems that Secrets are mounted from tell of changes.
const pollEvery = 2 * time.Second

// Run keeps the certificates fresh until ctx ends.
func (s *Source) Run(ctx context.Context) {
	var asking sync.WaitGroup
	defer asking.Wait()
	if s.authority != nil {
		asking.Go(func() { s.authority.run(ctx) })
	}
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		s.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// look takes in what has changed, and tells what is wrong.
func (s *Source) look(ctx context.Context) {
	if s.folder != nil {
		if pairs, changed := s.folder.reload(ctx); changed {
			s.pairs.Store(&pairs)
		}
	}
	s.check(ctx)
}

// HTTPS is for pages: whoever names no host of ours is refused in the handshake
// (RFC 6066 section 3: unrecognized_name), and learns of no name that is served.
// Nil without certificates.
func (s *Source) HTTPS() *tls.Config {
	if s == nil {
		return nil
	}
	config := &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if s.authority != nil && isChallenge(hello) {
				return s.authority.challenge(hello)
			}
			return s.find(hello, hello.ServerName), nil // nil is unrecognized_name
		},
	}
	if s.authority != nil {
		config.NextProtos = append(config.NextProtos, acme.ALPNProto)
	}
	return config
}

// SMTP is for mail. Senders name the host of the MX record, or none, and most of
// them ask for encryption without looking at the name: they get the certificate
// of the mail server, and one that we signed ourselves when there is no other. A
// handshake that fails could keep mail away; TLS with anybody is better than none.
// Nil without certificates.
func (s *Source) SMTP() *tls.Config {
	if s == nil {
		return nil
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if c := s.find(hello, hello.ServerName); c != nil {
				return c, nil
			}
			if c := s.find(hello, s.options.Hostname); c != nil {
				return c, nil
			}
			return s.own.certificate(s.options.Now())
		},
	}
}

// find looks for a certificate of a name that the client can use: from files
// first, as whoever put them there meant them to be used.
func (s *Source) find(hello *tls.ClientHelloInfo, name string) *tls.Certificate {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "" {
		return nil
	}
	if p := best(*s.pairs.Load(), name, hello, s.options.Now()); p != nil {
		return p.certificate
	}
	if s.authority != nil {
		return s.authority.certificate(name)
	}
	return nil
}

// serverName is the name that the client asks for, "" if it names none.

// names are those that there should be certificates for, once each.
func (s *Source) names() []string {
	names := s.options.Hosts()
	slices.Sort(names)
	return slices.Compact(names)
}

// missing are the names that no file covers.
func (s *Source) missing() []string {
	pairs, now := *s.pairs.Load(), s.options.Now()
	return slices.DeleteFunc(s.names(), func(name string) bool { return best(pairs, name, nil, now) != nil })
}

// Challenges lets an authority see that the host is ours, on the listener without
// TLS (RFC 8555 section 8.3); everything else is next's.
func (s *Source) Challenges(next http.Handler) http.Handler {
	if s == nil || s.authority == nil {
		return next
	}
	return s.authority.manager.HTTPHandler(next)
}
