package mib_test

import (
	"slices"
	"testing"

	"plimsoll/internal/mib"
)

func TestNamesAndNumbers(t *testing.T) {
	table := mib.New()
	for in, want := range map[string]string{
		"sysUpTime.0": "1.3.6.1.2.1.1.3.0", "SNMPv2-MIB::sysUpTime.0": "1.3.6.1.2.1.1.3.0", ".1.3.6.1.4.1.9.1": "1.3.6.1.4.1.9.1",
		"ifHCInOctets": "1.3.6.1.2.1.31.1.1.1.6", "linkDown": "1.3.6.1.6.3.1.1.5.3", "1.3.6": "1.3.6",
	} {
		if got, err := table.Number(in); got != want || err != nil {
			t.Errorf("Number(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "noSuchThing", "ifIndex.x", "1", "1..3", "3.1", "1.3.4294967296", "1.3.-1", "ifIndex."} {
		if got, err := table.Number(in); err == nil {
			t.Errorf("Number(%q) = %q, want an error", in, got)
		}
	}
	for in, want := range map[string]string{
		"1.3.6.1.2.1.31.1.1.1.6.3": "ifHCInOctets.3", "1.3.6.1.4.1.99999.1": "1.3.6.1.4.1.99999.1", ".1.3.6.1.2.1.1.3.0": "sysUpTime.0",
	} {
		if got := table.Name(in); got != want {
			t.Errorf("Name(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCompareIsTheOrderOfWalks(t *testing.T) {
	sorted := []string{"1.3", "1.3.1", "1.3.1.1", "1.3.2", "1.3.10", "1.3.4294967295", "1.4"}
	shuffled := []string{"1.3.10", "1.4", "1.3.2", "1.3", "1.3.4294967295", "1.3.1.1", "1.3.1"}
	slices.SortFunc(shuffled, mib.Compare)
	if !slices.Equal(sorted, shuffled) || mib.Compare("1.3", "1.3") != 0 {
		t.Error(shuffled)
	}
	if i, ok := mib.Index("1.3.1", "1.3.1.7.2"); i != "7.2" || !ok {
		t.Error(i, ok)
	}
	for _, other := range []string{"1.3.1", "1.3.10.1", "1.3.2.1", ""} {
		if i, ok := mib.Index("1.3.1", other); ok {
			t.Errorf("%q is below 1.3.1: %q", other, i)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"eth0": "eth0", "eth0\x00": "eth0", "Zürich\n": "Zürich", "\x00\x1b\x2c": "00:1b:2c", "a\xffb": "61:ff:62", "": "", "\x1b[31m": "1b:5b:33:31:6d",
	} {
		if got := mib.Text([]byte(in)); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
	if got := mib.Text([]byte(string(make([]byte, 9000)) + "x")); len(got) > 1100 {
		t.Errorf("%d bytes", len(got))
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1.3.6", "ifName.1", "a::b.1", "....", "1.3.99999999999"} {
		f.Add(s)
	}
	table := mib.New()
	f.Fuzz(func(t *testing.T, s string) {
		number, err := table.Number(s)
		if err != nil {
			return
		}
		if back, err := table.Number(table.Name(number)); err != nil || mib.Compare(back, number) != 0 {
			t.Errorf("%q: %q, back %q %v", s, number, back, err)
		}
	})
}
