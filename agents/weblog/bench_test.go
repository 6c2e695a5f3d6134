package weblog

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkLines reads a log of a busy site from its bytes on to counts, top lists
// and ring: lines/s are those of one core, since one goroutine does all.
func BenchmarkLines(b *testing.B) {
	const lines = 100_000
	for _, format := range []string{"nginx_timed", "json"} {
		b.Run(format, func(b *testing.B) {
			dir := b.TempDir()
			text := logOf(format, lines)
			if err := os.WriteFile(filepath.Join(dir, "access.log"), []byte(text), 0o600); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				f := newFarm(b, dir, func(c *Config) { c.Files[0].Format, c.Dir = format, "" })
				f.a.tailer.Scan(f.now)
				for f.a.readOnce(f.now) {
				}
				if n := len(f.a.table.Cut(f.now.UnixMilli(), nil)); n != 1 {
					b.Fatal(n, f.a.Stats())
				}
				f.a.tailer.Close()
			}
			b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// logOf writes lines of some thousand paths and clients, of which few are most.
func logOf(format string, lines int) string {
	rnd := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rnd, 1.3, 1, 50_000)
	var out strings.Builder
	for i := range lines {
		at := noon.Add(-time.Minute + time.Duration(i)*time.Minute/time.Duration(lines))
		n := zipf.Uint64()
		client, path := fmt.Sprintf("192.0.%d.%d", n%200, n%250), fmt.Sprintf("/photos/%d/show%d", n, n%30)
		took := 0.02 * rnd.ExpFloat64()
		if format == "json" {
			fmt.Fprintf(&out, `{"time_iso8601":%q,"remote_addr":%q,"request":"GET %s HTTP/1.1","status":200,"body_bytes_sent":%d,"request_time":%.3f,"http_user_agent":"Mozilla/5.0 (X11; Linux x86_64) Firefox/%d.0"}`+"\n",
				at.Format(time.RFC3339), client, path, n*10, took, n%9)
			continue
		}
		fmt.Fprintf(&out, "%s - - [%s] \"GET %s?x=%d HTTP/1.1\" 200 %d \"https://www.example.org/start\" \"Mozilla/5.0 (X11; Linux x86_64) Firefox/%d.0\" %.3f\n",
			client, at.Format("02/Jan/2006:15:04:05 -0700"), path, i, n*10, n%9, took)
	}
	return out.String()
}
