package inbound_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"plimsoll/collector/inbound"
)

func TestGateBoundsOneSourceToHalf(t *testing.T) {
	g := inbound.NewGate(4)
	got := []bool{g.Enter("a"), g.Enter("a"), g.Enter("a"), g.Enter("b"), g.Enter("c"), g.Enter("d")}
	if want := []bool{true, true, false, true, true, false}; !slices.Equal(got, want) {
		t.Errorf("entered %v, want %v", got, want)
	}
	g.Leave("a")
	if !g.Enter("d") {
		t.Error("no place after one left")
	}
}

func packed(t *testing.T, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadWithinBounds(t *testing.T) {
	l := inbound.Limits{BodyBytes: 100, DecodedBytes: 200, Timeout: time.Second}
	for name, c := range map[string]struct {
		encoding string
		body     []byte
		want     string
		status   int
	}{
		"plain":               {"", []byte("hello"), "hello", 0},
		"gzip":                {"gzip", packed(t, []byte("hello")), "hello", 0},
		"too large, packed":   {"", make([]byte, 101), "", 413},
		"too large, unpacked": {"gzip", packed(t, make([]byte, 201)), "", 413},
		"no gzip":             {"gzip", []byte("hello"), "", 400},
		"cut off":             {"gzip", packed(t, []byte("hello"))[:15], "", 400},
		"zstd":                {"zstd", nil, "", 415},
	} {
		r := httptest.NewRequest("POST", "/", bytes.NewReader(c.body))
		r.Header.Set("Content-Encoding", c.encoding)
		body, err := inbound.Read(httptest.NewRecorder(), r, l, time.Now())
		var answer *inbound.Error
		if errors.As(err, &answer) != (c.status != 0) || string(body) != c.want || answer != nil && answer.Status != c.status {
			t.Errorf("%s: %q, %v", name, body, err)
		}
	}
}
