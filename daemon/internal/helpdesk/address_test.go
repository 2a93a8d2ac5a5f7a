package helpdesk

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseAddress(t *testing.T) {
	label := strings.Repeat("d", 63)
	for _, tt := range []struct {
		name string
		in   string
		want string // as String says it; "" = refused
	}{
		{"plain", "alice@customer.example", "alice@customer.example"},
		{"case of local part is kept, of domain is not", "Alice@Customer.EXAMPLE", "Alice@customer.example"},
		{"subaddress", "support+token@acme.example", "support+token@acme.example"},
		{"all symbols of atext", "!#$%&'*+-/=?^_`{|}~@a.example", "!#$%&'*+-/=?^_`{|}~@a.example"},
		{"single label", "root@localhost", "root@localhost"},
		{"underscore in a host name", "a@my_host.example", "a@my_host.example"},
		{"A-label", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
		{"doubled dots of a carrier", "a..b@docomo.example", "a..b@docomo.example"},
		{"trailing dot of a carrier", "ab.@docomo.example", "ab.@docomo.example"},
		{"quotes that are not needed", `"alice"@a.example`, "alice@a.example"},
		{"quoted space", `"a b"@a.example`, `"a b"@a.example`},
		{"quoted leading dot", `".a"@a.example`, `".a"@a.example`},
		{"quoted quote", `"a\"b"@a.example`, `"a\"b"@a.example`},
		{"quoted backslash", `"a\\b"@a.example`, `"a\\b"@a.example`},
		{"escaped for no reason", `"a\b"@a.example`, "ab@a.example"},
		{"letters beyond ASCII", "jürgen@a.example", "jürgen@a.example"},
		{"Kelvin sign is itself", "\u212Aim@a.example", "\u212Aim@a.example"},
		{"dotless i is itself", "m\u0131ke@a.example", "m\u0131ke@a.example"},
		{"fullwidth letter is itself", "\uff41lice@a.example", "\uff41lice@a.example"},
		{"longest local part", strings.Repeat("a", 64) + "@a.example", strings.Repeat("a", 64) + "@a.example"},
		{"longest label", "a@" + label + ".example", "a@" + label + ".example"},

		{"empty", "", ""},
		{"no @", "alice", ""},
		{"no local part", "@a.example", ""},
		{"empty quoted local part", `""@a.example`, ""},
		{"no domain", "alice@", ""},
		{"two @", "alice@b@c.example", ""},
		{"quoted @", `"a@b"@c.example`, ""},
		{"quoted bracket", `"a<b"@c.example`, ""},
		{"open quote", `"a@c.example`, ""},
		{"lone quote", `"@c.example`, ""},
		{"quote inside quotes", `"a"b"@c.example`, ""},
		{"backslash at the end", `"a\"@c.example`, ""},
		{"leading dot", ".a@c.example", ""},
		{"space", "a b@c.example", ""},
		{"brackets", "<a@c.example>", ""},
		{"comment", "a(b)@c.example", ""},
		{"source route", "@a.example:b@c.example", ""},
		{"two addresses", "a@c.example,b@c.example", ""},
		{"NUL", "a\x00@c.example", ""},
		{"quoted NUL", "\"a\x00\"@c.example", ""},
		{"CR LF", "a@c.example\r\nBcc: b@c.example", ""},
		{"quoted LF", "\"a\n\"@c.example", ""},
		{"DEL", "a\x7f@c.example", ""},
		{"C1 control", "a\u0085@c.example", ""},
		{"zero width space in local part", "a\u200bb@c.example", ""},
		{"zero width joiner in local part", "a\u200db@c.example", ""},
		{"right-to-left override", "a\u202eb@c.example", ""},
		{"Hangul filler is a letter that shows nothing", "a\u3164@c.example", ""},
		{"grapheme joiner is a mark that shows nothing", "a\u034f@c.example", ""},
		{"variation selector", "a\ufe0f@c.example", ""},
		{"non-breaking space", "a\u00a0b@c.example", ""},
		{"fullwidth @", "a\uff20c.example", ""},
		{"fullwidth dot in domain", "a@bank\u3002com", ""},
		{"zero width space in domain", "a@ban\u200bk.example", ""},
		{"U-label", "a@bücher.example", ""},
		{"Kelvin sign in domain", "a@\u212A.example", ""},
		{"not UTF-8", "a\xff@c.example", ""},
		{"not UTF-8 in domain", "a@c\xff.example", ""},
		{"IPv4 literal", "a@[192.0.2.1]", ""},
		{"IPv6 literal", "a@[IPv6:2001:db8::1]", ""},
		{"bare IPv4", "a@192.0.2.1", ""},
		{"bare IPv4 as one number", "a@3221225985", ""},
		{"trailing dot of domain", "a@c.example.", ""},
		{"leading dot of domain", "a@.c.example", ""},
		{"doubled dots of domain", "a@c..example", ""},
		{"hyphen at the start of a label", "a@-c.example", ""},
		{"hyphen at the end of a label", "a@c-.example", ""},
		{"port", "a@c.example:25", ""},
		{"ESMTP parameter", "a@b> NOTIFY=NEVER <x", ""},
		{"local part too long", strings.Repeat("a", 65) + "@a.example", ""},
		{"local part too long with the quotes it needs", `"` + strings.Repeat("a", 62) + ` "@a.example`, ""},
		{"label too long", "a@" + label + "d.example", ""},
		{"too long in all", "a@" + strings.Repeat(label+".", 3) + strings.Repeat("d", 61), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseAddress(tt.in)
			if got.String() != tt.want {
				t.Errorf("ParseAddress(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
			}
			if (err == nil) != (tt.want != "") || err != nil && !errors.Is(err, ErrAddress) {
				t.Errorf("error = %v, want one that is ErrAddress if and only if it is refused", err)
			}
		})
	}
}

func TestAddressSame(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b string
		want bool
	}{
		{"case", "ALICE@Customer.Example", "alice@customer.example", true},
		{"case beyond ASCII", "Ülrich@a.example", "ülrich@a.example", false},
		{"Kelvin sign", "\u212Aim@a.example", "kim@a.example", false},
		{"long s", "\u017Fam@a.example", "sam@a.example", false},
		{"dotless i", "m\u0131ke@a.example", "mike@a.example", false},
		{"capital dotted I", "m\u0130ke@a.example", "mike@a.example", false},
		{"quotes that are not needed", `"alice"@a.example`, "alice@a.example", true},
		{"other domain", "a@a.example", "a@b.example", false},
		{"nobody", "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var a, b Address
			if tt.a != "" {
				a, b = MustAddress(tt.a), MustAddress(tt.b)
			}
			if got := a.Same(b); got != tt.want {
				t.Errorf("%q same as %q = %t, want %t", tt.a, tt.b, got, tt.want)
			}
		})
	}
}

