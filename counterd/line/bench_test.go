package line

import "testing"

var benchLines = map[string]string{
	"bare": "page_view.web3.total", "flickr timing": "db-query.photos:250", "counter": "photos.page_view:1|c",
	"timing": "upload.photos:320.5|ms", "gauge": "temperature.rack7:21|g", "rate": "photos.page_view:1|c|@0.1",
	"tags": "hits.007:1|c|@0.1|#host:web3,pool:www", "packed": "upload.photos:320.5:12:7.25:1000|ms",
	"dogstatsd": "photos.page_view:1|c|#host:web3,pool:www|c:ci-0123456789abcdef|T1700000000",
	"delta":     "queue.length:-2|g", "long number": "ratio:0.12345678901234567|g", "utf8": "hits.zähler:1|c", "set": "users:bob|s",
}

func BenchmarkParse(b *testing.B) {
	for name, in := range benchLines {
		b.Run(name, func(b *testing.B) {
			p := Parser{MaxName: 250, MaxTags: 1000}
			in := []byte(in)
			b.ReportAllocs()
			for b.Loop() {
				if r := p.Parse(in); r != Good {
					b.Fatal(r)
				}
			}
		})
	}
}
