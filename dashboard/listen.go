package dashboard

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// CheckListen refuses addresses that other machines can reach as long as access
// is not controlled. Addrs maps configuration keys ("listen.http") to addresses
// as net.Listen takes them; an empty address is not listened on.
func CheckListen(addrs map[string]string, authConfigured bool) error {
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(addrs)) {
		addr := addrs[key]
		if addr == "" {
			continue
		}
		host, port, err := net.SplitHostPort(addr)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %q is not host:port: %w", key, addr, err))
		case !authConfigured && !isLoopback(host):
			errs = append(errs, fmt.Errorf("%s: %q can be reached from other machines, but nobody would be asked who they are: "+
				"listen on %q, or configure auth.tokens (name, role, and sha256 as `printf %%s SECRET | sha256sum` prints it)",
				key, addr, net.JoinHostPort("127.0.0.1", port)))
		}
	}
	return errors.Join(errs...)
}

// isLoopback reports whether host, a name or an address, is this machine and
// cannot be anything else. An empty host is every address.
func isLoopback(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// namesLoopback reports whether the Host header of a request names this machine.
func namesLoopback(header string) bool {
	host := header
	if h, _, err := net.SplitHostPort(header); err == nil {
		host = h
	}
	return isLoopback(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
}