func TestAddressJSON(t *testing.T) {
	type record struct {
		To Address `json:"to,omitzero"`
	}
	for _, tt := range []struct {
		name string
		in   record
		want string
	}{
		{"address", record{MustAddress(`"a b"@C.example`)}, `{"to":"\"a b\"@c.example"}`},
		{"nobody", record{}, `{}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := json.Marshal(tt.in)
			if err != nil || string(b) != tt.want {
				t.Fatalf("Marshal = %s, %v, want %s", b, err, tt.want)
			}
			var got record
			if err := json.Unmarshal(b, &got); err != nil || got != tt.in {
				t.Errorf("Unmarshal = %v, %v, want %v", got, err, tt.in)
			}
		})
	}
	if err := json.Unmarshal([]byte(`{"to":"a@b@c"}`), new(record)); !errors.Is(err, ErrAddress) {
		t.Errorf("reading what is no address = %v, want ErrAddress", err)
	}
}

// Accessors give back what the address was made of.
func TestAddressParts(t *testing.T) {
	local := rapid.StringMatching(`[a-zA-Z0-9 "\\]{1,20}`)
	rapid.Check(t, func(t *rapid.T) {
		want := local.Draw(t, "local")
		a, err := ParseAddress(`"` + quoter.Replace(want) + `"@A.example`)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{want, "a.example"}, []string{a.Local(), a.Domain()}); diff != "" {
			t.Errorf("parts (-want +got):\n%s", diff)
		}
	})
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{
		"alice@customer.example", `"a b\"\\"@c.example`, "a..b.@c.example", "\u212Aim@a.example", "a\u200b@c.example",
		"a@[192.0.2.1]", "a@b@c", `"@c`, "\x00@\xff", "ünï@xn--a.b", "a@1.2.3.4",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			if !a.IsZero() {
				t.Fatalf("refused, yet not zero: %q", a)
			}
			return
		}
		wire := a.String()
		again, err := ParseAddress(wire)
		if err != nil || again != a {
			t.Fatalf("%q reads back as %q, %v", wire, again, err)
		}
		if key, err := ParseAddress(a.Key()); err != nil || key.Key() != a.Key() || !key.Same(a) {
			t.Fatalf("key %q of %q is not its own key: %q, %v", a.Key(), wire, key.Key(), err)
		}
		if strings.ContainsFunc(wire, unicode.IsControl) || strings.ContainsAny(wire, "<>") || strings.Count(wire, "@") != 1 {
			t.Fatalf("%q could break out of a header or a command", wire)
		}
		if len(wire) > MaxAddress || strings.IndexByte(wire, '@') > MaxLocalPart {
			t.Fatalf("%q is too long", wire)
		}
	})
}
