package notify

import "testing"

func TestHide(t *testing.T) {
	const address = "https://user:passw0rd@host.example/services/T0123456/x?key=abcdefgh"
	for said, want := range map[string]string{
		"no route /services/T0123456/x":     "no route ***",
		"team T0123456 is unknown":          "team *** is unknown",
		"key abcdefgh":                      "key ***",
		"passw0rd is wrong":                 "*** is wrong",
		"a b&c d is no key":                 "*** is no key",
		"key=a+b%26c+d":                     "key=***",
		`{"key":"q\"uote"}`:                 `{"key":"***"}`,
		"the services of host.example fail": "the *** of host.example fail",
	} {
		if got := hide(said, address, []string{"a b&c d", `q"uote`}); got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}
