package counterd

import (
	"fmt"
	"testing"

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
