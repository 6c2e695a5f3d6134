package listen

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
)

// The networks, as package net names them.
const (
	udp      = "udp"
	tcp      = "tcp"
	unixgram = "unixgram"
	unixSock = "unix"
)

// address is a Config.Address taken apart.
type address struct {
	network string
	at      string // host:port, or the path of a socket
}

// isUnix reports whether the address is a path.
func (a address) isUnix() bool { return a.network == unixgram || a.network == unixSock }

// isStream reports whether senders connect.
func (a address) isStream() bool { return a.network == tcp || a.network == unixSock }

func (a address) String() string { return a.network + "://" + a.at }

// maxSocketPath is sizeof sun_path less the NUL.
const maxSocketPath = 107

// parseAddress reads host:port, udp://host:port, tcp://host:port,
// unixgram:///path and unix:///path.
func parseAddress(s string) (address, error) {
	network, at, found := strings.Cut(s, "://")
	if !found {
		network, at = udp, s
	}
	a := address{network: network, at: at}
	switch network {
	case udp, tcp:
		return a, checkHostPort(at)
	case unixgram, unixSock:
		if !filepath.IsAbs(at) {
			return a, fmt.Errorf("the path %q is not absolute: write %s:///run/counterd.sock", at, network)
		}
		if len(at) > maxSocketPath {
			return a, fmt.Errorf("the path has %d bytes, the kernel takes %d", len(at), maxSocketPath)
		}
		return a, nil
	}
	return a, fmt.Errorf("%q is not udp, tcp, unixgram or unix", network)
}

func checkHostPort(at string) error {
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		return errors.New("want host:port, such as 127.0.0.1:8125 or [::1]:8125")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("port %q is not in 0..65535", port)
	}
	return nil
}
