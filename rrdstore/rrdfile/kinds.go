package rrdfile

// kind is how a reading of a data source becomes a rate.
type kind uint8

const (
	kindUnknown kind = iota
	kindGauge
	kindAbsolute
	kindCounter
	kindDerive
)

func kindOf(name string) kind {
	switch name {
	case "GAUGE":
		return kindGauge
	case "ABSOLUTE":
		return kindAbsolute
	case "COUNTER":
		return kindCounter
	case "DERIVE":
		return kindDerive
	}
	return kindUnknown
}

// cf is how the steps of a row become one value.
type cf uint8

const (
	cfUnknown cf = iota
	cfAverage
	cfMin
	cfMax
	cfLast
)

func cfOf(name string) cf {
	switch name {
	case "AVERAGE":
		return cfAverage
	case "MIN":
		return cfMin
	case "MAX":
		return cfMax
	case "LAST":
		return cfLast
	}
	return cfUnknown
}
