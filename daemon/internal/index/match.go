package index

import (
	"math"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// matcher is a choice as it is asked of a hundred thousand slots: what is asked
// least often comes last.
type matcher struct {
	statuses, urgencies                         uint8
	assignees, teams, mailboxes, centers, forms []symbol // nil lets all through
	newest, oldest                              int64    // of the last change, in seconds
	wanted                                      []uint64 // marks
	sieve                                       uint64   // of those
	asleep, spam                                bool
	now                                         int64

	// all are seen; otherwise those of me and of my teams, and those with one of two
	// marks.
	all            bool
	me             symbol
	mine           []symbol
	watch, mention uint64
	known          uint64 // sieve of either
}

func newMatcher(c *Choice) *matcher {
	f, v := &c.Filter, &c.Viewer
	m := &matcher{
		statuses: bits(helpdesk.Statuses, f.Statuses), urgencies: bits(helpdesk.Priorities, f.Priorities),
		mailboxes: findAll(f.Mailboxes), centers: findAll(f.HelpCenters), forms: findAll(f.Forms),
		newest: math.MaxInt64, oldest: math.MinInt64, asleep: f.Snoozed, spam: f.Spam, now: v.Now.UnixNano(),
		all: c.All, me: find(v.Agent), mine: findAll(v.Teams), watch: mark(watchMark, string(v.Agent)), mention: mark(mentionMark, string(v.Agent)),
	}
	if len(f.Assignees) > 0 {
		m.assignees = findAll(f.AssigneesOf(*v))
	}
	if len(f.Teams) > 0 {
		m.teams = append([]symbol{unknown}, findAll(f.TeamsOf(*v))...) // of no teams, nothing
	}
	if f.OlderThan > 0 {
		m.newest = v.Now.Add(-f.OlderThan).Unix()
	}
	if f.NewerThan > 0 {
		m.oldest = v.Now.Add(-f.NewerThan).Unix() + 1
	}
	for _, tag := range f.Tags {
		m.wanted = append(m.wanted, mark(tagMark, tag))
	}
	for name, value := range f.Values {
		m.wanted = append(m.wanted, mark(valueMark, helpdesk.ValueKey(name, value)))
	}
	if f.Mentioned {
		m.wanted = append(m.wanted, m.mention)
	}
	m.sieve, m.known = sieve(m.wanted), sieve([]uint64{m.watch, m.mention})
	return m
}

// match reports whether it is among what is asked for, and may be seen.
func (m *matcher) match(s *slot) bool {
	at := int64(s.updated)
	switch {
	case m.urgencies&(1<<s.urgency) == 0, s.sieve&m.sieve != m.sieve, at > m.newest, at < m.oldest,
		!among(m.assignees, s.assignee), !among(m.teams, s.team), !among(m.mailboxes, s.mailbox), !among(m.centers, s.center), !among(m.forms, s.form):
		return false
	case m.asleep || s.asleep:
		if (s.snoozed > m.now) != m.asleep {
			return false
		}
	}
	if !m.all && !m.sees(s) {
		return false
	}
	// The lists that are looked through may be of all statuses.
	if m.statuses != math.MaxUint8 && m.statuses&(1<<s.status) == 0 {
		return false
	}
	for _, mark := range m.wanted {
		if !slices.Contains(s.marks, mark) {
			return false
		}
	}
	return true
}

// byAssignee reports that nothing but the list, the assignee and sleep decide what
// matches.
func (m *matcher) byAssignee() bool {
	return m.all && !m.asleep && m.urgencies == math.MaxUint8 && m.teams == nil && m.mailboxes == nil && m.centers == nil && m.forms == nil &&
		m.newest == math.MaxInt64 && m.oldest == math.MinInt64 && len(m.wanted) == 0
}

func (m *matcher) sees(s *slot) bool {
	if s.assignee == m.me || s.team != 0 && slices.Contains(m.mine, s.team) {
		return true
	}
	return s.sieve&m.known != 0 && (slices.Contains(s.marks, m.watch) || slices.Contains(s.marks, m.mention))
}

func among(wanted []symbol, is symbol) bool { return wanted == nil || slices.Contains(wanted, is) }

// bits has one for each of some that is among all; for none, those of all.
func bits[T comparable](all, some []T) uint8 {
	if len(some) == 0 {
		return math.MaxUint8
	}
	var b uint8
	for i := range all {
		if slices.Contains(some, all[i]) {
			b |= 1 << i
		}
	}
	return b
}
