package links

import "testing"

func BenchmarkLink(b *testing.B) {
	s := mustSigner(b, mustRing(b))
	b.ReportAllocs()
	for b.Loop() {
		s.Link(testAud, testLink)
	}
}

func BenchmarkParseLink(b *testing.B) {
	s := mustSigner(b, mustRing(b))
	token := s.Link(testAud, testLink)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.ParseLink(testAud, token, testNow); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReplyToken(b *testing.B) {
	s := mustSigner(b, mustRing(b))
	b.ReportAllocs()
	for b.Loop() {
		s.ReplyToken(testAud, testCopy)
	}
}

func BenchmarkParseReplyToken(b *testing.B) {
	s := mustSigner(b, mustRing(b))
	token := s.ReplyToken(testAud, testCopy)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.ParseReplyToken(testAud, token); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseForgedReplyToken is what a guess at RCPT costs us.
func BenchmarkParseForgedReplyToken(b *testing.B) {
	s := mustSigner(b, mustRing(b))
	token := s.BounceToken(testAud, testCopy)
	forged := "c" + token[1:]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.ParseReplyToken(testAud, forged); err == nil {
			b.Fatal("accepted")
		}
	}
}
