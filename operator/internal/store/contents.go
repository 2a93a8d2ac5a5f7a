package store

import (
	"bytes"
	"slices"
	"sync"

	"github.com/posterndesk/postern/config/wire"
)

// contents are the documents below declared/ as they were read, so that each is read
// when it changes, and not whenever its account is looked at.
type contents struct {
	mu sync.Mutex
	of map[string]content // by key
}

type content struct {
	value    []byte // of which it was read; another slice is another value
	document wire.Document
	// made says that this store has written it, or has found exactly what it would
	// write. Of what somebody else writes nothing is believed: it may say anything.
	made bool
}

func newContents() *contents { return &contents{of: map[string]content{}} }

// read returns what lies under a key by its value, which never changes once it is
// held. It is not ok if that is no document.
func (c *contents) read(key string, value []byte) (content, bool) {
	c.mu.Lock()
	known := c.of[key]
	c.mu.Unlock()
	if same(known.value, value) {
		return known, true
	}
	d, err := wire.Decode[wire.Document](value)
	if err != nil {
		return content{}, false
	}
	return c.keep(key, value, d, false), true
}

// keep notes what lies under a key from now on.
func (c *contents) keep(key string, value []byte, d wire.Document, made bool) content {
	now := content{value: value, document: d, made: made}
	if at := bytes.LastIndex(value, d.Body); at >= 0 { // once in memory is enough
		now.document.Body = slices.Clip(value[at : at+len(d.Body)])
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[key] = now
	return now
}

func (c *contents) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.of, key)
}

// same reports whether two values are one and the same in memory.
func same(a, b []byte) bool {
	return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0]
}
