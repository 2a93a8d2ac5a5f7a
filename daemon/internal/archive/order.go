package archive

import (
	"cmp"
	"slices"
)

// ordered brings the mails into the order in which they were written. A mail that
// answers another one comes after it, whatever their clocks said.
func (r *reader) ordered() []Mail {
	mails := r.archive.Mails
	byID := make(map[id]int32, len(mails))
	byTime := make([]int32, len(mails))
	for i := range mails {
		mails[i].Thread = r.threads.of(int32(i))
		byTime[i] = int32(i)
		if _, twice := byID[r.own[i]]; !twice && r.own[i] != 0 {
			byID[r.own[i]] = int32(i)
		}
	}
	slices.SortStableFunc(byTime, func(a, b int32) int {
		return cmp.Or(cmp.Compare(mails[a].at, mails[b].at), sentFirst(&mails[a], &mails[b]))
	})
	out := make([]Mail, 0, len(mails))
	done := make([]bool, len(mails))
	var chain []int32
	for _, i := range byTime {
		chain = chain[:0]
		for at, ok := i, true; ok && !done[at]; at, ok = parent(byID, r.parents[at]) {
			done[at] = true // here already, so that a circle ends
			chain = append(chain, at)
		}
		for _, at := range slices.Backward(chain) {
			out = append(out, mails[at])
		}
	}
	return out
}

// sentFirst puts the copy that was kept when it was sent before the one that came
// back: of the two, the first is taken.
func sentFirst(a, b *Mail) int {
	switch {
	case a.Sent == b.Sent:
		return 0
	case a.Sent:
		return -1
	}
	return 1
}

func parent(byID map[id]int32, named id) (int32, bool) {
	if named == 0 {
		return 0, false
	}
	i, ok := byID[named]
	return i, ok
}
