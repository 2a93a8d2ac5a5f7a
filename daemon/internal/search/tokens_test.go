package search

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestWords(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", " \n\t ", ":"},
		{"case and accents", "Café CRÈME Ärger Straße", "cafe creme arger strasse :"},
		{"compatibility forms", "ﬁne ｗｉｄｅ ①", "fine wide 1 :"},
		{"Greek and Cyrillic", "Σίσυφος Ёлка", "σισυφοσ елка :"},
		{"Hebrew points, Arabic signs", "שָׁלוֹם مُحَمَّد", "שלום محمد :"},
		{"vowel signs of Hindi stay", "हिन्दी", "हिन्दी :"},
		{"signs between", "ORD-12345, v1.2 foo_bar don't", "ord 12345 v1 2 foo_bar don t :"},
		{"pairs of Chinese", "退款申请", "退款 款申 申请 请 : 款 申 请 退"},
		{"one letter", "茶", "茶 : 茶"},
		{"scripts side by side", "iPhone退款OK", "iphone 退款 款 ok : 款 退"},
		{"Japanese", "メール", "メー ール ル : メ ル ー"},
		{"Korean", "환불을", "환불 불을 을 : 불 을 환"},
		{"Thai", "สวัสดี", "สว วั ัส สด ดี ี : ด ว ส ั ี"},
		{"an address", "Mail to Alice.B+x@Customer.Example.", "mail to alice b x customer example : alice.b+x@customer.example @customer.example"},
		{"address in brackets", "<müller@bücher.example>", "muller bucher example : muller@bucher.example @bucher.example"},
		{"no address", "@ a@ @b a@.", "a b a :"},
		{"odd signs of an address", "o'neil/x=1@a.example", "o neil x 1 a example : o_neil_x_1@a.example @a.example"},
		{"long word", strings.Repeat("ä", 100), strings.Repeat("a", 64) + " :"},
		{"no text", "a\xff\xfeb", "a b :"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			words(&b, tt.text)
			if diff := cmp.Diff(tt.want, strings.TrimSpace(b.String())); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"", "Café alice@customer.example 退款申请", "@@@", "a@b@c.d", "\xff@\xfe", "ｗｉｄｅ\u0301", "'\"*():"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b strings.Builder
		words(&b, s)
		got := b.String()
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("%q makes no text: %q", s, got)
		}
		if strings.ContainsAny(got, "\"'*(){}^\x00\n") {
			t.Errorf("%q makes %q, which holds signs of the query language", s, got)
		}
		for w := range strings.FieldsSeq(got) {
			if len(w) > maxWhole {
				t.Errorf("%q makes a term of %d bytes", s, len(w))
			}
		}
	})
}

// Letters that are folded by themselves become what they become among others.
func TestFoldEasily(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	easily := 0
	for range 50_000 {
		var b strings.Builder
		for range 1 + r.IntN(6) {
			b.WriteRune(rune(r.IntN(easyEnd + 0x20)))
		}
		folded, ok := foldEasily(b.String())
		if !ok {
			continue
		}
		if easily++; folded != foldHard(b.String()) {
			t.Fatalf("%q becomes %q, want %q", b.String(), folded, foldHard(b.String()))
		}
	}
	if easily < 20_000 {
		t.Errorf("only %d were easy", easily)
	}
}

func BenchmarkFold(b *testing.B) {
	for b.Loop() {
		for _, s := range []string{"Bücher", "свидание", "déjà", "όνομα"} {
			Fold(s)
		}
	}
}
