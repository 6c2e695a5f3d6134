package quorum

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestThresholds(t *testing.T) {
	t.Parallel()
	for text, crossed := range map[string]map[[2]int]bool{
		"2":         {{1, 2}: false, {2, 2}: true, {2, 1000}: true, {0, 0}: false, {0, 5}: false},
		"10%":       {{1, 10}: true, {1, 11}: false, {2, 11}: true, {1, 1}: true, {0, 1}: false, {0, 0}: false},
		"2 or 10%":  {{1, 10}: true, {1, 11}: false, {2, 24}: true, {2, 1000}: true},
		"2 and 10%": {{1, 1}: false, {2, 20}: true, {2, 21}: false, {3, 21}: true},
		"10% or 2":  {{1, 10}: true, {2, 1000}: true},
		"100%":      {{9, 10}: false, {10, 10}: true},
		"33.3%":     {{333, 1000}: true, {332, 1000}: false},
		"0.001%":    {{1, 10_000}: true, {0, 10_000}: false},
	} {
		th, err := ParseThreshold(text)
		if err != nil || th.String() != text {
			t.Errorf("%q: %q, %v", text, th, err)
			continue
		}
		for of, want := range crossed {
			if got := th.Crossed(of[0], of[1]); got != want {
				t.Errorf("%d of %d cross %q: %v, want %v", of[0], of[1], text, got, want)
			}
		}
	}
	if (Threshold{}).Crossed(5, 5) {
		t.Error("a threshold that is not given is crossed")
	}
}

func TestBadThresholdsAreQuoted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "0", "-1", "x", "%", "0%", "101%", "NaN%", "Inf%", "1.5", "2 or", "or", "2 or 3", "5% or 6%", "2 xor 10%",
		"2 or 10% or 3", "2 10%", "1.2345%", "99999999999999999999", "10001",
	} {
		if th, err := ParseThreshold(text); err == nil {
			t.Errorf("%q gave %q", text, th)
		} else if !strings.Contains(err.Error(), fmt.Sprintf("%q", text)) {
			t.Errorf("%q: the error %q does not quote it", text, err)
		}
	}
}

// TestThresholdIsItsWords compares with exact fractions.
func TestThresholdIsItsWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 50).Draw(t, "count")
		thousandths := rapid.IntRange(1, 100_000).Draw(t, "thousandths of a percent")
		percent := fmt.Sprintf("%d.%03d%%", thousandths/1000, thousandths%1000)
		total := rapid.IntRange(0, 3000).Draw(t, "total")
		down := rapid.IntRange(0, total).Draw(t, "down")
		byCount := down >= count
		byShare := down > 0 && big.NewRat(int64(down), int64(max(total, 1))).Cmp(big.NewRat(int64(thousandths), 100_000)) >= 0
		for text, want := range map[string]bool{
			fmt.Sprint(count):                        byCount,
			percent:                                  byShare,
			fmt.Sprintf("%d or %s", count, percent):  byCount || byShare,
			fmt.Sprintf("%s and %d", percent, count): byCount && byShare,
		} {
			th, err := ParseThreshold(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := th.Crossed(down, total); got != want {
				t.Fatalf("%d of %d cross %q: %v, want %v", down, total, text, got, want)
			}
		}
	})
}

func FuzzParseThreshold(f *testing.F) {
	for _, text := range []string{"2", "10%", "2 or 10%", "2 and 10%", "x", "0.0001%", "1e1%"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		th, err := ParseThreshold(text)
		if err != nil {
			return
		}
		again, err := ParseThreshold(th.String())
		if err != nil || again != th {
			t.Errorf("%q is read as %+v, and its text %q as %+v, %v", text, th, th, again, err)
		}
		for total := range 40 {
			if th.Crossed(0, total) || th.Crossed(total, total) && !th.Crossed(total+1, total+1) {
				t.Errorf("%q is crossed by none of %d, or not by more of more", text, total)
			}
		}
	})
}
