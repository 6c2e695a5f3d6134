package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	in := whole{Part: section{Every: 90 * time.Second, Names: []string{"a: b", "yes", "c #d"}}}
	text, err := EncodeNoted(in, map[string]string{"$.part.every": "was 1m0s"})
	if err != nil {
		t.Fatal(err)
	}
	want := "part:\n  every: 1m30s # was 1m0s\n  names:\n    - \"a: b\"\n    - \"yes\"\n    - \"c #d\"\n"
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
	var out whole
	r := NewReport("f")
	Decode(text, &out, r)
	if diff := cmp.Diff(in, out); diff != "" || r.Err() != nil {
		t.Errorf("%v\n%s", r.Err(), diff)
	}
}
