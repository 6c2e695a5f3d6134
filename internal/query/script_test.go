package query

import (
	"errors"
	"testing"
	"time"
)

func TestScriptsEnd(t *testing.T) {
	for text, want := range map[string]error{
		`up 1x10000000`:                       errTooMany,
		`up{a="b"} {{count:1}}x99999999999 1`: errTooMany,
		`up{a="x10000000 "} 1 _x999 0x20`:     nil,
		`x10000000 1`:                         nil,
	} {
		if _, err := ParseScript(text, time.Unix(0, 0), time.Second); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
