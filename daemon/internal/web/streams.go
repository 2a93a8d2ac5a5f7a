package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Times of streams.
const (
	// lookAgain is how often it is checked that who reads may. What was revoked has to
	// be dead within five seconds, a round trip included.
	lookAgain = 3 * time.Second
	// heartbeat keeps proxies from closing a silent connection; many do after 30 s.
	heartbeat = 15 * time.Second
	// WriteWithin is how long a reader may take for a line of some bytes.
	WriteWithin = 10 * time.Second
	// streamFor is how long a stream lasts; the browser opens another.
	streamFor = 15 * time.Minute
)

// Streams are the answers that go on and tell pages that are open of changes
// (server-sent events, HTML standard section 9.2).
type Streams struct {
	places *Places
	ending chan struct{}
	end    func()
}

// NewStreams makes room for all in all, and each of one network.
func NewStreams(all, each int) *Streams {
	ending := make(chan struct{})
	return &Streams{places: NewPlaces(all, each), ending: ending, end: sync.OnceFunc(func() { close(ending) })}
}

// Stop ends all streams, which would otherwise hold up the end of the server. It may
// be called more than once.
func (s *Streams) Stop() { s.end() }

// Tidings say that something may have changed.
type Tidings interface {
	Changed() <-chan struct{}
	Close()
}

// Telling is what a stream tells.
type Telling struct {
	// First tells what was seen when the stream was asked for.
	First func(*Stream) error
	// Again looks again, as who asks, and tells what is news. An error ends the stream:
	// whoever may not know any more is told nothing.
	Again func(*Stream) error
	// Follow begins to hear of changes.
	Follow func() (Tidings, error)
	// ComeBack tells the browser how long to wait before it opens another.
	ComeBack time.Duration
	// Settle is the least between two looks: in a burst of changes, the last counts.
	Settle time.Duration
}

// Serve answers with a stream to a client, until it goes, may not know any more, or
// has had its time. Errors are of before it began.
func (s *Streams) Serve(w http.ResponseWriter, r *http.Request, client netip.Addr, t Telling) error {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // proxies keep it together otherwise
	if r.Method == http.MethodHead {
		return nil
	}
	leave, ok := s.places.Take(client)
	if !ok {
		header.Del("Content-Type")
		return ErrTooMany
	}
	defer leave()
	tidings, err := t.Follow()
	if err != nil {
		header.Del("Content-Type")
		return err
	}
	defer tidings.Close()
	one := &Stream{w: w, out: http.NewResponseController(w), told: map[string]string{}}
	if one.say("retry: %d\n\n", t.ComeBack.Milliseconds()) == nil && t.First(one) == nil {
		s.follow(r, one, t, tidings)
	}
	return nil
}

// follow tells of changes until somebody has enough of it, or may not know any more.
func (s *Streams) follow(r *http.Request, one *Stream, t Telling, tidings Tidings) {
	again, beat, over := time.NewTicker(lookAgain), time.NewTicker(heartbeat), time.NewTimer(streamFor)
	defer again.Stop()
	defer beat.Stop()
	defer over.Stop()
	looked := time.Now()
	var settled <-chan time.Time // when what happened is looked at
	for {
		select {
		case <-r.Context().Done():
			return
		case <-s.ending:
			return
		case <-over.C:
			return
		case <-beat.C:
			if one.say(":\n\n") != nil {
				return
			}
			continue
		case <-tidings.Changed():
			if settled == nil {
				settled = time.After(t.Settle - time.Since(looked))
			}
			continue
		case <-settled:
		case <-again.C:
		}
		settled, looked = nil, time.Now()
		if t.Again(one) != nil {
			return
		}
	}
}

// Stream is one answer that goes on.
type Stream struct {
	w    http.ResponseWriter
	out  *http.ResponseController
	told map[string]string // by the name of the event
}

// News sends an event, if its data is not what was sent last. data is one line.
func (s *Stream) News(event, data string) error {
	if s.told[event] == data {
		return nil
	}
	s.told[event] = data
	return s.say("event: %s\ndata: %s\n\n", event, data)
}

// say sends something at once. Whoever does not read is given up.
func (s *Stream) say(format string, args ...any) error {
	_ = s.out.SetWriteDeadline(time.Now().Add(WriteWithin)) // what has no connection needs none
	if _, err := fmt.Fprintf(s.w, format, args...); err != nil {
		return err
	}
	return s.out.Flush()
}
