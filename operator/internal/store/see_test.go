package store

import "testing"

func TestRecent(t *testing.T) {
	r := recent{known: map[int64]bool{}}
	for revision := range int64(3 * rememberedWrites) {
		r.add(revision)
		r.add(revision)
	}
	if len(r.known) != rememberedWrites || len(r.order) != rememberedWrites {
		t.Errorf("%d and %d are remembered, want %d", len(r.known), len(r.order), rememberedWrites)
	}
	if r.known[2*rememberedWrites-1] || !r.known[2*rememberedWrites] || !r.known[3*rememberedWrites-1] {
		t.Error("the last ones are not those that are remembered")
	}
}
