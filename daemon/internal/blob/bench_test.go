package blob

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"testing"
)

// BenchmarkPut measures durable commits of distinct blobs, on the file system
// of TMPDIR: b.N over the time is commits a second.
func BenchmarkPut(b *testing.B) {
	for _, size := range []int{2 << 10, 1 << 20} {
		for _, writers := range []int{1, 64} {
			b.Run(fmt.Sprintf("size=%d/writers=%d", size, writers), func(b *testing.B) {
				benchmarkPut(b, size, writers)
			})
		}
	}
}

func benchmarkPut(b *testing.B, size, writers int) {
	d, err := OpenDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	var serial atomic.Uint64
	put := func(blob []byte) {
		binary.BigEndian.PutUint64(blob, serial.Add(1))
		if _, err := Put(b.Context(), d, "default", blob); err != nil {
			b.Error(err)
		}
	}
	for range 1024 { // so that the directories exist, as in a daemon that has run a while
		put(make([]byte, 8))
	}
	work := make(chan struct{}, writers)
	done := make(chan struct{})
	b.SetBytes(int64(size))
	b.ResetTimer()
	for range writers {
		go func() {
			defer func() { done <- struct{}{} }()
			blob := make([]byte, size)
			for range work {
				put(blob)
			}
		}()
	}
	for range b.N {
		work <- struct{}{}
	}
	close(work)
	for range writers {
		<-done
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

func BenchmarkOpen(b *testing.B) {
	d, err := OpenDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	ref, err := Put(b.Context(), d, "default", make([]byte, 2<<10))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := d.Open(b.Context(), "default", ref.Hash)
		if err != nil {
			b.Fatal(err)
		}
		_ = r.Close()
	}
}
