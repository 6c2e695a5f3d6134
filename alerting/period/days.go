package period

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// last counts from the end of a month.
const last = -1

// days picks dates, which are readings of midnight: one date, or one day of
// each month, or weekdays.
type days struct {
	date     time.Time
	monthday int
	weekdays uint8 // bit 0 is Sunday's
	nth      int   // of its month; 0: each
}

const everyWeekday = 1<<7 - 1

func (d days) pick(date time.Time) bool {
	switch {
	case !d.date.IsZero():
		return date.Equal(d.date)
	case d.monthday == last:
		return date.AddDate(0, 0, 1).Day() == 1
	case d.monthday != 0:
		return date.Day() == d.monthday
	case d.weekdays&(1<<date.Weekday()) == 0:
		return false
	case d.nth == last:
		return date.AddDate(0, 0, 7).Month() != date.Month()
	}
	return d.nth == 0 || (date.Day()-1)/7+1 == d.nth
}

// parseDays reads what stands before the hours, and returns what follows it.
func parseDays(words []string) (days, []string, error) {
	first, rest := words[0], words[1:]
	nth, ordinal := parseOrdinal(first)
	switch {
	case strings.EqualFold(first, "daily"):
		return days{weekdays: everyWeekday}, rest, nil
	case (ordinal || strings.EqualFold(first, "day")) && len(rest) == 0:
		return days{}, nil, fmt.Errorf("%q needs a word after it", first)
	case ordinal && nth == last && strings.EqualFold(rest[0], "day"):
		return days{monthday: last}, rest[1:], nil
	case ordinal:
		day, err := parseWeekday(rest[0])
		return days{weekdays: 1 << day, nth: nth}, rest[1:], err
	case strings.EqualFold(first, "day"):
		n, err := strconv.Atoi(rest[0])
		if err != nil || n < 1 || n > 31 {
			return days{}, nil, fmt.Errorf("%q is no day of a month: 1 to 31", rest[0])
		}
		return days{monthday: n}, rest[1:], nil
	case first[0] >= '0' && first[0] <= '9':
		date, err := parseDate(first)
		return days{date: date}, rest, err
	}
	weekdays, err := parseWeekdays(first)
	return days{weekdays: weekdays}, rest, err
}

func parseOrdinal(word string) (int, bool) {
	switch strings.ToLower(word) {
	case "1st":
		return 1, true
	case "2nd":
		return 2, true
	case "3rd":
		return 3, true
	case "4th":
		return 4, true
	case "5th":
		return 5, true
	case "last":
		return last, true
	}
	return 0, false
}

func parseDate(word string) (time.Time, error) {
	if strings.Contains(word, ":") {
		return time.Time{}, fmt.Errorf("no days before %q: daily, Mon-Fri, 2026-12-24", word)
	}
	date, err := time.Parse(time.DateOnly, word)
	if err != nil || date.Year() < 1970 {
		return time.Time{}, fmt.Errorf("%q is no date, as 2026-12-24", word)
	}
	return date, nil
}

func parseWeekdays(list string) (uint8, error) {
	var set uint8
	for part := range strings.SplitSeq(list, ",") {
		from, until, isRange := strings.Cut(part, "-")
		day, err := parseWeekday(from)
		if err != nil {
			return 0, err
		}
		end := day
		if isRange {
			if end, err = parseWeekday(until); err != nil {
				return 0, err
			}
		}
		for ; day != end; day = (day + 1) % 7 {
			set |= 1 << day
		}
		set |= 1 << end
	}
	return set, nil
}

func parseWeekday(word string) (time.Weekday, error) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if name := day.String(); strings.EqualFold(word, name) || strings.EqualFold(word, name[:3]) {
			return day, nil
		}
	}
	return 0, fmt.Errorf("%q is no weekday: Mon, Tue, Wed, Thu, Fri, Sat or Sun", word)
}
