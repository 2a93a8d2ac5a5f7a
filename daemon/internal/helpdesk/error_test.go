package helpdesk

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestErrors(t *testing.T) {
	cause := errors.New("dial 10.0.0.7:2379")
	for _, tt := range []struct {
		name   string
		err    error
		kind   Kind
		public string
		want   string
	}{
		{"nothing", nil, Internal, "", "<nil>"},
		{"somebody else's", cause, Internal, "", "dial 10.0.0.7:2379"},
		{"for the outside", Errorf(NotFound, "no page %d", 4), NotFound, "no page 4", "no page 4"},
		{"with a kind", Wrap(Unavailable, cause), Unavailable, "", "dial 10.0.0.7:2379"},
		{"no cause", Wrap(Unavailable, nil), Internal, "", "<nil>"},
		{"wrapped again", fmt.Errorf("commit: %w", Wrap(Full, cause)), Full, "", "commit: dial 10.0.0.7:2379"},
		{"the outermost counts", Wrap(Full, Errorf(NotFound, "inner")), Full, "", "inner"},
		{"both texts", &Error{Kind: Loop, Public: "too many hops", Err: cause}, Loop, "too many hops", "too many hops: dial 10.0.0.7:2379"},
		{"no text", &Error{Kind: SignIn}, SignIn, "", "sign-in needed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if KindOf(tt.err) != tt.kind || Public(tt.err) != tt.public || fmt.Sprint(tt.err) != tt.want {
				t.Errorf("kind %v, public %q, text %q; want %v, %q, %q", KindOf(tt.err), Public(tt.err), fmt.Sprint(tt.err), tt.kind, tt.public, tt.want)
			}
		})
	}
	if !errors.Is(Wrap(Full, cause), cause) {
		t.Error("the cause is not found in the chain")
	}
	for k := Internal; k <= Refused; k++ {
		if k.String() == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
}

func TestRetry(t *testing.T) {
	lost := Errorf(Conflict, "somebody else was first")
	broken := errors.New("broken")
	for _, tt := range []struct {
		name  string
		act   func(try int) error
		tries int
		want  error
	}{
		{"first time", func(int) error { return nil }, 1, nil},
		{"third time", func(try int) error {
			if try < 2 {
				return lost
			}
			return nil
		}, 3, nil},
		{"another error ends it", func(try int) error {
			if try < 2 {
				return fmt.Errorf("commit: %w", lost)
			}
			return broken
		}, 3, broken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var tries int
				err := Retry(t.Context(), func(try int) error { tries++; return tt.act(try) })
				if !errors.Is(err, tt.want) || tries != tt.tries {
					t.Errorf("error %v after %d tries, want %v after %d", err, tries, tt.want, tt.tries)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		start, tries := time.Now(), 0
		err := Retry(t.Context(), func(int) error { tries++; return lost })
		if KindOf(err) != Unavailable || tries != MaxTries {
			t.Errorf("always lost: %v after %d tries, want Unavailable after %d", err, tries, MaxTries)
		}
		// An SMTP client waits ten minutes for an answer, a browser not one.
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		tries = 0
		err = Retry(ctx, func(int) error { tries++; cancel(); return lost })
		if !errors.Is(err, context.Canceled) || KindOf(err) != Unavailable || tries > 2 {
			t.Errorf("given up meanwhile: %v after %d tries", err, tries)
		}
	})
}

func TestIDs(t *testing.T) {
	tickets, ids := map[TicketID]bool{}, map[ID]bool{}
	for range 1000 {
		tickets[NewTicketID()] = true
		id := NewID()
		ids[id] = true
		if parsed, err := ParseID(string(id)); parsed != id || err != nil {
			t.Fatalf("ParseID(%q) = %q, %v", id, parsed, err)
		}
	}
	if len(tickets) != 1000 || len(ids) != 1000 || tickets[0] {
		t.Error("ids repeat, or are zero")
	}
	for _, s := range []string{"", "abc", "../../../../../a", "ABCDEFGHABCDEFGH", "abcdefghabcdefg1", "abcdefghabcdefgha", "abcdefgh/bcdefgh"} {
		if id, err := ParseID(s); err == nil || KindOf(err) != NotFound {
			t.Errorf("ParseID(%q) = %q, %v, want NotFound", s, id, err)
		}
	}
	if err := new(TicketID).UnmarshalText([]byte("x")); err == nil {
		t.Error("a ticket id that is no number was read")
	}
}
