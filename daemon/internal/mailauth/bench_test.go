package mailauth

import (
	"strings"
	"testing"
)

// BenchmarkCheck is one mail with an RSA and an Ed25519 signature, with SPF and
// DMARC, all of DNS in the cache.
func BenchmarkCheck(b *testing.B) {
	for _, c := range []struct {
		name  string
		bytes int
	}{{"10KiB", 10 << 10}, {"1MiB", 1 << 20}, {"25MiB", 25 << 20}} {
		b.Run(c.name, func(b *testing.B) {
			line := strings.Repeat("words ", 12) + "\r\n"
			raw := letter() + "\r\n" + strings.Repeat(line, c.bytes/len(line))
			raw = sign(b, sign(b, raw, nil), func(s *signing) { s.selector, s.key = "ed", edKey() })
			checker := New(Options{Resolver: keys("example.com", "v=spf1 ip4:192.0.2.1 -all")})
			m := direct(raw, goodPeer, "ann@example.com")
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if v, err := checker.Check(b.Context(), m); err != nil || len(v.Signatures) != 2 {
					b.Fatal(v, err)
				}
			}
		})
	}
}

// BenchmarkHostile is what a stranger may make us do at most: empty lines under
// simple canonicalization, many signed names in a large header.
func BenchmarkHostile(b *testing.B) {
	empty := letter() + strings.Repeat(strings.Repeat("\r\n", maxEmptyLines/2-2)+"x", 25<<20/maxEmptyLines) + "\r\n"
	fields := letter() + strings.Repeat("x: "+strings.Repeat("y", 200)+"\r\n", 950) + words
	for _, c := range []struct {
		name, raw string
		signed    []string
	}{
		{"empty lines", empty, []string{"From", "To", "Subject", "Date"}},
		{"names", fields, append([]string{"From", "To", "Subject", "Date"}, strings.Split(strings.Repeat("x,", maxSigned-10), ",")...)},
	} {
		b.Run(c.name, func(b *testing.B) {
			raw := c.raw
			for range MaxSignatures {
				raw = sign(b, raw, func(s *signing) { s.simple, s.signed = true, c.signed })
			}
			checker := New(Options{Resolver: keys()})
			m := direct(raw, badPeer, "")
			for b.Loop() {
				if v, err := checker.Check(b.Context(), m); err != nil || len(v.Signatures) == 0 {
					b.Fatal(v, err)
				}
			}
		})
	}
}
