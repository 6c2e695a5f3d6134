package app

import (
	"reflect"
	"strings"
	"testing"

	"plimsoll/internal/remote"
)

const anEngine = "storage: {kind: prometheus, write: 'http://h:9090', read: 'http://h:9090'"

func TestStorageOfAnEngine(t *testing.T) {
	c, err := loadText(t, anEngine+", push_down: true, sync_interval: 0s, max_series: 7, headers: {X-Scope-OrgID: shop}}\ndata: /var/lib/p\n")
	if err != nil {
		t.Fatal(err)
	}
	r := c.spread().Storage.Remote
	if r.Dir != "/var/lib/p" || r.SyncInterval != 0 || r.MaxSeries != 7 || !r.PushDown || r.Headers["X-Scope-OrgID"] != "shop" || r.Flavour != remote.Prometheus {
		t.Errorf("%+v", r)
	}
	if note, err := InspectData(c); note != "" || err != nil {
		t.Errorf("archives are looked at: %q, %v", note, err)
	}
	for text, want := range map[string]string{
		"storage: {kind: mysql}": `storage.kind: "mysql"`, "storage: {write: 'http://h'}": "storage.kind: is",
		"storage: {kind: prometheus}": "storage.write:", anEngine + ", flavour: influx}": "storage.flavour:",
		anEngine + ", nonsense: 1}": "storage.nonsense", anEngine + ", tls: {key_file: k}}": "storage.tls:",
	} {
		if _, err := loadText(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestEngineGuide loads what the guide shows and finds each key in it.
func TestEngineGuide(t *testing.T) {
	guide := readFile(t, "../../docs/scale.md")
	for _, b := range yamlBlock.FindAllStringSubmatch(guide, -1) {
		if _, err := loadText(t, b[1]); err != nil {
			t.Errorf("%v\nin\n%s", err, b[1])
		}
	}
	of := reflect.TypeFor[remote.Config]()
	for i := range of.NumField() {
		if key := of.Field(i).Tag.Get("yaml"); key != "" && key != "-" && !strings.Contains(guide, "`"+key+"`") {
			t.Errorf("docs/scale.md does not tell of %s", key)
		}
	}
}
