package port

import (
	"fmt"
	"net/netip"
)

// Allow lists who may send; an empty one lets everybody in.
type Allow []netip.Prefix

// ParseAllow reads addresses and networks; an error begins with the place in the
// list.
func ParseAllow(list []string) (out Allow, err error) {
	for i, s := range list {
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %q is not an address or a network, such as 10.0.0.0/8", i, s)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// Has says whether an address is let in.
func (l Allow) Has(a netip.Addr) bool {
	for _, p := range l {
		if p.Contains(a) {
			return true
		}
	}
	return len(l) == 0
}
