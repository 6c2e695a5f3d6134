package xdr

import (
	"strconv"
	"strings"
)

// Print writes a value as gmond's XML has it. Of the formats of printf that its
// modules use only the digits behind the point matter: "%.1f".
func (p *Packet) Print() string {
	switch p.ID {
	case String:
		return p.Value.Text
	case Float:
		return strconv.FormatFloat(p.Value.Number, 'f', p.digits(), 32)
	case Double:
		return strconv.FormatFloat(p.Value.Number, 'f', p.digits(), 64)
	}
	return strconv.FormatFloat(p.Value.Number, 'f', -1, 64)
}

// digits is how many digits the format has behind the point: -1, as many as are
// needed, if it does not say so in one digit or two.
func (p *Packet) digits() int {
	_, after, found := strings.Cut(p.Format, ".")
	if !found {
		return -1
	}
	n, err := strconv.ParseUint(strings.TrimRight(after, "lfgeLFGE"), 10, 8)
	if err != nil || n > 20 {
		return -1
	}
	return int(n)
}
