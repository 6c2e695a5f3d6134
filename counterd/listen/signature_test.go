package listen

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/counterd/line"
)

var (
	testKey = Key{ID: "web-1", Secret: "0123456789abcdef"}
	noon    = time.UnixMilli(1_700_000_000_000)
)

func newTestVerifier(t *testing.T, change func(*Config)) *verifier {
	t.Helper()
	c := Default("127.0.0.1:0")
	c.Keys, c.RequireSigned = []Key{testKey}, true
	if change != nil {
		change(&c)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	v, err := newVerifier(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The vector was computed by openssl:
//
//	printf '1|web-1|1700000000000|n1\nhits:1|c\n' | openssl dgst -sha256 -hmac 0123456789abcdef
func TestSignMatchesTheDocument(t *testing.T) {
	const want = "_sig|1|web-1|1700000000000|n1|b0d11ee98b4346b9a5ca9e5328b3be3f83112960659473dba184f8edc3fdefdc\nhits:1|c\n"
	if got := string(Sign(testKey, noon, "n1", []byte("hits:1|c\n"))); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestSignedDatagramCountsOnce(t *testing.T) {
	v := newTestVerifier(t, nil)
	d := Sign(testKey, noon, "n1", []byte("hits:1|c\n"))
	got, why := v.check(d, noon.Add(time.Second))
	if why != line.Good || string(got) != "hits:1|c\n" {
		t.Errorf("%v, %q", why, got)
	}
	got, why = v.check(d, noon.Add(2*time.Second))
	if why != line.BadReplay || !bytes.Equal(got, d) {
		t.Errorf("again: %v, %q", why, got)
	}
	short := bytes.Replace(d, d[len(d)-len("hits:1|c\n")-33:len(d)-len("hits:1|c\n")-1], nil, 1)
	if _, why = v.check(short, noon); why != line.BadReplay {
		t.Errorf("again, with half the MAC: %v", why)
	}
	if s := v.snapshot(); s.Accepted != 1 || s.Replayed != 2 {
		t.Errorf("%+v", s)
	}
}

func TestWhatASignatureMustHold(t *testing.T) {
	const payload = "hits:1|c\n"
	good := string(Sign(testKey, noon, "n1", []byte(payload)))
	mac := strings.Split(good, "|")[5][:64]
	edit := func(old, with string) string { return strings.Replace(good, old, with, 1) }
	for _, c := range []struct {
		name, datagram string
		want           line.Reason
		count          func(SignatureStats) uint64
	}{
		{"good", good, line.Good, func(s SignatureStats) uint64 { return s.Accepted }},
		{"half the MAC", edit(mac, mac[:32]), line.Good, func(s SignatureStats) uint64 { return s.Accepted }},
		{"capital digits", edit(mac, strings.ToUpper(mac)), line.Good, func(s SignatureStats) uint64 { return s.Accepted }},
		{"nothing in it", string(Sign(testKey, noon, "n1", nil)), line.Good, func(s SignatureStats) uint64 { return s.Accepted }},
		{"unsigned", payload, line.BadUnsigned, func(s SignatureStats) uint64 { return s.Missing }},
		{"empty", "", line.BadUnsigned, func(s SignatureStats) uint64 { return s.Missing }},
		{"not at the beginning", "\n" + good, line.BadUnsigned, func(s SignatureStats) uint64 { return s.Missing }},
		{"31 digits", edit(mac, mac[:31]), line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"30 digits", edit(mac, mac[:30]), line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"66 digits", edit(mac, mac+"00"), line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"no hex", edit(mac, strings.Repeat("g", 64)), line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"no LF", strings.SplitN(good, "\n", 2)[0], line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"version 2", edit("_sig|1", "_sig|2"), line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"no nonce", edit("|n1|", "||"), line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"long nonce", edit("|n1|", "|"+strings.Repeat("n", 33)+"|"), line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"a dash in the nonce", edit("|n1|", "|n-1|"), line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"time with a sign", edit("|17", "|-17"), line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"sixteen digits of time", edit("|17", "|00017"), line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"a part too many", edit("|n1|", "|n1|x|"), line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"the prefix alone", "_sig|", line.BadSignature, func(s SignatureStats) uint64 { return s.Malformed }},
		{"another key", edit("web-1", "web-2"), line.BadSignature, func(s SignatureStats) uint64 { return s.UnknownKey }},
		{"changed payload", edit("hits:1", "hits:9"), line.BadSignature, func(s SignatureStats) uint64 { return s.WrongMAC }},
		{"longer payload", good + "hits:1|c\n", line.BadSignature, func(s SignatureStats) uint64 { return s.WrongMAC }},
		{"changed time", edit("|17", "|18"), line.BadSignature, func(s SignatureStats) uint64 { return s.WrongMAC }},
		{"changed nonce", edit("|n1|", "|n2|"), line.BadSignature, func(s SignatureStats) uint64 { return s.WrongMAC }},
		{"too old", string(Sign(testKey, noon.Add(-61*time.Second), "n", nil)), line.BadStale, func(s SignatureStats) uint64 { return s.Stale }},
		{"from the future", string(Sign(testKey, noon.Add(61*time.Second), "n", nil)), line.BadStale, func(s SignatureStats) uint64 { return s.Stale }},
		{"just in time", string(Sign(testKey, noon.Add(-time.Minute), "n", nil)), line.Good, func(s SignatureStats) uint64 { return s.Accepted }},
		{"wrong secret", string(Sign(Key{ID: "web-1", Secret: "another secret!!"}, noon, "n", nil)), line.BadSignature, func(s SignatureStats) uint64 { return s.WrongMAC }},
	} {
		v := newTestVerifier(t, nil)
		if _, why := v.check([]byte(c.datagram), noon); why != c.want {
			t.Errorf("%s: %v, want %v: %q", c.name, why, c.want, c.datagram)
		}
		if s := v.snapshot(); c.count(s) != 1 {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

func TestSignatureIsOptionalUnlessRequired(t *testing.T) {
	v := newTestVerifier(t, func(c *Config) { c.RequireSigned = false })
	if got, why := v.check([]byte("hits:1|c"), noon); why != line.Good || string(got) != "hits:1|c" {
		t.Errorf("%v, %q", why, got)
	}
	v = newTestVerifier(t, func(c *Config) { c.RequireSigned, c.Keys = false, nil })
	if _, why := v.check(Sign(testKey, noon, "n", nil), noon); why != line.BadSignature || v.snapshot().Unexpected != 1 {
		t.Errorf("a listener without keys: %v, %+v", why, v.snapshot())
	}
}

func TestReplayFilterIsBounded(t *testing.T) {
	v := newTestVerifier(t, func(c *Config) { c.MaxReplay = 10 })
	send := func(i int, at time.Time) line.Reason {
		_, why := v.check(Sign(testKey, at, fmt.Sprint(i), nil), at)
		return why
	}
	start := time.UnixMilli(120_000 * 1000) // a generation begins
	for i := range 10 {
		if why := send(i, start); why != line.Good {
			t.Fatalf("%d: %v", i, why)
		}
	}
	if why := send(10, start); why != line.BadReplay || v.snapshot().Full != 1 {
		t.Errorf("full: %v, %+v", why, v.snapshot())
	}
	if why := send(11, start.Add(2*time.Minute)); why != line.Good {
		t.Errorf("two windows later: %v", why)
	}
}

// No time that the window accepts is forgotten, however the generations fall.
func TestReplayFilterRemembersAllThatIsInTime(t *testing.T) {
	const window = 10 * time.Second
	f := newReplayFilter(window, 1<<20)
	sent := map[uint64]time.Time{}
	now := noon
	for id := uint64(1); id < 2000; id++ {
		now = now.Add(time.Duration(id%7) * 100 * time.Millisecond)
		at := now.Add(time.Duration(id%201-100) * window / 100)
		if v := f.admit(at, id); v != fresh {
			t.Fatalf("%d: %v", id, v)
		}
		sent[id] = at
		if id%50 != 0 {
			continue
		}
		for old, at := range sent {
			if now.Sub(at).Abs() > window {
				delete(sent, old)
			} else if v := f.admit(at, old); v != replayed {
				t.Fatalf("%d again after %v: %v", old, now.Sub(at), v)
			}
		}
	}
	if n := len(f.newer.seen) + len(f.older.seen); n >= 1999 {
		t.Errorf("%d are remembered, none forgotten", n)
	}
}

func TestReplayFilterKnowsThatItForgot(t *testing.T) {
	f := newReplayFilter(time.Minute, 10)
	f.admit(noon, 1)
	f.admit(noon.Add(time.Hour), 2)
	if v := f.admit(noon, 1); v != forgotten {
		t.Errorf("after the clock was set back: %v", v)
	}
}

func TestKeyLoadsItsSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := Key{ID: "web-1", SecretFile: path}.Load()
	if err != nil || k != testKey {
		t.Errorf("%v, %v", k, err)
	}
	if err := os.WriteFile(path, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(Config{Address: "127.0.0.1:0", Keys: []Key{{ID: "a", SecretFile: path}}})
	if err == nil || !strings.Contains(err.Error(), `key "a" has 5 bytes`) {
		t.Errorf("%v", err)
	}
	if s := fmt.Sprintf("%v %+v %#v", testKey, testKey, testKey); strings.Contains(s, testKey.Secret) {
		t.Errorf("shows the secret: %s", s)
	}
}

func FuzzSignature(f *testing.F) {
	f.Add([]byte("_sig|1|web-1|1700000000000|n1|00112233445566778899aabbccddeeff\nhits:1|c\n"))
	f.Add(Sign(testKey, noon, "n1", []byte("a:1|c")))
	f.Add([]byte("_sig|1||||\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		v := newTestVerifier(t, nil)
		got, why := v.check(data, noon)
		if why != line.Good && !bytes.Equal(got, data) {
			t.Errorf("refused and changed: %q", got)
		}
		s, ok := parseSignature(data)
		if !ok {
			return
		}
		// What has the form says where all of its bytes belong.
		if n := len(signaturePrefix) + len(s.header) + 1 + 2*s.macSize + 1 + len(s.payload); n != len(data) {
			t.Errorf("%d bytes of %d", n, len(data))
		}
		payload, why := v.check(Sign(testKey, noon, "n2", data), noon)
		if why != line.Good || !bytes.Equal(payload, data) {
			t.Errorf("%v, %q", why, payload)
		}
	})
}
