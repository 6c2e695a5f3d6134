package link

import (
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	key, claim := []byte("secret"), Claim{Alert: "rule/HostDown/1f", Episode: 7, Contact: "ops \"x\""}
	token := Sign(key, claim)
	if got, err := Open(key, token); err != nil || got != claim {
		t.Fatalf("got %+v, %v", got, err)
	}
	if strings.ContainsAny(token, "/+=?&# \"") {
		t.Errorf("%q does not stand in a URL as it is", token)
	}
	if _, err := Open([]byte("other"), token); err == nil {
		t.Error("another key opens it")
	}
}

// TestEveryAlteredByteIsRefused: but for the bits that base64 does not use.
func TestEveryAlteredByteIsRefused(t *testing.T) {
	t.Parallel()
	key, claim := []byte("secret"), Claim{Alert: "check/web", Episode: 7, Contact: "ops"}
	token := Sign(key, claim)
	for i := range token {
		for _, c := range []byte("A0_.") {
			bad := token[:i] + string(c) + token[i+1:]
			if got, err := Open(key, bad); err == nil && got != claim {
				t.Fatalf("%q opens as %+v", bad, got)
			}
		}
	}
	for _, bad := range []string{"", ".", token + "x", token[:10], strings.Repeat("A", 5000)} {
		if _, err := Open(key, bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
