//go:build !linux

package counterd

import (
	"errors"
	"net"
)

var errShared = errors.New("several readers of one address need Linux")

// udpSource reads one datagram a call where recvmmsg is not to be had.
type udpSource struct {
	*packetSource
	asked int
}

func newUDPSource(conn *net.UDPConn, readBuffer int) (*udpSource, error) {
	u := &udpSource{packetSource: newPacketSource(conn)}
	if readBuffer > 0 && conn.SetReadBuffer(readBuffer) == nil {
		u.asked = readBuffer
	}
	return u, nil
}

// granted returns what was asked for, when the system did not refuse it.
func (u *udpSource) granted() int { return u.asked }

func listenUDP(addr string, shared bool) (*net.UDPConn, error) {
	if shared {
		return nil, errShared
	}
	a, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, err
	}
	return net.ListenUDP("udp", a)
}
