package imappoll

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

func TestBackoff(t *testing.T) {
	whole := func(n time.Duration) time.Duration { return n }
	none := func(time.Duration) time.Duration { return 0 }
	tests := []struct {
		name     string
		failures int
		random   func(time.Duration) time.Duration
		want     time.Duration
	}{
		{"first", 1, whole, time.Second},
		{"none yet", 0, whole, time.Second},
		{"second", 2, whole, 2 * time.Second},
		{"ninth", 9, whole, 256 * time.Second},
		{"tenth", 10, whole, 5 * time.Minute},
		{"many", 1000, whole, 5 * time.Minute},
		{"by chance at once", 10, none, leastWait},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := backoff(test.failures, test.random); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	for range 100 {
		if got := backoff(5, jitter); got < leastWait || got > 16*time.Second {
			t.Fatalf("with jitter %s", got)
		}
	}
}

// covers: P01
func TestSuggestedWait(t *testing.T) {
	tests := []struct {
		name string
		text string
		want time.Duration // 0: none is suggested
	}{
		{"Microsoft", "Request is throttled. Suggested Backoff Time: 299961 milliseconds", 299961 * time.Millisecond},
		{"seconds", "suggested backoff time: 12 seconds", 12 * time.Second},
		{"none", "Request is throttled.", 0},
		{"nothing", "Suggested Backoff Time: 0 milliseconds", firstWait},
		{"for ever", "Suggested Backoff Time: 999999999999 milliseconds", mostSuggested},
		{"beyond numbers", "Suggested Backoff Time: 99999999999999999999 milliseconds", 0},
		{"nonsense", "Suggested Backoff Time: soon", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := suggestedWait(test.text)
			if got != test.want || ok != (test.want != 0) {
				t.Errorf("got %s, %v, want %s", got, ok, test.want)
			}
		})
	}
}

// A server locks an account that somebody tries with a wrong password again and
// again.
//
// covers: P01
func TestTrouble(t *testing.T) {
	refused := failed(StepAuth, fmt.Errorf("%w: no", ErrRefused))
	tests := []struct {
		name        string
		errs        []error
		least, most time.Duration // wait after the last of them
	}{
		{"once refused", []error{refused}, leastWait, time.Second},
		{"twice refused", []error{refused, refused}, leastWait, 2 * time.Second},
		{"refused three times", []error{refused, refused, refused}, lockOutWait, lockOutWait},
		{"refused for ever", []error{refused, refused, refused, refused, refused}, lockOutWait, lockOutWait},
		{"refused with the network between", []error{refused, failed(StepTCP, errors.New("x")), refused, refused}, lockOutWait, lockOutWait},
		{"no secret", []error{misconfigured(StepAuth, "the secret is not there")}, lockOutWait, lockOutWait},
		{"no folder", []error{misconfigured(StepSelect, "no such folder")}, setupWait, setupWait},
		{"network", []error{failed(StepTCP, errors.New("x")), failed(StepTCP, errors.New("x"))}, leastWait, 2 * time.Second},
		{"throttled", []error{failed(StepFetch, &imap.Error{Type: imap.StatusResponseTypeBad, Text: "Suggested Backoff Time: 30000 milliseconds"})}, 30 * time.Second, 30 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var tr trouble
			var got time.Duration
			for _, err := range test.errs {
				got = tr.wait(err)
			}
			if got < test.least || got > test.most {
				t.Errorf("wait %s, want %s to %s", got, test.least, test.most)
			}
		})
	}
}

// Who mends a secret after a long outage is not kept waiting by the outage, and
// cannot lock the account by trying one after the other.
func TestTroubleAfterAChange(t *testing.T) {
	for range 50 { // a long wait may be short by chance
		tr := trouble{failures: 9, refusals: mostRefusals - 1}
		tr.mended()
		if wait := tr.wait(&Failure{Step: StepSelect, Err: errors.New("gone")}); wait > firstWait {
			t.Fatalf("the next failure waits %v", wait)
		}
		if wait := tr.wait(&Failure{Step: StepAuth, Err: ErrRefused}); wait != lockOutWait {
			t.Fatalf("one more refusal waits %v", wait)
		}
	}
}
