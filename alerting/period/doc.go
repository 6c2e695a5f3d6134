// Package period is times of the week, the month and the calendar, written as
// people write them.
//
//	entry   = days [ SPACE hours ]        without hours: the whole day
//	days    = "daily" | weekday-list | nth weekday | "day" 1..31 | "last day" | YYYY-MM-DD
//	list    = range { "," range }         Mon-Fri   Sat,Sun   Fri-Mon (over the week's end)
//	nth     = "1st" | "2nd" | "3rd" | "4th" | "5th" | "last"    of its month
//	hours   = span { "," span }           08:00-12:00,13:00-18:00
//	span    = HH:MM "-" HH:MM             22:00-06:00 ends on the next day; 24:00 may end one
//
// Weekdays are Mon or Monday, in small letters or large. A span that passes
// midnight belongs to the day on which it begins. A month without the day (31,
// 5th Fri) is passed over. A Period holds an instant that one of Times does and
// none of Except: both are sets of instants, so that an Except of a whole day
// cuts a span at its midnights.
//
// The clock of a zone jumps, and the rule is one for all windows:
//
//	a window begins at the first instant at which the clock shows its begin or later
//	         ends   at the last instant before which the clock shows less than its end
//
//	hour left out   01:30-02:30  begins 01:30 ─► ends at the jump (2:00 becomes 3:00)
//	                02:15-02:45  is not there on that day
//	hour repeated   02:00-02:30  begins at the first 02:00 ─► ends at the second 02:30
//
// So a window is one piece, never shorter than what the clock shows of it. An
// end at midnight alone is the first, since there the next day begins: days
// abut, also where a clock is put back over midnight.
//
// Invariants:
//   - No window has a negative length; one of no length is not there.
//   - Every instant is in the whole day of exactly one date.
//   - Next and Last are where Contains changes, and it does not change between.
//
// Next and Last look ten years far. Zones are of IANA's list; a machine without
// one needs a program that has time/tzdata in it, as plimsoll has.
package period
