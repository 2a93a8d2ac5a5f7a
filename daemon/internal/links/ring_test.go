package links

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Tokens of an old key live until it is retired; a new key is known before it
// signs; and replicas that swap at different moments agree all the while.
//
// covers: M03, S22, P02
func TestRotation(t *testing.T) {
	first := mustRing(t)
	clock := testNow
	replica := func(r Ring) *Signer {
		s, err := NewSigner(r, func() time.Time { return clock })
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	here, there := replica(first), replica(first)
	swap := func(s *Signer, r Ring) {
		if err := s.SetRing(r); err != nil {
			t.Fatal(err)
		}
	}
	check := func(step string, s *Signer, f form, token string, want error) {
		t.Helper()
		if err := f.parse(s, testAud, token); !errors.Is(err, want) {
			t.Errorf("%s: %s: %v, want %v", step, f.name, err, want)
		}
	}
	rotated, kid, err := first.Rotate(rand.Reader)
	if err != nil || kid != 1 {
		t.Fatalf("rotate: kid %d, %v", kid, err)
	}
	promoted, err := rotated.Promote(kid, testNow.Add(2*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	retired, err := promoted.Retire(0)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range forms() {
		clock = testNow
		swap(here, first)
		swap(there, first)
		old := f.make(here, testAud)

		swap(here, rotated)
		check("a key that only verifies does not sign yet", there, f, f.make(here, testAud), nil)

		swap(there, rotated)
		swap(here, promoted)
		check("promoted for later: signs with the old key", replica(first), f, f.make(here, testAud), nil)

		clock = testNow.Add(2 * time.Minute)
		fresh := f.make(here, testAud)
		check("promoted: the new key signs", replica(first), f, fresh, ErrInvalid)
		check("promoted: who has it verifying accepts it", there, f, fresh, nil)
		check("promoted: the old token lives", here, f, old, nil)

		swap(here, retired)
		check("retired: the old token is dead", here, f, old, ErrInvalid)
		check("retired: the new one lives", here, f, fresh, nil)
	}
}

func TestRetiredKidComesBackWithAnotherSecret(t *testing.T) {
	r := mustRing(t)
	s := mustSigner(t, r)
	old := s.ReplyToken(testAud, testCopy)
	for range 3 * MaxKeys { // round the kids some times
		next, kid, err := r.Rotate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		before := r.Signing(testNow.AddDate(1, 0, 0))
		if next, err = next.Promote(kid, before.NotBefore.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if next, err = next.Retire(before.KID); err != nil {
			t.Fatal(err)
		}
		r = next
		if n := len(r.Keys()); n > MaxKeys {
			t.Fatalf("%d keys", n)
		}
	}
	if err := s.SetRing(r); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ParseReplyToken(testAud, old); !errors.Is(err, ErrInvalid) {
		t.Errorf("a token of a retired key: %v", err)
	}
}

func TestRingOperations(t *testing.T) {
	full := mustRing(t)
	for range MaxKeys - 1 {
		next, _, err := full.Rotate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		full = next
	}
	promoted, err := full.Promote(1, testNow)
	if err != nil {
		t.Fatal(err)
	}
	retired, err := full.Retire(5)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		do   func() (Ring, error)
		want error
	}{
		{"rotate a full ring", func() (Ring, error) { r, _, err := full.Rotate(rand.Reader); return r, err }, ErrRingFull},
		{"rotate into a retired kid", func() (Ring, error) { r, _, err := retired.Rotate(rand.Reader); return r, err }, nil},
		{"no randomness", func() (Ring, error) { r, _, err := retired.Rotate(strings.NewReader("short")); return r, err }, io.ErrUnexpectedEOF},
		{"promote a kid that is not there", func() (Ring, error) { return mustRing(t).Promote(9, testNow) }, ErrUnknownKey},
		{"promote a retired key", func() (Ring, error) { return retired.Promote(5, testNow) }, ErrKeyState},
		{"promote behind the newest", func() (Ring, error) { return promoted.Promote(2, testNow.Add(-time.Second)) }, ErrKeyState},
		{"promote at the same second", func() (Ring, error) { return promoted.Promote(2, testNow.Add(time.Millisecond)) }, ErrKeyState},
		{"promote after the newest", func() (Ring, error) { return promoted.Promote(2, testNow.Add(time.Second)) }, nil},
		{"promote again, sooner", func() (Ring, error) { return promoted.Promote(1, testNow.Add(-time.Hour)) }, nil},
		{"retire a kid that is not there", func() (Ring, error) { return mustRing(t).Retire(9) }, ErrUnknownKey},
		{"retire the only key that signs", func() (Ring, error) { return full.Retire(0) }, ErrKeyState},
		{"retire one of two that sign", func() (Ring, error) { return promoted.Retire(0) }, nil},
		{"retire twice", func() (Ring, error) { return retired.Retire(5) }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, err := json.Marshal(full)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tt.do(); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			after, err := json.Marshal(full)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(before, after) {
				t.Error("the operation changed the ring it was called on")
			}
		})
	}
}

func TestSigningKey(t *testing.T) {
	at := func(s int) time.Time { return testNow.Add(time.Duration(s) * time.Second) }
	ring := Ring{keys: []key{
		{kid: 4, state: Sign, notBefore: at(10)},
		{kid: 2, state: Sign, notBefore: at(30)},
		{kid: 9, state: Sign, notBefore: at(20)},
		{kid: 7, state: Verify},
		{kid: 1, state: Retired, notBefore: at(15)},
	}}
	for _, tt := range []struct {
		name string
		now  time.Time
		want uint8
	}{
		{"none eligible yet: the first to be", at(0), 4},
		{"exactly at its time", at(10), 4},
		{"a second one eligible", at(20), 9},
		{"the latest, whatever its kid or place", at(30), 2},
		{"ever after", at(1e6), 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ring.Signing(tt.now).KID; got != tt.want {
				t.Errorf("kid %d signs, want %d", got, tt.want)
			}
		})
	}
	if got := (Ring{}).Signing(testNow); got != (KeyInfo{}) {
		t.Errorf("a zero ring: %+v", got)
	}
}

func TestRingStored(t *testing.T) {
	r, kid, err := mustRing(t).Rotate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = r.Promote(kid, testNow); err != nil {
		t.Fatal(err)
	}
	if r, err = r.Retire(0); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Ring
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !back.Equal(r) {
		t.Errorf("read back another ring: %v, want %v", back, r)
	}
	if back.Equal(mustRing(t)) {
		t.Error("two different rings are equal")
	}
	want := []KeyInfo{{KID: 0, State: Retired}, {KID: 1, State: Sign, NotBefore: testNow}}
	if d := cmp.Diff(want, back.Keys()); d != "" {
		t.Errorf("keys (-want +got):\n%s", d)
	}
}

func TestStoredRingRefused(t *testing.T) {
	secret := func(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, secretSize)) }
	key := func(kid int, state, sec string) string {
		return fmt.Sprintf(`{"kid":%d,"state":%q,"secret":%q}`, kid, state, sec)
	}
	many := make([]string, MaxKeys+1)
	for i := range many {
		many[i] = key(i, "sign", secret(byte(i+1)))
	}
	ring := func(keys ...string) string { return `{"schema":1,"keys":[` + strings.Join(keys, ",") + `]}` }
	good := key(0, "sign", secret(1))
	for _, tt := range []struct {
		name string
		doc  string
		want string // part of the message; empty: accepted
	}{
		{"one key that signs", ring(good), ""},
		{"as many as there are kids", ring(many[:MaxKeys]...), ""},
		{"a retired key without secret", ring(good, `{"kid":1,"state":"retired"}`), ""},
		{"not an object", `[]`, "cannot unmarshal"},
		{"empty object", `{}`, "schema 0"},
		{"from a later version", `{"schema":2,"keys":[` + good + `]}`, "schema 2"},
		{"a field of a later version", `{"schema":1,"keys":[` + good + `],"x":1}`, "unknown field"},
		{"no keys", ring(), "0 keys"},
		{"too many keys", ring(many...), "17 keys"},
		{"kid left out", ring(`{"state":"sign","secret":"` + secret(1) + `"}`), "kid must be"},
		{"kid beyond four bits", ring(key(16, "sign", secret(1))), "kid must be"},
		{"negative kid", ring(key(-1, "sign", secret(1))), "kid must be"},
		{"kid twice", ring(good, key(0, "verify", secret(2))), "two keys have kid 0"},
		{"secret twice", ring(good, key(1, "verify", secret(1))), "keys 0 and 1 have the same secret"},
		{"short secret", ring(key(0, "sign", "AAAA")), "secret of 3 bytes"},
		{"no secret", ring(key(0, "sign", "")), "secret of 0 bytes"},
		{"zero secret", ring(key(0, "sign", secret(0))), "secret of zeros"},
		{"retired with a secret", ring(good, key(1, "retired", secret(2))), "must not have a secret"},
		{"unknown state", ring(key(0, "signing", secret(1))), `state "signing"`},
		{"none that signs", ring(key(0, "verify", secret(1))), "no key is in state"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r Ring
			err := json.Unmarshal([]byte(tt.doc), &r)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, ErrRing) || !strings.Contains(fmt.Sprint(err), tt.want) {
				t.Errorf("got %v, want ErrRing with %q", err, tt.want)
			}
			if strings.Contains(fmt.Sprint(err), secret(1)) {
				t.Errorf("the error shows a secret: %v", err)
			}
			if len(r.keys) != 0 {
				t.Error("a refused ring was kept")
			}
		})
	}
}

