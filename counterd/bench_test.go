package counterd

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"time"
)

var benchLines = map[string]string{
	"flickr counter": "page_view.%03d", "flickr timing": "db-query.%03d:250", "counter": "hits.%03d:1|c",
	"timing": "upload.%03d:320.5|ms", "tags": "hits.%03d:1|c|@0.1|#host:web3,pool:www",
}

// BenchmarkParse measures the grammar alone.
func BenchmarkParse(b *testing.B) {
	for name, format := range benchLines {
		b.Run(name, func(b *testing.B) {
			l := line{maxName: 250, maxTags: 1000}
			in := fmt.Appendf(nil, format, 7)
			b.ReportAllocs()
			for b.Loop() {
				if l.parse(in) != good {
					b.Fatal("bad line")
				}
			}
		})
	}
}

// BenchmarkIngest measures the way from a datagram in memory to the accumulator,
// with 1,000 names, one line a datagram.
func BenchmarkIngest(b *testing.B) {
	for name, format := range benchLines {
		b.Run(name, func(b *testing.B) {
			s := newBench(b, nil)
			batch := make([]datagram, 1000)
			for i := range batch {
				batch[i].data = fmt.Appendf(nil, format, i)
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

// BenchmarkSocket measures the whole way over loopback, the sender included:
// packed datagrams of about 1,400 bytes, and what the kernel dropped.
func BenchmarkSocket(b *testing.B) {
	c := Default()
	c.Listen, c.Sink = []string{"127.0.0.1:0"}, &memory{}
	s, err := New(c)
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = read(b.Context(), s.sources[0], s.shards[0]) }()
	defer s.closeSources()
	conn, err := net.Dial("udp", s.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	packet := bytes.Repeat([]byte("hits.123:1|c\n"), 100)
	for b.Loop() {
		if _, err := conn.Write(packet); err != nil {
			b.Fatal(err)
		}
	}
	for st := s.Stats(); st.Received+st.KernelDrops < uint64(b.N); st = s.Stats() {
		time.Sleep(time.Millisecond)
	}
	st := s.Stats()
	b.ReportMetric(float64(st.Lines)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(100*float64(st.KernelDrops)/float64(b.N), "%lost")
}
