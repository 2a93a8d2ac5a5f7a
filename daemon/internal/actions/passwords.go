package actions

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Cost of argon2id after OWASP's minimum: 19 MiB, two passes, one lane. It is
// part of each hash, so it can grow without a migration.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16
)

// passwords hashes with a bound on how many at once: each takes 19 MiB.
type passwords struct {
	slots chan struct{}
	// nobody is checked for unknown addresses, so that they take as long.
	nobody string
}

func newPasswords() *passwords {
	const atOnce = 2
	p := &passwords{slots: make(chan struct{}, atOnce)}
	p.nobody = newHash(rand.Text())
	return p
}

// enter waits for a place, as long as whoever asked does; leave gives it back.
// Unavailable says that ctx ended first.
func (p *passwords) enter(ctx context.Context) (leave func(), err error) {
	select {
	case <-ctx.Done(): // also where a place is free: nobody waits for the answer
		return nil, busy(ctx)
	default:
	}
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, busy(ctx)
	}
}

func busy(ctx context.Context) error {
	return &helpdesk.Error{
		Kind: helpdesk.Unavailable, Public: "this could not be checked in time; please try again",
		Err: fmt.Errorf("wait to hash a password: %w", ctx.Err()),
	}
}

// hash returns the PHC string of a password with a fresh salt; Unavailable if ctx
// ends while it waits for its turn.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	leave, err := p.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return newHash(password), nil
}

func newHash(password string) string {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails since Go 1.24
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	return phc{memory: argonMemory, time: argonTime, lanes: argonLanes, salt: salt, key: key}.String()
}

// matches reports whether the password made the hash. A hash that can't be read
// matches nothing. The error is that of [passwords.hash].
func (p *passwords) matches(ctx context.Context, hash, password string) (bool, error) {
	h, err := parseHash(hash)
	if err != nil {
		return false, nil
	}
	leave, err := p.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	key := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.lanes, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1, nil
}

// Bounds of the cost in a stored hash. Below the least argon2 panics; above the
// most one try would take all memory of the machine.
const (
	maxArgonMemory = 1 << 20 // KiB
	maxArgonTime   = 16
	maxArgonLanes  = 16
	maxArgonBytes  = 64 // of salt and of key
)

// phc is a hash in the string format of the Password Hashing Competition.
type phc struct {
	memory, time uint32
	lanes        uint8
	salt, key    []byte
}

func (h phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.lanes,
		b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

// parseHash reads what [phc.String] writes, and no other spelling.
func parseHash(s string) (phc, error) {
	var h phc
	parts := strings.Split(s, "$")
	if len(parts) != 6 {
		return h, errors.New("not an argon2id hash")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.lanes); err != nil {
		return h, fmt.Errorf("read cost of hash: %w", err)
	}
	if h.memory > maxArgonMemory || h.time == 0 || h.time > maxArgonTime || h.lanes == 0 || h.lanes > maxArgonLanes {
		return h, errors.New("cost of hash is out of bounds")
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return h, fmt.Errorf("read salt of hash: %w", err)
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return h, fmt.Errorf("read key of hash: %w", err)
	}
	if len(h.salt) < argonSalt || len(h.salt) > maxArgonBytes || len(h.key) < argonKey || len(h.key) > maxArgonBytes {
		return h, errors.New("salt or key of hash has the wrong length")
	}
	if h.String() != s {
		return h, errors.New("not an argon2id hash as it is written")
	}
	return h, nil
}
