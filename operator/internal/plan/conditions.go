package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// MaxMessage is the length in bytes that a message of a condition is cut to. The
// API server refuses one beyond 32 KiB, and nobody reads a page of it.
const MaxMessage = 1 << 10

// ruling is what a condition says.
type ruling struct {
	status  metav1.ConditionStatus
	reason  string
	message string
}

func yes(reason, format string, args ...any) ruling {
	return ruling{metav1.ConditionTrue, reason, message(format, args...)}
}

func no(reason, format string, args ...any) ruling {
	return ruling{metav1.ConditionFalse, reason, message(format, args...)}
}

func unknown(reason, format string, args ...any) ruling {
	return ruling{metav1.ConditionUnknown, reason, message(format, args...)}
}

func (r ruling) holds() bool { return r.status == metav1.ConditionTrue }

// message cuts what people are told at MaxMessage, between two characters.
func message(format string, args ...any) string {
	const more = " …"
	text := strings.ToValidUTF8(fmt.Sprintf(format, args...), "�")
	if len(text) <= MaxMessage {
		return text
	}
	end := MaxMessage - len(more)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + more
}

// conditions are those of one object, in the order in which they are told.
type conditions struct {
	generation int64
	list       []metav1.Condition
}

func (c *conditions) set(kind string, r ruling) {
	c.list = append(c.list, metav1.Condition{
		Type: kind, Status: r.status, Reason: r.reason, Message: r.message, ObservedGeneration: c.generation,
	})
}

// find returns the condition of that type, nil if there is none.
func find(list []metav1.Condition, kind string) *metav1.Condition {
	if i := slices.IndexFunc(list, func(c metav1.Condition) bool { return c.Type == kind }); i >= 0 {
		return &list[i]
	}
	return nil
}

// Merge returns next with the times of old where the status is the same, and of
// now elsewhere. If nothing else has changed either it returns old as it is, so that
// whoever compares finds nothing to write.
func Merge(old, next []metav1.Condition, now time.Time) []metav1.Condition {
	merged, same := slices.Clone(next), len(old) == len(next)
	for i := range merged {
		c := &merged[i]
		was := find(old, c.Type)
		// The API server's defaults stand at the beginning of time: nobody has seen them.
		if was != nil && was.Status == c.Status && was.LastTransitionTime.Unix() > 0 {
			c.LastTransitionTime = was.LastTransitionTime
		} else {
			c.LastTransitionTime = metav1.NewTime(now.UTC().Truncate(time.Second)) // as it is kept
		}
		same = same && was != nil && sameCondition(*was, *c)
	}
	if same {
		return old
	}
	return merged
}

func sameCondition(a, b metav1.Condition) bool {
	return a.Status == b.Status && a.Reason == b.Reason && a.Message == b.Message &&
		a.ObservedGeneration == b.ObservedGeneration && a.LastTransitionTime.Equal(&b.LastTransitionTime)
}

// since is how long a condition has had that status; 0 if it has not yet.
func since(before []metav1.Condition, kind string, status metav1.ConditionStatus, now time.Time) time.Duration {
	c := find(before, kind)
	if c == nil || c.Status != status || c.LastTransitionTime.Unix() <= 0 {
		return 0
	}
	return max(now.Sub(c.LastTransitionTime.Time), 0)
}

// stalling are the reasons of Programmed that only a person ends.
var stalling = map[string]bool{v1alpha1.ReasonRejected: true, v1alpha1.ReasonDeletionsHeld: true}

// summarize adds Ready, and what there is to say about how it goes on: Stalled if
// nobody but a person changes it, Reconciling if it ends by itself. What is missing
// may be about to come: it has Patience before somebody is called.
func (t *teller) summarize(c *conditions, o *object, programmed ruling, ready ruling) {
	failing, stalled := ready, false
	switch {
	case !o.accepted.holds():
		failing, stalled = o.accepted, o.accepted.status == metav1.ConditionFalse
	case !o.resolved.holds():
		failing, stalled = o.resolved, t.patienceIsOver(o, v1alpha1.ConditionResolvedRefs)
	case programmed.reason == v1alpha1.ReasonNotAccepted:
		failing, stalled = programmed, t.patienceIsOver(o, v1alpha1.ConditionProgrammed)
	case !programmed.holds():
		failing, stalled = programmed, stalling[programmed.reason]
	}
	c.set(v1alpha1.ConditionReady, failing)
	now := ruling{metav1.ConditionTrue, failing.reason, failing.message}
	switch {
	case failing.holds():
	case stalled:
		c.set(v1alpha1.ConditionStalled, now)
	default:
		c.set(v1alpha1.ConditionReconciling, now)
	}
}

// patienceIsOver reports whether a condition has been False for long enough.
func (t *teller) patienceIsOver(o *object, kind string) bool {
	left := Patience - since(o.before, kind, metav1.ConditionFalse, t.Now)
	if left > 0 {
		t.again(left)
	}
	return left <= 0
}