func TestRingShowsNoSecret(t *testing.T) {
	r := ringOf(t, 3, bytes.Repeat([]byte("K"), secretSize))
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("ring", "ring", r, "pointer", &r)
	slog.New(slog.NewTextHandler(&log, nil)).Info("ring", "ring", r)
	out := log.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		out += fmt.Sprintf(verb, r) + fmt.Sprintf(verb, &r) + fmt.Sprintf(verb, []any{r})
	}
	for _, leak := range []string{"KKKK", "75 75", "4b4b", "0x4b", "S0tL"} {
		if strings.Contains(out, leak) {
			t.Errorf("%q in:\n%s", leak, out)
		}
	}
	if !strings.Contains(out, "sign") {
		t.Errorf("nothing useful is shown: %s", out)
	}
}

// The cache is bounded, right when it evicts, and swapped with the ring under
// load.
func TestSignerConcurrently(t *testing.T) {
	a := mustRing(t)
	b, kid, err := a.Rotate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = b.Promote(kid, testNow); err != nil {
		t.Fatal(err)
	}
	s := mustSigner(t, a)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 3000 {
				aud := AudienceOf("x", "HelpCenter", fmt.Sprint(g, i))
				if g == 0 && i%100 == 0 {
					if err := s.SetRing([]Ring{b, a, b}[i/100%3]); err != nil {
						t.Error(err)
					}
				}
				// Either ring verifies what key 0 signed.
				token := mustToken(s, a, aud)
				if got, err := s.ParseReplyToken(aud, token); err != nil || got != testCopy {
					t.Errorf("%d/%d: %+v, %v", g, i, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	ks := s.keys.Load()
	for i := range maxDerived + 10 {
		s.ReplyToken(AudienceOf("y", "Mailbox", fmt.Sprint(i)), testCopy)
	}
	if n := len(ks.derived); n > maxDerived {
		t.Errorf("%d derived keys are kept, at most %d may be", n, maxDerived)
	}
}

// mustToken signs with ring alone, whatever ring s has at the moment.
func mustToken(s *Signer, ring Ring, aud Audience) string {
	own := &Signer{now: s.now}
	if err := own.SetRing(ring); err != nil {
		panic(err)
	}
	return own.ReplyToken(aud, testCopy)
}
