package app

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/config"
)

func TestShownConfigurationHasNoSecret(t *testing.T) {
	text := `
sentry: {dsn: "https://XXX@sentry.example/1"}
auth: {tokens: [{name: anna, role: admin, sha256: ` + strings.Repeat("XX", 32) + `}]}
traps: {communities: [XXX]}
snmp: {devices: [{address: sw1, community: XXX}]}
counterd: {listen: [{address: "127.0.0.1:0", keys: [{id: web, secret: XXXXXXXXXXXXXXXX}]}]}
targets: {nagios: [{check: disk, command: [/usr/bin/check_disk, -p, XXX], env: {PASSWORD: XXX}}]}
checks:
  - {name: page, http: {url: "https://XXX@web/path?key=XXX", headers: {Authorization: XXX}, body: XXX}}
contacts:
  - {name: chat, slack: {url: "https://hooks.example/services/XXX"}}
  - {name: sms, sms: {url: "https://sms.example", to: ["1"], fields: {key: XXX}}}
heartbeat: {url: "https://ping.example/XXX"}
`
	c := Default()
	r := config.NewReport("plimsoll.yaml")
	config.Decode([]byte(strings.ReplaceAll(text, "XX", "ab")), &c, r)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	shown, err := c.shown()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(shown), "abX") || strings.Contains(string(shown), "abab") {
		t.Errorf("secrets are shown:\n%s", shown)
	}
	for _, want := range []string{"name: anna", "/usr/bin/check_disk", "https://(withheld)@web/path?(withheld)", "https://hooks.example/(withheld)"} {
		if !strings.Contains(string(shown), want) {
			t.Errorf("%q is not shown:\n%s", want, shown)
		}
	}
}

// What is shown of the defaults, in which nothing but a community is withheld, is
// read back as them.
func TestShownConfigurationIsWhole(t *testing.T) {
	c := Default()
	c.Traps.Communities = nil
	shown, err := c.shown()
	if err != nil {
		t.Fatal(err)
	}
	read, r := Default(), config.NewReport("shown")
	read.Traps.Communities = nil
	config.Decode(shown, &read, r)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read, c) {
		t.Error(cmp.Diff(c, read, cmp.Exporter(func(reflect.Type) bool { return true })))
	}
}

// Each key that sounds secret is withheld, or thought about here.
func TestKeysThatSoundSecretAreThoughtAbout(t *testing.T) {
	harmless := []string{"key", "auth", "auth_source", "username", "user", "users", "certificates", "environment", "secret_fields"} // the last names files
	sounds := regexp.MustCompile(`secret|token|pass|key|dsn|commun|credential|auth|header|sha256|env|command|user`)
	for _, key := range textKeys(reflect.TypeFor[Config](), map[reflect.Type]bool{}, "") {
		named := strings.HasSuffix(key, "_file") || strings.HasSuffix(key, "_files") || strings.HasSuffix(key, "_env")
		if sounds.MatchString(key) && !named && !slices.Contains(secretKeys, key) && !slices.Contains(harmless, key) {
			t.Errorf("the key %q sounds secret: put it into secretKeys, or here if it is not", key)
		}
	}
}

// textKeys lists the keys of a configuration whose values hold text.
func textKeys(t reflect.Type, seen map[reflect.Type]bool, key string) (keys []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return textKeys(t.Elem(), seen, key)
	case reflect.String, reflect.Interface:
		return []string{key}
	case reflect.Struct:
		if seen[t] {
			return nil
		}
		seen[t] = true
		for i := range t.NumField() {
			f := t.Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if strings.Contains(options, "inline") {
				name = key
			}
			if name != "-" && f.IsExported() {
				keys = append(keys, textKeys(f.Type, seen, name)...)
			}
		}
	}
	return keys
}
