package line

// Reason says why a line does not count; Good is none. All reasons of the
// daemon stand here, those of later stages too, so that one array counts them.
type Reason uint8

// Good is the absence of a reason. The first group is what Parse and Labels
// refuse; the second what the daemon refuses for who sent it, when, or how many.
const (
	Good Reason = iota
	BadControl
	BadUTF8
	BadEmptyName
	BadLongName
	BadNoValue
	BadNumber
	BadNotFinite
	BadTooLarge
	BadNegative
	BadNoType
	BadType
	BadRate
	BadPart
	BadTags
	BadLongTags
	BadLabel
	BadTimestamp
	BadEvent
	BadServiceCheck
	BadGraphite

	BadCollision
	BadReserved
	BadSeriesLimit
	BadSetFull
	BadLateTimestamp
	BadFutureTimestamp
	BadManyTimestamps
	BadSource
	BadUnsigned
	BadSignature
	BadStale
	BadReplay
	BadDropped
	BadTruncated
	BadStream

	// Reasons is how many there are, Good included.
	Reasons = iota
)

// reasonText names the reasons as operators see them.
var reasonText = [Reasons]string{
	Good:            "",
	BadControl:      "control character",
	BadUTF8:         "invalid UTF-8",
	BadEmptyName:    "empty name",
	BadLongName:     "name too long",
	BadNoValue:      "no value",
	BadNumber:       "not a number",
	BadNotFinite:    "not finite",
	BadTooLarge:     "value too large",
	BadNegative:     "negative value",
	BadNoType:       "no type",
	BadType:         "unknown type",
	BadRate:         "bad sample rate",
	BadPart:         "unknown part",
	BadTags:         "bad tag",
	BadLongTags:     "tags too long",
	BadLabel:        "reserved label",
	BadTimestamp:    "bad timestamp",
	BadEvent:        "bad event",
	BadServiceCheck: "bad service check",
	BadGraphite:     "graphite line, send it to the collector",

	BadCollision:       "name collision",
	BadReserved:        "reserved name",
	BadSeriesLimit:     "series limit",
	BadSetFull:         "set limit",
	BadLateTimestamp:   "timestamp too old",
	BadFutureTimestamp: "timestamp in the future",
	BadManyTimestamps:  "too many timestamps",
	BadSource:          "source not allowed",
	BadUnsigned:        "not signed",
	BadSignature:       "bad signature",
	BadStale:           "signature outside its time window",
	BadReplay:          "replayed",
	BadDropped:         "dropped by a mapping rule",
	BadTruncated:       "datagram truncated",
	BadStream:          "line too long for a stream",
}

// String names the reason as operators see it; Good is empty.
func (r Reason) String() string {
	if int(r) < len(reasonText) {
		return reasonText[r]
	}
	return "unknown reason"
}
