package inspect

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// samples are our own mails, and those of the folder MAIL_SAMPLES if it is set:
// each file of it is read as one mail.
func samples(tb testing.TB) [][]byte {
	tb.Helper()
	var mails [][]byte
	add := func(root string, want func(path string) bool) {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !want(path) {
				return err
			}
			raw, err := os.ReadFile(path)
			if filepath.Ext(path) == ".txtar" {
				raw = txtar.Parse(raw).Files[0].Data
			}
			mails = append(mails, raw)
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	for _, p := range []string{"eml", "notice", "quotes"} {
		add(filepath.Join("..", p, "testdata"), func(path string) bool {
			return strings.HasSuffix(path, ".eml") || strings.HasSuffix(path, ".txtar")
		})
	}
	if dir := os.Getenv("MAIL_SAMPLES"); dir != "" {
		add(dir, func(string) bool { return true })
	}
	return mails
}

// BenchmarkRead reads all samples on all processors, as `postern inspect` does.
func BenchmarkRead(b *testing.B) {
	mails := samples(b)
	b.ReportMetric(float64(len(mails)), "samples")
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			Read("sample", mails[i%len(mails)])
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}

// BenchmarkSlowest finds the sample that takes longest for its size. Small ones
// count as 16 KiB: below, what does not depend on the size prevails.
func BenchmarkSlowest(b *testing.B) {
	const least = 16 << 10
	mails := samples(b)
	worst := 0.0
	for b.Loop() {
		worst = 0
		for _, raw := range mails {
			took := time.Hour
			for range 5 { // the best of five: the machine does other things as well
				start := time.Now()
				Read("sample", raw)
				took = min(took, time.Since(start))
			}
			worst = max(worst, took.Seconds()*1000/(float64(max(len(raw), least))/(1<<20)))
		}
	}
	b.ReportMetric(worst, "ms/MiB")
}
