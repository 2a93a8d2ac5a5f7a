package helpdesk

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// TicketID names a ticket inside the machine: 64 random bits, so that knowing
// one tells nothing of another. People use [Ticket.Number].
type TicketID uint64

// NewTicketID draws a random id; it is never zero.
func NewTicketID() TicketID {
	var b [8]byte
	for {
		_, _ = rand.Read(b[:]) // never fails since Go 1.24
		if id := binary.BigEndian.Uint64(b[:]); id != 0 {
			return TicketID(id)
		}
	}
}

func (id TicketID) String() string { return fmt.Sprintf("%016x", uint64(id)) }

// MarshalText and UnmarshalText make a TicketID a JSON string: a number of 64
// bits would lose digits in JavaScript.
func (id TicketID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *TicketID) UnmarshalText(b []byte) error {
	n, err := strconv.ParseUint(string(b), 16, 64)
	if err != nil {
		return fmt.Errorf("read ticket id: %w", err)
	}
	*id = TicketID(n)
	return nil
}

// ID names everything else: contacts, agents, deliveries, held items.
type ID string

// NewID draws 80 random bits, written as 16 lower-case letters and digits.
func NewID() ID {
	var b [10]byte
	_, _ = rand.Read(b[:])
	return ID(strings.ToLower(base32.StdEncoding.EncodeToString(b[:])))
}

// orderedBase32 writes the letters and digits of ids in the order of their
// bytes, so that what was encoded sorts as it did.
var orderedBase32 = base32.NewEncoding("234567abcdefghijklmnopqrstuvwxyz")

// NewTimedID is an id that sorts by the time at which it was made: 48 bits of
// milliseconds and 32 random ones. It is not for what must not be guessed.
func NewTimedID(now time.Time) ID {
	var b [10]byte
	binary.BigEndian.PutUint64(b[:], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(b[6:])
	return ID(orderedBase32.EncodeToString(b[:]))
}

// FirstTimedID is the first of the ids of [NewTimedID] of a time.
func FirstTimedID(at time.Time) ID {
	var b [10]byte
	binary.BigEndian.PutUint64(b[:], uint64(at.UnixMilli())<<16)
	return ID(orderedBase32.EncodeToString(b[:]))
}

// Time is when an id of [NewTimedID] was made; NotFound for others.
func (id ID) Time() (time.Time, error) {
	raw, err := orderedBase32.DecodeString(string(id))
	if err != nil || len(raw) != 10 {
		return time.Time{}, Errorf(NotFound, "no such id")
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(raw) >> 16)), nil
}

// ParseID refuses anything that NewID cannot have made, so that an id from
// outside can never name another key of the store.
func ParseID(s string) (ID, error) {
	if len(s) != 16 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		return "", Errorf(NotFound, "no such id")
	}
	return ID(s), nil
}
