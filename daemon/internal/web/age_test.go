package web

import (
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/words"
)

func TestAge(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		ago  time.Duration
		want string
	}{
		{"clocks of two machines", -20 * time.Second, "now"},
		{"a moment", 59 * time.Second, "now"},
		{"minutes", 59 * time.Minute, "59 min"},
		{"hours", 23 * time.Hour, "23 h"},
		{"days", 6 * 24 * time.Hour, "6 d"},
		{"this year", 30 * 24 * time.Hour, "23 Oct"},
		{"another year", 400 * 24 * time.Hour, "Oct 2025"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := string(age(words.For(words.English), now, now.Add(-test.ago)))
			if !strings.HasSuffix(got, ">"+test.want+"</time>") || !strings.Contains(got, `class="brief" datetime="`) {
				t.Errorf("got %s, want %q", got, test.want)
			}
		})
	}
	if got := age(words.For(words.English), now, time.Time{}); got != "" {
		t.Errorf("no time is %q", got)
	}
}
