package guessable

import (
	"slices"
	"strings"
	"testing"
)

func TestWhy(t *testing.T) {
	for _, tt := range []struct {
		password string
		want     Reason
	}{
		{"correct horse battery staple", ""},
		{"seven quiet otters sing", ""},
		{"Zwölf Boxkämpfer jagen Viktor", ""},
		{"gB7#kqPz!e2wLm", ""},
		{"my dog 1234567", ""},
		{"password", Common},
		{"PassWord", Common},
		{"p@ssw0rd", Common},
		{"basketball", Common},
		{"Password2024!", Decorated},
		{"P@ssw0rd2024!", Decorated},
		{"***sunshine***", Decorated},
		{"123-dragon-123", Decorated},
		{"aaaaaaaaaaaa", Repeated},
		{"abcabcabcabc", Repeated},
		{"abcabcabcabca", Repeated},
		{"otters12otters12", Repeated},
		{"abcdefghijkl", InARow},
		{"zyxwvutsrqpo", InARow},
		{"qwertzuiop12", InARow},
		{"QWERTYUIOPASDF", InARow},
		{"1234abcd5678", InARow},
		{"111122223333", InARow},
	} {
		if got := Why(tt.password); got != tt.want {
			t.Errorf("Why(%q) = %q, want %q", tt.password, got, tt.want)
		}
	}
}

func TestListIsInOrder(t *testing.T) {
	words := common()
	if len(words) < 40_000 || !slices.IsSorted(words) {
		t.Errorf("%d words, in order: %t", len(words), slices.IsSorted(words))
	}
	for _, w := range words {
		if w != strings.ToLower(w) {
			t.Fatalf("%q is not in lower case", w)
		}
	}
}

func FuzzWhy(f *testing.F) {
	f.Add("correct horse")
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, s string) {
		if first, second := Why(s), Why(s); first != second {
			t.Fatalf("%q is %q and %q", s, first, second)
		}
	})
}
