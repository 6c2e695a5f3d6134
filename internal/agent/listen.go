package agent

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"plimsoll/counterd/listen"
)

// local reports an address that other machines reach and that asks nobody who
// he is.
func local(l listen.Config) error {
	network, address, found := strings.Cut(l.Address, "://")
	if !found {
		network, address = "udp", l.Address
	}
	name, port, err := net.SplitHostPort(address)
	if err != nil || len(l.Allow) > 0 || l.RequireSigned || strings.HasPrefix(network, "unix") {
		return nil // one that is no address has its own complaint
	}
	ip, err := netip.ParseAddr(name)
	if strings.EqualFold(name, "localhost") || err == nil && ip.Unmap().IsLoopback() {
		return nil
	}
	return fmt.Errorf("address: %q can be reached from other machines: listen on %q, or name in allow who may send",
		l.Address, net.JoinHostPort("127.0.0.1", port))
}
