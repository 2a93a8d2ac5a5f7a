package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// didYouMean returns " (did you mean …?)" if one of the known words is close to
// the unknown one, else "". The word itself comes second.
func didYouMean(word string, known []string) (hint, meant string) {
	best := max(1, len(word)/3) // one slip in a short word, more in a long one
	for _, candidate := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate), best); d < best || d == best && meant == "" {
			best, meant = d, candidate
		}
	}
	if meant == "" {
		return "", ""
	}
	return fmt.Sprintf(" (did you mean %s?)", meant), meant
}

// keys returns the keys of m, sorted, so that hints come out the same each time.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// distance counts the letters to insert, drop, replace or swap with their
// neighbour to turn a into b (optimal string alignment). It may return any
// number above limit for words that are further apart than limit.
func distance(a, b string, limit int) int {
	if gap := len(a) - len(b); gap > limit || -gap > limit || len(a) > maxName {
		return limit + 1
	}
	older, previous, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			replace := previous[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, previous[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
		older, previous, row = previous, row, older
	}
	return previous[len(b)]
}

// clip keeps a quoted value short enough for one line of a message.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q", strings.ToValidUTF8(s[:most], "")+"…")
}
