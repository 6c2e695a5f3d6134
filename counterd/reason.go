package counterd

// reason says why a line does not count; good is none.
type reason uint8

const (
	good reason = iota
	badControl
	badUTF8
	badEmptyName
	badLongName
	badNoValue
	badNumber
	badNotFinite
	badTooLarge
	badNegative
	badNoType
	badType
	badRate
	badPart
	badTags
	badLongTags
	badLabel
	badTimestamp
	badEvent
	badServiceCheck
	badGraphite
	badCollision
	badSeriesLimit
	badSetFull
	reasonCount
)

// reasonText names the reasons as operators see them.
var reasonText = [reasonCount]string{
	badControl:      "control character",
	badUTF8:         "invalid UTF-8",
	badEmptyName:    "empty name",
	badLongName:     "name too long",
	badNoValue:      "no value",
	badNumber:       "not a number",
	badNotFinite:    "not finite",
	badTooLarge:     "value too large",
	badNegative:     "negative value",
	badNoType:       "no type",
	badType:         "unknown type",
	badRate:         "bad sample rate",
	badPart:         "unknown part",
	badTags:         "bad tag",
	badLongTags:     "tags too long",
	badLabel:        "reserved label",
	badTimestamp:    "timestamp not supported",
	badEvent:        "event",
	badServiceCheck: "service check",
	badGraphite:     "graphite line, send it to the collector",
	badCollision:    "name collision",
	badSeriesLimit:  "series limit",
	badSetFull:      "set limit",
}

func (r reason) String() string { return reasonText[r] }
