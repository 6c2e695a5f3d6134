package quorum

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Threshold is how many members of a service, or what share of them, must be
// down. The zero Threshold is never crossed.
type Threshold struct {
	text   string
	count  int   // 0: none
	share  int64 // in thousandths of a percent; 0: none
	either bool  // count or share is enough, if there are both
}

// ParseThreshold reads "2", "10%", "2 or 10%" or "2 and 10%". A percentage may
// have three decimals.
func ParseThreshold(text string) (Threshold, error) {
	var t Threshold
	words := strings.Fields(text)
	t.text = strings.Join(words, " ")
	sides := words
	if len(words) == 3 && (words[1] == "or" || words[1] == "and") {
		t.either = words[1] == "or"
		sides = []string{words[0], words[2]}
	} else if len(words) != 1 {
		return Threshold{}, fmt.Errorf("%q is not of the form 2, 10%%, 2 or 10%%, 2 and 10%%", text)
	}
	for _, side := range sides {
		if err := t.read(side); err != nil {
			return Threshold{}, fmt.Errorf("%q: %w", text, err)
		}
	}
	return t, nil
}

func (t *Threshold) read(side string) error {
	number, isShare := strings.CutSuffix(side, "%")
	switch {
	case isShare && t.share != 0:
		return fmt.Errorf("%q is a second share", side)
	case !isShare && t.count != 0:
		return fmt.Errorf("%q is a second count", side)
	case isShare:
		percent, err := strconv.ParseFloat(number, 64)
		if err != nil || !(percent > 0 && percent <= 100) {
			return fmt.Errorf("%q is no share above 0%% and up to 100%%", side)
		}
		exact := math.Round(percent * 1000)
		if math.Abs(percent*1000-exact) > 1e-6 {
			return fmt.Errorf("%q has more than three decimals", side)
		}
		t.share = int64(exact)
	default:
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > MaxMembers {
			return fmt.Errorf("%q is no count from 1 to %d", side, MaxMembers)
		}
		t.count = n
	}
	return nil
}

// String returns the text of t.
func (t Threshold) String() string { return t.text }

// IsZero reports whether t was not given.
func (t Threshold) IsZero() bool { return t.text == "" }

// Least is how many of total members must be down for t to be crossed; it may be
// more than total.
func (t Threshold) Least(total int) int {
	const whole = 100_000
	share := int((t.share*int64(total) + whole - 1) / whole)
	switch {
	case t.share == 0:
		return t.count
	case t.count == 0:
		return share
	case t.either:
		return min(t.count, share)
	}
	return max(t.count, share)
}

// Crossed reports whether down of total members are too many.
func (t Threshold) Crossed(down, total int) bool {
	return !t.IsZero() && total > 0 && down >= t.Least(total)
}
