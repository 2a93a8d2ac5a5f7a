package web

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	l := NewLimiter(3, time.Minute, func() time.Time { return now })
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for i, want := range []bool{true, true, true, false, false} {
		if got := l.Allow(a); got != want {
			t.Errorf("try %d is %t, want %t", i+1, got, want)
		}
	}
	if !l.Allow(b) {
		t.Error("another network is stopped too")
	}
	now = now.Add(time.Minute)
	if !l.Allow(a) || l.Allow(a) {
		t.Error("one minute does not give one more try")
	}
	if !l.Allow(netip.Addr{}) {
		t.Error("no address has no bucket")
	}
}

// One subscriber has a whole /64.
func TestLimiterTakesNetworks(t *testing.T) {
	l := NewLimiter(1, time.Minute, func() time.Time { return time.Unix(0, 0) })
	if !l.Allow(netip.MustParseAddr("2001:db8::1")) || l.Allow(netip.MustParseAddr("2001:db8::ffff%eth0")) {
		t.Error("two addresses of one /64 have two buckets")
	}
	if !l.Allow(netip.MustParseAddr("2001:db8:0:1::1")) {
		t.Error("two /64 share a bucket")
	}
}

func TestLimiterIsBounded(t *testing.T) {
	now := time.Unix(0, 0)
	l := NewLimiter(2, time.Minute, func() time.Time { return now })
	address := func(i int) netip.Addr {
		return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(i))))
	}
	for i := range maxBuckets + 100 {
		l.Allow(address(i))
	}
	if len(l.buckets) > maxBuckets {
		t.Errorf("%d buckets, want at most %d", len(l.buckets), maxBuckets)
	}
	if l.Allow(address(maxBuckets + 200)) {
		t.Error("the crowd's bucket never gets empty")
	}
	now = now.Add(time.Hour) // all buckets are full again
	if !l.Allow(address(maxBuckets+300)) || len(l.buckets) != 1 {
		t.Errorf("%d buckets are kept that say nothing", len(l.buckets))
	}
}
