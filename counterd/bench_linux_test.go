package counterd

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/counterd/listen"
)

var benchLines = map[string]string{
	"flickr counter": "page_view.%03d", "flickr timing": "db-query.%03d:250", "counter": "hits.%03d:1|c",
	"timing": "upload.%03d:320.5|ms", "tags": "hits.%03d:1|c|@0.1|#host:web3,pool:www",
}

// BenchmarkIngest measures the way from a datagram in memory to the accumulator,
// with 1,000 names, one line a datagram.
func BenchmarkIngest(b *testing.B) {
	for name, format := range benchLines {
		b.Run(name, func(b *testing.B) {
			s := newBench(b, nil)
			batch := make([]listen.Datagram, 1000)
			for i := range batch {
				batch[i].Data = fmt.Appendf(nil, format, i)
			}
			s.shard.datagrams(batch)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				s.shard.datagrams(batch[n%1000 : n%1000+1])
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// BenchmarkManyNames shows what the number of names costs, in time of the
// processor: batches of 64 datagrams with names in random order.
func BenchmarkManyNames(b *testing.B) {
	for _, names := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(names), func(b *testing.B) {
			s := newBench(b, nil)
			all := make([]listen.Datagram, names)
			for i, n := range rand.New(rand.NewPCG(1, 1)).Perm(names) {
				all[i].Data = fmt.Appendf(nil, "bench.counter.%06d:1|c", n)
			}
			s.shard.datagrams(all)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			before, at := threadTime(b), 0
			for b.Loop() {
				s.shard.datagrams(all[at : at+64])
				if at += 64; at+64 > names {
					at = 0
				}
			}
			b.ReportMetric(float64(threadTime(b)-before)/float64(64*b.N), "cpu-ns/line")
		})
	}
}

// threadTime is the time that this thread has had of a processor.
func threadTime(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
