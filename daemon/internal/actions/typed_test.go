package actions

import "testing"

func TestTypedAddress(t *testing.T) {
	for _, tt := range []struct{ name, typed, want, fresh string }{
		{"plain", " alice@customer.example ", "alice@customer.example", "alice@customer.example"},
		{"letters of others", "kathe@bücher.example", "kathe@xn--bcher-kva.example", "kathe@xn--bcher-kva.example"},
		{"a letter as two signs", "kathe@bu\u0308cher.example", "kathe@xn--bcher-kva.example", "kathe@xn--bcher-kva.example"},
		{"looks like another", "ceo@ban\u200bk.example", "", ""},
		{"a dot that is none", "ceo@bank\u3002example", "", ""},
		{"no dot", "alice@customer", "alice@customer", ""},
		{"no address", "alice", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := typedAddress(tt.typed)
			if got := a.String(); (err == nil) != (tt.want != "") || err == nil && got != tt.want {
				t.Errorf("typed: %q, %v, want %q", got, err, tt.want)
			}
			if a, err = newAddress(tt.typed); (err == nil) != (tt.fresh != "") || err == nil && a.String() != tt.fresh {
				t.Errorf("new: %q, %v, want %q", a, err, tt.fresh)
			}
		})
	}
}
