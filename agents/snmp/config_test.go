package snmp

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/mib"
	"plimsoll/internal/usm"
)

func TestValidateReportsAll(t *testing.T) {
	c := Default()
	c.Interval = time.Millisecond
	c.Devices = []Device{
		{Address: "sw1", Modules: []string{"if_mib"}},
		{Address: "sw1:70000", Name: "sw1", Version: "4", Modules: []string{"ospf"}, Labels: map[string]string{"a-b": "c"}, InterfaceLabels: []string{"mac"}},
		{
			Address: "sw3", Version: "3", User: usm.User{User: "me", Auth: "SHA-3", Priv: "AES", PrivSecretFile: "a", PrivSecretEnv: "b"},
			OIDs: []OID{{OID: "nothing"}, {OID: "1.3.6.1.4.1.9.9"}, {OID: "sysUpTime.0", Kind: "sum", Index: "x"}},
		},
		{Address: "", Community: "x", User: usm.User{User: "me"}},
	}
	want := []string{
		`interval: 1ms is less`,
		`devices[1].address: "sw1:70000"`, `devices[1].version: "4"`, `devices[1].modules[0]: "ospf"`,
		`devices[1].labels: "a-b"`, `devices[1].interface_labels[0]: "mac"`, `devices[1].name: "sw1" is that of devices[0]`,
		`devices[2].auth: "SHA-3"`, `devices[2].auth_secret: name`, `devices[2].priv_secret: name`,
		`devices[2].oids[0].oid: "nothing"`, `devices[2].oids[1].metric: is needed`, `devices[2].oids[2].index: "x"`, `devices[2].oids[2].kind: "sum"`,
		`devices[3].address: ""`, `devices[3].user: is of no use`, `devices[3].modules: nothing is asked`,
	}
	err := c.Validate()
	if err == nil {
		t.Fatal("all is well")
	}
	lines := strings.Split(err.Error(), "\n")
	for i, w := range want {
		if i >= len(lines) || !strings.HasPrefix(lines[i], w) {
			t.Errorf("problem %d is not %q", i, w)
		}
	}
	if len(lines) != len(want) {
		t.Errorf("%d problems, want %d:\n%s", len(lines), len(want), err)
	}
}

// TestNoSecretIsTold in what is wrong with one.
func TestNoSecretIsTold(t *testing.T) {
	file := t.TempDir() + "/short"
	if err := os.WriteFile(file, []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Config{Devices: []Device{
		{Version: "3", User: usm.User{User: "me", Auth: "SHA", AuthSecretFile: file}},
		{CommunityFile: file + "-missing"},
	}}
	err := c.CheckFiles()
	if err == nil || strings.Contains(err.Error(), "geheim") || !strings.Contains(err.Error(), "devices[0].auth_secret: the secret has 6 bytes") ||
		!strings.Contains(err.Error(), "devices[1].community_") {
		t.Errorf("%v", err)
	}
}

func TestVersionsAsYAMLHasThem(t *testing.T) {
	for _, given := range []any{1, uint64(3), "2c"} {
		var v Version
		if err := v.UnmarshalYAML(func(to any) error { *to.(*any) = given; return nil }); err != nil || string(v) != fmt.Sprint(given) {
			t.Errorf("%v: %q, %v", given, v, err)
		}
	}
}

// TestModulesAreOfKnownObjects: a name that is misspelt would never be asked for.
func TestModulesAreOfKnownObjects(t *testing.T) {
	var unknown []string
	for _, name := range Modules() {
		d := Device{Address: "x", Modules: []string{name}}
		p := newPlan(d, mib.New())
		objects := slices.Concat(p.scalars, p.texts)
		for _, table := range p.tables {
			objects = append(objects, table.columns...)
			objects = append(objects, table.slow...)
			if table.key != "" {
				objects = append(objects, table.keyed)
			}
		}
		for _, o := range objects {
			if o.number == "" || o.number == ".0" {
				unknown = append(unknown, name+": "+o.metric)
			}
		}
	}
	if diff := cmp.Diff([]string(nil), unknown); diff != "" {
		t.Error(diff)
	}
}
