package helpdesk

import "slices"

// Suggest adds somebody whom a mail was copied to, unless they take part or were
// suggested before. Who was dismissed is not suggested again.
func (t *Ticket) Suggest(s Suggestion) {
	if t.ParticipantByAddress(s.Address) != nil || t.suggestion(s.Address) != nil {
		return
	}
	if len(t.Suggested) >= MaxSuggestions {
		old := slices.IndexFunc(t.Suggested, func(s Suggestion) bool { return s.Dismissed })
		if old < 0 {
			return
		}
		t.Suggested = slices.Delete(t.Suggested, old, old+1)
	}
	t.Suggested = append(t.Suggested, s)
}

// IsSuggested reports whether the address was copied on a mail of the ticket,
// and no agent has dismissed it since.
func (t *Ticket) IsSuggested(a Address) bool {
	s := t.suggestion(a)
	return s != nil && !s.Dismissed
}

// Dismiss takes somebody off the suggestions for good. It reports whether they
// were on them.
func (t *Ticket) Dismiss(a Address) bool {
	s := t.suggestion(a)
	if s == nil || s.Dismissed {
		return false
	}
	s.Dismissed = true
	return true
}

func (t *Ticket) suggestion(a Address) *Suggestion {
	for i := range t.Suggested {
		if t.Suggested[i].Address.Same(a) {
			return &t.Suggested[i]
		}
	}
	return nil
}
