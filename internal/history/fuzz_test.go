package history

import (
	"testing"
)

// fuzz reads whatever comes as one format; read holds the output to its order.
func fuzz(f *testing.F, o Options, seeds ...string) {
	o.MaxBad, o.MaxSeries = -1, 100
	dir := f.TempDir()
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, input string) {
		o.TempDir = dir
		first, stats, err := read(t, o, text("in", input))
		if err != nil {
			return
		}
		second, _, err := read(t, o, text("in", input))
		if err != nil || len(first) != len(second) {
			t.Errorf("%d samples, again %d: %v", len(first), len(second), err)
		}
		for i := range first {
			if first[i] != second[i] {
				t.Errorf("%s, again %s", first[i], second[i])
			}
		}
		if int64(len(first))-stats.Zeros > stats.Taken*3 {
			t.Errorf("%d samples of %d taken", len(first), stats.Taken)
		}
	})
}

func FuzzOpenMetrics(f *testing.F) {
	fuzz(f, Options{Format: OpenMetrics},
		"# TYPE a counter\na_total{b=\"c\\n\"} 1 1.5 # {x=\"y\"} 1\n# EOF\n", "{\"a.b\",c=\"d\"} NaN 1\n", "a 0x1p-2 1e3\n")
}

func FuzzPrometheus(f *testing.F) {
	fuzz(f, Options{Format: Prometheus}, "# TYPE a counter\n# HELP a b\na{b=\"c\"} 1 1500\na +Inf 1\n")
}

func FuzzJSON(f *testing.F) {
	fuzz(f, Options{Format: JSON}, `{"metric":{"__name__":"a"},"values":[1,null,"NaN"],"timestamps":[1,2,3]}`+"\n")
}

func FuzzCSV(f *testing.F) {
	fuzz(f, Options{Format: CSV}, "time,a,\"b{c=\"\"d\"\"}\"\n1,2,3\n2026-10-10T00:00:00Z,,1e9\n")
}

func FuzzLines(f *testing.F) {
	fuzz(f, Options{Format: Lines}, "a:1|c|@0.1|#b:c|T1700000000\nt:1:2:3|ms|T1\ng:1|g|T5\nok_a:1|c|T3\n")
}

func FuzzAccessLog(f *testing.F) {
	fuzz(f, Options{Format: AccessLog}, logLine, `{"msec":1700000000.5,"status":200,"host":"a","request_time":0.1,"bytes_sent":5}`+"\n",
		"\x1f\x8b\x08\x00", "\x28\xb5\x2f\xfd\x04")
}

func BenchmarkAccessLog(b *testing.B) {
	input := make([]byte, 0, 100_000*len(logLine))
	for range 100_000 {
		input = append(input, logLine...)
	}
	b.SetBytes(int64(len(input)))
	for b.Loop() {
		if _, stats, err := read(b, Options{Format: AccessLog}, text("f", string(input))); err != nil || stats.Taken != 100_000 {
			b.Fatal(err, stats)
		}
	}
}

func BenchmarkOpenMetrics(b *testing.B) {
	input := manyValues(100_000)
	b.SetBytes(int64(len(input)))
	for b.Loop() {
		if _, _, err := read(b, Options{Format: Prometheus}, text("f", input)); err != nil {
			b.Fatal(err)
		}
	}
}
