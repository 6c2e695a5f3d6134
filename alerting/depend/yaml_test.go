package depend

import (
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

func TestYAML(t *testing.T) {
	t.Parallel()
	var got []Config
	err := yaml.UnmarshalWithOptions([]byte(`
- name: switch-a
- name: rack3
  alerts: instance=~"rack3-.*"
  needs: {any: [switch-a, switch-b]}
- name: shop
  needs: {at_least: {count: 2, of: [ns1, ns2, ns3]}}
- name: odd
  needs: {all: []}
`), &got, yaml.Strict())
	want := []Config{
		{Name: "switch-a"},
		{Name: "rack3", Alerts: `instance=~"rack3-.*"`, Needs: Needs{Any: []string{"switch-a", "switch-b"}}},
		{Name: "shop", Needs: Needs{AtLeast: &AtLeast{Count: 2, Of: []string{"ns1", "ns2", "ns3"}}}},
		{Name: "odd", Needs: Needs{All: []string{}}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if err := Validate("dependencies", got[3:], nil); err == nil {
		t.Error("an empty list is accepted")
	}
}
