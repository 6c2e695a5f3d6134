package listen

import (
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func decodeStrictly(t *testing.T, text string) ([]Config, error) {
	t.Helper()
	var c struct {
		Listen []Config `yaml:"listen"`
	}
	err := yaml.NewDecoder(strings.NewReader(text), yaml.Strict()).Decode(&c)
	return c.Listen, err
}

func TestConfigIsAnAddressOrAMapping(t *testing.T) {
	got, err := decodeStrictly(t, `
listen:
  - 127.0.0.1:8125
  - tcp://:8125
  - address: udp://0.0.0.0:8126
    allow: [10.0.0.0/8, "fd00::1"]
    keys:
      - {id: web-1, secret_file: /etc/plimsoll/web-1}
    require_signed: true
    signature_window: 10s
    readers: 2
    gro: off
`)
	if err != nil {
		t.Fatal(err)
	}
	third := Default("udp://0.0.0.0:8126")
	third.Allow, third.RequireSigned, third.SignatureWindow = []string{"10.0.0.0/8", "fd00::1"}, true, 10*time.Second
	third.Keys = []Key{{ID: "web-1", SecretFile: "/etc/plimsoll/web-1"}}
	third.Readers, third.GRO = 2, groOff
	want := []Config{Default("127.0.0.1:8125"), Default("tcp://:8125"), third}
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(Config{}, "Now")); d != "" {
		t.Error(d)
	}
	for _, c := range got {
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", c.Address, err)
		}
	}
}

func TestConfigIsStrict(t *testing.T) {
	for text, want := range map[string]string{
		"listen:\n  - address: :8125\n    alow: [::1]\n": `alow`,
		"listen:\n  - address: :8125\n    readers: x\n":  `[3:14]`,
		"listen:\n  - [127.0.0.1:8125]\n":                `[2:5]`,
	} {
		if _, err := decodeStrictly(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	const at = "127.0.0.1:8125"
	secret := "0123456789abcdef"
	for want, c := range map[string]Config{
		`address: "8125": want host:port`:                             {Address: "8125"},
		`address: "": want host:port`:                                 {},
		`address: "localhost:http"`:                                   {Address: "localhost:http"},
		`address: "127.0.0.1:65536": port "65536" is not in 0..65535`: {Address: "127.0.0.1:65536"},
		`address: "sctp://:1": "sctp" is not`:                         {Address: "sctp://:1"},
		`is not absolute`:                                             {Address: "unix://run/x.sock"},
		`200 bytes, the kernel takes 107`:                             {Address: "unix:///" + strings.Repeat("x", 199)},
		`allow[1]: "10.0.0.0/33" is not`:                              {Address: at, Allow: []string{"::1", "10.0.0.0/33"}},
		`allow: "unix:///x" has no senders' addresses`:                {Address: "unix:///x", Allow: []string{"::1"}},
		`mode: "0888" is not`:                                         {Address: at, Mode: "0888"},
		`read_buffer_bytes: -1`:                                       {Address: at, ReadBuffer: -1},
		`readers: 65 is not in 1..64`:                                 {Address: at, Readers: 65},
		`readers: 2: only UDP`:                                        {Address: "tcp://" + at, Readers: 2},
		`gro: "on" is not auto or off`:                                {Address: at, GRO: "on"},
		`max_connections: -1`:                                         {Address: at, MaxConns: -1},
		`idle_timeout: 1ms`:                                           {Address: at, IdleTimeout: time.Millisecond},
		`max_line_bytes: 10 is not in 64..1048576`:                    {Address: at, MaxLine: 10},
		`keys, require_signed: "tcp://127.0.0.1:8125" is a stream`:    {Address: "tcp://" + at, RequireSigned: true, Keys: []Key{{ID: "a", Secret: secret}}},
		`require_signed: no keys are given`:                           {Address: at, RequireSigned: true},
		`signature_window: 1ms is less than 1s`:                       {Address: at, SignatureWindow: time.Millisecond},
		`signature_window: 25h0m0s is more than 24h`:                  {Address: at, SignatureWindow: 25 * time.Hour},
		`max_replay: -1`:                                              {Address: at, MaxReplay: -1},
		`keys[0].id: "a b" is not`:                                    {Address: at, Keys: []Key{{ID: "a b", Secret: secret}}},
		`keys[1].id: "a" is given twice`:                              {Address: at, Keys: []Key{{ID: "a", Secret: secret}, {ID: "a", Secret: secret}}},
		`keys[0].secret: give secret or secret_file`:                  {Address: at, Keys: []Key{{ID: "a"}}},
		`keys[0].secret_file: give secret or secret_file, not both`:   {Address: at, Keys: []Key{{ID: "a", Secret: secret, SecretFile: "/x"}}},
		`keys[0].secret: key "a" has 5 bytes, want at least 16`:       {Address: at, Keys: []Key{{ID: "a", Secret: "short"}}},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n%v", want, err)
		}
		if _, err := Open(c); err == nil {
			t.Errorf("%q: opened", want)
		}
	}
}
