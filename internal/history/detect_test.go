package history

import (
	"errors"
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	for input, want := range map[string]Format{
		"# TYPE a counter\na_total{b=\"c\"} 1 1565133713.989\n": OpenMetrics,
		"a 1 1565133713": OpenMetrics,
		"# HELP a b\n\na_total{b=\"c d\"} 1 1565133713989\n":                Prometheus,
		"{__name__=\"up\", job=\"x\"} 1 1565133713989\n":                    Prometheus,
		`{"metric":{"__name__":"up"},"values":[1],"timestamps":[1]}` + "\n": JSON,
		"\xef\xbb\xbftime,a\r\n1,2\r\n":                                     CSV,
		"hits:1|c|T1700000000\nx\n":                                         Lines,
		logLine:                                                             AccessLog,
		`{"msec":1700000000.5,"status":200}` + "\n" + `{"msec":1700000000.5}` + "\n{": AccessLog,
		strings.Repeat(logLine, 10_000):                                               AccessLog,
		"":                                                                            "",
		"a 1\n":                                                                       "",
		"hits:1|c\n":                                                                  "",
		"\x00\x01":                                                                    "",
	} {
		got, err := Detect(text("f", input))
		if got != want || (want == "") != errors.Is(err, ErrUnknown) {
			t.Errorf("%.60q: %q, %v; want %q", input, got, err, want)
		}
	}
	if _, err := Detect(File(t.TempDir() + "/none")); err == nil {
		t.Error("a file that is not there was read")
	}
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte(logLine))
	f.Fuzz(func(_ *testing.T, head []byte) { detect(head) })
}
